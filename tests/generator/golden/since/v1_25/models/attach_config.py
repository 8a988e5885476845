"""AttachConfig, as of API 1.25."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

from attrs import define, field

from moorage.model.base import Model, nulls

__all__ = ["AttachConfig"]


@define(repr=False)
class AttachConfig(Model):
    """AttachConfig."""

    _wire = ("Detach",)

    detach: bool | None = None
    """`Detach`: Come back at once."""
    extra: dict[str, Any] = field(factory=dict, repr=False)
    """Fields the specification does not define, by their JSON names."""
    _sent: tuple[Any, ...] = field(default=(), init=False, repr=False, eq=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode an engine's JSON."""
        rest = dict(data)
        take = rest.pop
        self = object.__new__(cls)
        self.detach = take("Detach", None)
        self.extra = rest or {}
        self._sent = nulls(data) if None in data.values() else ()
        return self
