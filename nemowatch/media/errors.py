"""What can be wrong with a media file, so that callers can tell "not yet" from "never".

    MediaError
    ├── NotMedia          something else, whatever the name says: never sent anywhere
    ├── IncompleteMedia   may become readable: empty, no index yet, cut off; worth another look
    └── BrokenMedia       media by its first bytes, but can't be decoded

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
