"""What people are told of the daemon itself: troubles that begin, and that are over.

Looked at by `telling_people.py` from time to time. Only looks at what others know already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.intake.records import FolderState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nemowatch.daemon.house import House


_RULES, _SERVICE = "rules", "service"
"""Names of troubles; that of a folder is its path."""


class Troubles:
    """The daemon's troubles. One that is there for a moment only, between two looks, is none."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._seen: dict[str, str] = {}
        self._told: dict[str, str] = {}

    def look(self) -> list[str]:
        """What is to be told now: each trouble when it is there at a second look, and when it is over."""
        present = dict(self._find())
        new = {
            name: text for name, text in present.items() if name in self._seen and self._is_new(name, text)
        }
        self._told |= new
        news = list(new.values())
        for name in [name for name in self._told if name not in present]:
            del self._told[name]
            over = self._describe_end(name)
            news += [over] if over else []
        self._seen = present
        return news

    def _is_new(self, name: str, text: str) -> bool:
        # Another mistake in the rules is another trouble; a folder is offline, whatever the reason is by now.
        return name not in self._told or (name == _RULES and text != self._told[name])

    def _find(self) -> Iterator[tuple[str, str]]:
        error = self._house.around.rules.standing.error
        if error:
            yield _RULES, f"The rules were changed and are wrong; those from before stay in force. {error}"
        if self._house.workshop.watch.outage:
            yield _SERVICE, "NemoVideo does not answer; all jobs wait, and go on by themselves."
        for status in self._house.intake.folders():
            if status.state is FolderState.OFFLINE:
                yield str(status.folder), f"The watch folder {status.folder} is offline: {status.reason}"

    def _describe_end(self, name: str) -> str:
        if name == _RULES:
            return "The rules are right again, and in force."
        if name == _SERVICE:
            return "NemoVideo answers again."
        back = any(
            str(status.folder) == name and status.state is not FolderState.NOT_SCANNED
            for status in self._house.intake.folders()
        )
        return f"The watch folder {name} is back." if back else ""
