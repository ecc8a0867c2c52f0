"""What can be wrong with a media file, so that callers can tell "not yet" from "never".

    MediaError
    ├── NotMedia          something else, whatever the name says: never sent anywhere
    ├── IncompleteMedia   may become readable: empty, no index yet, cut off; worth another look
    ├── BrokenMedia       media by its first bytes, but can't be decoded
    ├── CutImpossible …   cut_errors.py: it can't be cut as it was asked for
    ├── MediaCrashed      the worker process that had it ended by itself; the message says how
    └── MediaStalled      the worker process that had it told nothing for too long, and was ended

Raised by this package and by the embedded service's media parts; intake turns them into "look again" or
"refused", the job runner into a failed job.
"""

from __future__ import annotations

from nemowatch.errors import NemoWatchError


class MediaError(NemoWatchError):
    """A file can't be used as media."""


class NotMedia(MediaError):
    """The content is something else; the message says what it looks like."""


class IncompleteMedia(MediaError):
    """The file can't be read yet, and may be later: it is empty, or its index has not been written."""


class BrokenMedia(MediaError):
    """The file begins like media and can't be decoded."""


class MediaCrashed(MediaError):
    """The process that worked on the file ended, or the work in it broke in a way that nobody foresaw.

    Attributes:
        is_doubtful: somebody else may have ended it (`kill -9`, as the system does when memory runs out), so that
            nothing is known of the file.
    """

    def __init__(self, message: str, *, hint: str = "", is_doubtful: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.is_doubtful = is_doubtful


class MediaStalled(MediaError):
    """The work on the file told nothing for too long: a damaged file, or a disk that does not answer."""
