"""What keeps a recording from being cut as it was asked for.

    CutImpossible         a stretch of a recording can't be cut out, or it can't be cut into parts
    ├── NothingLeft       the times that were asked for leave nothing of it
    └── PieceTooLarge     what lies between two places where it can be cut is over the limit by itself

Raised by `cut.py` and the modules that it is made of; the job runner turns them into a failed job.
"""

from __future__ import annotations

from nemowatch.media.errors import MediaError


class CutImpossible(MediaError):
    """The recording can't be cut like that; the hint says what would do."""


class NothingLeft(CutImpossible):
    """Between the start and the end that were asked for, nothing of the recording is left."""


class PieceTooLarge(CutImpossible):
    """The recording can't be cut into parts under the limit without writing its pictures anew."""
