"""How what a job delivered is told in tables and lists."""

from __future__ import annotations

from nemowatch.cli.screen import describe_outputs, list_outputs
from nemowatch.jobs.records import DeliveredFile


def still(number: int) -> DeliveredFile:
    return DeliveredFile(f"frames/talk-{number:03d}.png", "frame", 1000)


def test_table_counts_clips_and_stills_beside_the_video() -> None:
    outputs = [
        DeliveredFile("talk.mp4", "video", 2_000_000, 60.0),
        DeliveredFile("clips/talk-01.mp4", "clip", 1_000_000, 10.0),
        *(still(number) for number in range(3)),
        DeliveredFile("overview.jpg", "overview", 500),
    ]
    assert describe_outputs(outputs) == "talk.mp4 (2.0 MB, 1 min 00 s), 1 clip (1.0 MB), 3 stills (3.0 KB)"


def test_list_names_every_file_where_there_are_few() -> None:
    lines = list(list_outputs([still(number) for number in range(12)]))
    assert len(lines) == 12
    assert lines[-1] == "frames/talk-011.png (1.0 KB)"


def test_list_of_hundreds_of_stills_names_the_first_and_counts_the_rest() -> None:
    outputs = [*(still(number) for number in range(300)), DeliveredFile("overview.jpg", "overview", 500)]
    assert list(list_outputs(outputs))[4:] == [
        "frames/talk-004.png (1.0 KB)",
        "… and 295 more of kind frame (295.0 KB)",
        "overview.jpg (500 B)",
    ]
