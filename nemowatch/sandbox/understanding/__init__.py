"""Understanding everyday prompts, in English and Chinese: a text in, the edits that it asks for out.

Called by `agent.py` for each prompt. Pure and deterministic; it makes no edit itself. The real service has a
language model here, this has one recogniser per kind of edit: what it can't read it says so, it never guesses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemowatch.sandbox.edits import KeepFile
from nemowatch.sandbox.understanding.clips import read_clips
from nemowatch.sandbox.understanding.cuts import read_kept, read_removed
from nemowatch.sandbox.understanding.extras import (
    read_captions,
    read_generation,
    read_music,
    read_mute,
    read_speed,
    read_title,
)
from nemowatch.sandbox.understanding.stills import read_stills

if TYPE_CHECKING:
    from collections.abc import Callable

    from nemowatch.sandbox.edits import Edit
    from nemowatch.sandbox.understanding.prompt import Prompt

# What changes the length comes before what is laid over it; stills are taken of the result.
_RECOGNISERS: tuple[Callable[[Prompt], Edit | None], ...] = (
    read_generation,
    read_kept,
    read_removed,
    read_clips,
    read_speed,
    read_mute,
    read_captions,
    read_title,
    read_music,
    read_stills,
)


def understand(prompt: Prompt) -> tuple[Edit, ...]:
    """Find the edits that a prompt asks for, in the order in which they are made; empty: none was read."""
    found = (recognise(prompt) for recognise in _RECOGNISERS)
    edits = tuple(edit for edit in found if edit is not None)
    return (KeepFile(prompt.subject), *edits) if edits and prompt.subject is not None else edits
