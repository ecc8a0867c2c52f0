"""What a job does, in order."""

from __future__ import annotations

from nemowatch.jobs.plan import plan_actions
from nemowatch.nemo.intents import Intent

BOTH = ("video", "media")


def names(prompts: list[str], deliver: tuple[str, ...] = BOTH) -> list[tuple[str, int]]:
    return [(action.intent.name, action.number) for action in plan_actions(prompts, deliver)]


def test_job_that_delivers_video_ends_with_an_export() -> None:
    assert names(["add a title"]) == [("PROMPT", 1), ("EXPORT", 1)]


def test_export_that_is_asked_for_at_the_end_is_the_one_export() -> None:
    assert names(["add a title", "export 1080p MP4"]) == [("PROMPT", 1), ("EXPORT", 1)]


def test_export_between_prompts_makes_its_own_render() -> None:
    assert names(["cut it", "导出", "add music"]) == [
        ("PROMPT", 1),
        ("EXPORT", 1),
        ("PROMPT", 2),
        ("EXPORT", 2),
    ]


def test_job_that_delivers_media_alone_renders_nothing() -> None:
    assert names(["extract frames", "export"], ("media",)) == [("PROMPT", 1)]


def test_questions_are_told_apart_from_prompts() -> None:
    plan = plan_actions(["how many credits are left", "add a title"], ("media",))
    assert [action.intent for action in plan] == [Intent.CREDITS, Intent.PROMPT]
