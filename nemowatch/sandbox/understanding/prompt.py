"""A prompt made ready for reading: lower case, with the quoted words taken out of the way."""

from __future__ import annotations

import re
from dataclasses import dataclass

_QUOTED = re.compile(r"[\"“「『《]([^\"”」』》]+)[\"”」』》]|(?<!\w)['‘]([^'’]+)['’](?!\w)")
_QUOTE_MARK = " “” "
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_SUBJECT = re.compile(
    r"\s*(?:for\s+the\s+file\s+[\"“](?P<english>.+?)[\"”]\s+only|"
    r"只处理文件\s*[\"“「『《](?P<chinese>.+?)[\"”」』》])\s*[:：]\s*(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
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
        subject: the name of the one file that it is about (`For the file "talk.mp4" only: …`); that opening is no
            part of `text`.
    """

    text: str
    quotes: tuple[str, ...]
    original: str
    subject: str | None = None

    @classmethod
    def read(cls, text: str) -> Prompt:
        """Prepare a text."""
        opening = _SUBJECT.fullmatch(text)
        subject = (opening["english"] or opening["chinese"]) if opening else None
        rest = opening["rest"] if opening else text
        quotes = tuple(double or single for double, single in _QUOTED.findall(rest))
        return cls(_QUOTED.sub(_QUOTE_MARK, rest).lower(), quotes, text, subject)

    @property
    def is_chinese(self) -> bool:
        """Whether the answer is expected in Chinese; a Chinese title in an English prompt is no reason."""
        return _CHINESE.search(self.text) is not None

    @property
    def wishes(self) -> str:
        """The text without mentions of what is there ("add captions to the clips" asks for no clips)."""
        return _REFERENCES.sub(" ", self.text)
