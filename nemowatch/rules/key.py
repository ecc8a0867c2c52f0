"""How a key of the rules file is described, once for its error messages, the schema, the example and the reference.

Used by the models alone.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

TIME_UNITS = "time (ms, s, m, h, d)"
MOMENT_UNITS = "time (`1:30`, `1:02:03.5`, or ms, s, m, h), from the end with a minus"


def describe_key(
    default: Any,
    description: str,
    *,
    expects: str,
    example: Any,
    unit: str = "",
    unset: str = "",
    **limits: Any,
) -> Any:
    """Describe one key.

    Args:
        default: as it would be written in the file; `...` for a key that must be set.
        description: one or two sentences.
        expects: ends the sentence "expected …" of an error message.
        example: as it would be written in the file.
        unit: what a number counts, or how times are written.
        unset: what happens without the key, where no written default says it; `default` is then a stand-in.
        limits: `ge`, `le`, `min_length` of the value that was read.
    """

    def complete(schema: dict[str, Any]) -> None:
        schema.update({name: words for name, words in facts.items() if words})
        if unset:
            schema.pop("default", None)

    facts = {"expects": expects, "unit": unit, "unset": unset}
    return Field(
        default,
        description=description,
        examples=[example],
        json_schema_extra=complete,
        validate_default=not unset,
        **limits,
    )


class Keys(BaseModel):
    """A level of the rules file: a mapping of known keys, and of no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)
