"""NemoWatch: save a recording into a folder; clips, stills or a finished MP4 appear beside it."""

__version__ = "0.1.0"
