"""A prompt made ready for reading: lower case, with the quoted words taken out of the way."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"[\"“「『《]([^\"”」』》]+)[\"”」』》]|(?<!\w)['‘]([^'’]+)['’](?!\w)")
_QUOTE_MARK = " “” "
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_REFERENCES = re.compile(
    r"\b(?:to|on|in|for|over|from)\s+(?:all|each|every|the|these|those|both)\s+(?:of\s+)?(?:the\s+)?(?:\w+\s+)?"
    r"(?:clips?|shorts|highlights?|moments?|segments?|frames?)\b"
)


@dataclass(frozen=True)
class Prompt:
    """What the recognisers read.

    Attributes:
        text: lower case; where something was quoted stands `“”`: a title's words are no orders.
        quotes: what was quoted, as written.
        original: the prompt as it came.
    """

    text: str
    quotes: tuple[str, ...]
    original: str

    @classmethod
    def read(cls, text: str) -> Prompt:
        """Prepare a text."""
        quotes = tuple(double or single for double, single in _QUOTED.findall(text))
        return cls(_QUOTED.sub(_QUOTE_MARK, text).lower(), quotes, text)

    @property
    def is_chinese(self) -> bool:
        """Whether the answer is expected in Chinese; a Chinese title in an English prompt is no reason."""
        return _CHINESE.search(self.text) is not None

    @property
    def wishes(self) -> str:
        """The text without mentions of what is there ("add captions to the clips" asks for no clips)."""
        return _REFERENCES.sub(" ", self.text)
