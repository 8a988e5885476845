"""Variables of a build."""

from __future__ import annotations

import json
from collections.abc import Mapping

from moorage.parameters.environment import variables
from moorage.parameters.scalars import wrong_type

__all__ = ["variables_json"]


def variables_json(name: str, value: Mapping[str, str | None] | None) -> str | None:
    """Encode a mapping of variables as JSON; None is sent as null."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise wrong_type(name, "a mapping of names to str or None", value)
    return json.dumps(variables(name, value), separators=(",", ":"))
