"""Platforms: "os/arch[/variant]" or the OCI's model, encoded for each endpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from moorage.model.base import Model
from moorage.model.encoding import encode
from moorage.parameters.scalars import wrong_type

__all__ = ["platform_json", "platform_text", "platforms_json"]

_TEXT = re.compile(r"([\w.-]+)/([\w.-]+)(?:/([\w.-]+))?", re.ASCII)
_EXPECTED = "'os/arch', 'os/arch/variant' or an OCIPlatform"


def platform_text(name: str, value: Any) -> str | None:
    """Encode a platform for an endpoint that reads "os/arch[/variant]".

    Raises:
        TypeError: It has the wrong type.
        ValueError: The str or the model is not a platform.
    """
    if value is None:
        return None
    if isinstance(value, str):
        # Such endpoints also accept an os or an architecture alone.
        parts = value.split("/")
        if not all(parts) or len(parts) > 3 or not set("{}\"' ").isdisjoint(value):
            raise _malformed(name, value)
        return value
    fields = _fields(name, value)
    named = [fields.get(key) for key in ("os", "architecture", "variant")]
    return "/".join(part for part in named if part)


def platform_json(name: str, value: Any) -> str | None:
    """Encode a platform as JSON of an OCI platform; errors as above."""
    if value is None:
        return None
    return json.dumps(_fields(name, value), separators=(",", ":"))


def platforms_json(name: str, value: Any) -> list[str | None] | None:
    """Encode one platform or several; the parameter is repeated. Errors as above."""
    if value is None:
        return None
    if isinstance(value, str | Model) or not isinstance(value, Iterable):
        return [platform_json(name, value)]
    if isinstance(value, bytes | Mapping):
        raise wrong_type(name, _EXPECTED, value)
    return [platform_json(name, _given(name, each)) for each in value]


def _given(name: str, value: Any) -> Any:
    if value is None:
        raise wrong_type(name, _EXPECTED, value)
    return value


def _fields(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        found = _TEXT.fullmatch(value)
        if found is None:
            raise _malformed(name, value)
        parts = zip(("os", "architecture", "variant"), found.groups(), strict=True)
        return {key: part for key, part in parts if part}
    if isinstance(value, Model) and type(value).__name__ == "OCIPlatform":
        fields: dict[str, Any] = encode(value)
        if not fields.get("os") or not fields.get("architecture"):
            raise ValueError(f"{name} needs an os and an architecture")
        return fields
    raise wrong_type(name, _EXPECTED, value)


def _malformed(name: str, value: str) -> ValueError:
    return ValueError(f"{name} is os/arch[/variant], such as linux/arm64/v8, not {value!r:.100}")
