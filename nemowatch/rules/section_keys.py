"""The keys below a rule's keys, as pydantic models: its skill, conditions, tracks, stills, trim and move.

Parts of `rule_keys.py`; nothing else sees a model, only the values of `rule.py`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import ValidationInfo, field_validator, model_validator

from nemowatch.rules.key import MOMENT_UNITS, TIME_UNITS, Keys, describe_key
from nemowatch.rules.kinds import (
    DurationCondition,
    DurationOrNone,
    HeaderWord,
    Moment,
    Moments,
    MoveFolder,
    ResolutionCondition,
    SizeCondition,
    StreamsCondition,
    one_of,
)
from nemowatch.rules.moment import describe_moment


class OwnSkill(Keys):
    """A skill of your own: what the service is told about who is asking."""

    source: HeaderWord = describe_key(
        ...,
        "The skill's name, sent as X-Skill-Source.",
        expects="a name of letters, digits, dots and dashes",
        example="my-skill",
    )
    version: HeaderWord = describe_key(
        ...,
        "The skill's version, sent as X-Skill-Version.",
        expects="a version of letters, digits, dots and dashes",
        example="1.2.0",
    )


class TrackKeys(Keys):
    """What becomes of tracks that the service adds by itself."""

    music: Annotated[Literal["keep", "drop"], one_of("keep", "drop")] = describe_key(
        "keep",
        "Music that no prompt asked for.",
        expects="keep or drop",
        example="drop",
    )
    title: Annotated[Literal["keep", "drop"], one_of("keep", "drop")] = describe_key(
        "keep",
        "Titles that no prompt asked for. Captions are no titles.",
        expects="keep or drop",
        example="drop",
    )


class WhenKeys(Keys):
    """Conditions on the recording itself."""

    duration: DurationCondition = describe_key(
        "",
        "How long it plays: comparisons with `<`, `<=`, `>`, `>=` or `=`, several with commas, all of which must "
        "hold. Pictures and lists of addresses have no duration, so they never meet one.",
        expects="comparisons such as >=10m, or >=1m, <2h",
        example=">=10m",
        unset="any",
    )
    size: SizeCondition = describe_key(
        "",
        "How large the file is (KB, MB, GB by 1000; KiB, MiB, GiB by 1024).",
        expects="comparisons such as <2GB",
        example="<2GB",
        unset="any",
    )
    resolution: ResolutionCondition = describe_key(
        "",
        "How large its picture is as a player shows it, turned upright: `>=720p` compares the shorter side, "
        "`>=1280x720` width and height, both of which must meet it. Sound and lists of addresses never meet one.",
        expects="comparisons such as >=720p, or >=1280x720",
        example=">=720p",
        unset="any",
    )
    streams: StreamsCondition = describe_key(
        "",
        "What it holds: `video`, `audio` and `subtitles`, each alone where there must be one, with `no` before it "
        "where there must be none, or with a number (`audio>=2`); several with commas, all of which must hold. Lists "
        "of addresses never meet one.",
        expects="kinds of streams such as video, audio>=2, no subtitles",
        example="video, audio>=2, no subtitles",
        unset="any",
    )


class MoveKeys(Keys):
    """Where a recording is moved."""

    move: MoveFolder = describe_key(
        ...,
        "The folder, with placeholders; it lies outside of every watched folder. `{watch}-done/{dir}` keeps "
        "subfolders.",
        expects="a whole path with placeholders",
        example="{watch}-done",
    )


class FrameKeys(Keys):
    """Which stills are made of a delivered video."""

    every: DurationOrNone = describe_key(
        None,
        "One still at the start, and one every so much time after. `null` makes those of `at` alone.",
        expects="a time from 40ms to 1d, or null",
        example="5s",
        unit=TIME_UNITS,
        unset="`5s`, or none where `at` names the moments",
        ge=0.04,
        le=86_400,
    )
    at: Moments = describe_key(
        (),
        "Stills at these moments of the video; `-10s` is ten seconds before its end.",
        expects="a time of the video such as 1:30, or a list of them",
        example=["0:30", "-10s"],
        unit=MOMENT_UNITS,
        unset="none but those of `every`",
    )
    format: Annotated[Literal["png", "jpg"], one_of("png", "jpg")] = describe_key(
        "png",
        "As what the stills are saved.",
        expects="png or jpg",
        example="jpg",
    )

    @model_validator(mode="after")
    def _require_moments(self) -> Self:
        if "every" in self.model_fields_set and self.every is None and not self.at:
            raise ValueError('no still would be made: "every" is null, and "at" names no moment')
        return self


class TrimKeys(Keys):
    """Which part of a recording is uploaded."""

    start: Moment = describe_key(
        "0:00",
        "Where the part begins; `-1m` is a minute before the recording's end.",
        expects="a time of the recording such as 0:30",
        example="0:30",
        unit=MOMENT_UNITS,
    )
    end: Moment | None = describe_key(
        None,
        "Where the part ends, counted from the recording's start, or from its end with a minus.",
        expects="a time of the recording such as 1:02:03 or -1m",
        example="-1m",
        unit=MOMENT_UNITS,
        unset="the recording's end",
    )

    @field_validator("end")
    @classmethod
    def _require_rest(cls, end: float | None, info: ValidationInfo) -> float | None:
        """Refuse what leaves nothing of any recording; what depends on how long it plays is told by its job."""
        start: float | None = info.data.get("start")
        if start is None or end is None:
            return end
        if end == 0 or ((start < 0) is (end < 0) and start >= end):
            raise ValueError(
                "nothing would be left of any recording: the part begins at "
                f"{describe_moment(start)} and ends at {describe_moment(end)}"
            )
        return end
