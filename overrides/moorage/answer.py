"""A whole answer of the engine, as it came."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from moorage.errors import InvalidAnswer

__all__ = ["Answer"]


@frozen
class Answer:
    """What `request` of an engine returns."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Case does not matter in the names."""
    body: bytes = field(repr=False)
    reason: str = ""

    def json(self) -> Any:
        """Decode the body.

        Raises:
            InvalidAnswer: it is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise InvalidAnswer("the answer is not JSON") from None
