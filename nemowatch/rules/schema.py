"""The JSON Schema of the rules file, with which editors complete and check it while it is written.

Printed by `nemowatch schema`. It says what can be said without looking at other keys or the disk;
`load_rules` says the rest.
"""

from __future__ import annotations

from typing import Any

from nemowatch.rules.model import RulesFile


def rules_schema() -> dict[str, Any]:
    """Make the schema (draft 2020-12) from the models."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RulesFile.model_json_schema()}
