"""Prompts for one recording: `talk.mp4.prompt.txt` beside `talk.mp4` replaces the prompts of its rules.

Read by the job desk when a job is made, and by `nemowatch check --files`. Such a file is never an input itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.errors import NemoWatchError
from nemowatch.rules.small_text import NotSmallText, read_lines
from nemowatch.rules.template import PROMPT_PLACEHOLDERS, describe_unknown

if TYPE_CHECKING:
    from pathlib import Path

PROMPT_FILE_ENDING = ".prompt.txt"
"""What is put behind the recording's whole name."""

MAX_BYTES = 64 * 1024
MAX_PROMPTS = 50
"""Each prompt is paid for: a page of prose that was saved here by mistake is not sent line by line."""

_HINT = "Mend it, or delete it to use the rule's prompts."


class WrongPromptFile(NemoWatchError):
    """A prompt file can't be used; nothing is asked for its recording until it is mended or gone."""


def prompt_file_of(recording: Path) -> Path:
    """Where a recording's own prompts would lie."""
    return recording.with_name(f"{recording.name}{PROMPT_FILE_ENDING}")


def recording_of(path: Path) -> Path | None:
    """The recording that a prompt file belongs to, by its name; None when it is no prompt file."""
    name = path.name.removesuffix(PROMPT_FILE_ENDING)
    return path.with_name(name) if name and name != path.name else None


def read_prompt_file(recording: Path) -> tuple[str, ...] | None:
    """Read a recording's own prompts, one a line, placeholders not yet filled in.

    Returns:
        None where there is no such file, or none with anything but blank lines in it.

    Raises:
        WrongPromptFile: it is no small text file, can't be read, holds too many prompts, or one with a
            placeholder that there is not.
    """
    path = prompt_file_of(recording)
    try:
        lines = read_lines(path, MAX_BYTES)
    except FileNotFoundError:
        return None
    except NotSmallText as error:
        raise WrongPromptFile(f"The prompt file {path} {error}.", hint=_HINT) from error
    except OSError as error:
        reason = error.strerror or error
        raise WrongPromptFile(f"The prompt file {path} can't be read: {reason}.", hint=_HINT) from error
    prompts = tuple(line for line in lines if line)
    if len(prompts) > MAX_PROMPTS:
        raise WrongPromptFile(
            f"The prompt file {path} holds {len(prompts)} prompts, one a line; {MAX_PROMPTS} are the most.",
            hint=_HINT,
        )
    for number, line in enumerate(lines, start=1):
        trouble = _find_trouble(line)
        if trouble:
            raise WrongPromptFile(f"The prompt file {path}, line {number}: {trouble}.", hint=_HINT)
    return prompts or None


def _find_trouble(prompt: str) -> str:
    """What is wrong with a prompt's placeholders, in words for a person; empty when nothing is."""
    try:
        unknown = describe_unknown(prompt, PROMPT_PLACEHOLDERS)
    except ValueError as error:
        return str(error)
    return "" if unknown is None else unknown[1]
