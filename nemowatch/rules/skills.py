"""The skills that a rule may name, with the prompts they bring along.

Read by the model and by loading. Facts: the vendor's three product documents (name, version, default prompt).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from nemowatch import __version__
from nemowatch.rules.rule import Skill

if TYPE_CHECKING:
    from collections.abc import Mapping

OWN_SKILL = Skill(source="nemowatch", version=__version__, default_prompt=None)
"""What a rule without `skill` sends; it has no default prompt."""

SKILLS: Mapping[str, Skill] = MappingProxyType(
    {
        skill.source: skill
        for skill in (
            Skill(
                source="video-extractor",
                version="1.0.0",
                default_prompt="extract the key highlights and save them as separate clips",
            ),
            Skill(
                source="opusclip",
                version="1.0.0",
                default_prompt="extract the top 5 viral short clips from this long video",
            ),
            Skill(
                source="ai-video-frames",
                version="1.0.0",
                default_prompt="extract one frame every 5 seconds and save them as images",
            ),
            OWN_SKILL,
        )
    }
)
"""Every skill that can be named by a bare word."""
