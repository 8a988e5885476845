"""Parcel, as API 1.26 has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from attrs import define, field
from attrs.setters import NO_OP

from moorage.encoding import decode_bytes
from moorage.environment import as_sent, environment
from moorage.model import Model
from moorage_api.v1_25.models.part import Part

__all__ = ["Parcel"]


@define(repr=False, on_setattr=NO_OP)
class Parcel(Model):
    """A parcel in the depot."""

    _wire = (
        "Id",
        "Size",
        "Kind",
        "Labels",
        "Parts",
        "Seal",
        "Data",
        "Env",
        "Weight",
    )
    _always = frozenset(
        {
            "Id",
        }
    )

    id: str
    """`Id`: The ID."""
    size: int | None = None
    """`Size`: Size in bytes. Zero means that it is empty."""
    kind: Literal["box", "letter"] | str | None = None
    """`Kind`: What it is."""
    labels: dict[str, str] | None = None
    """`Labels`: Labels."""
    parts: list[Part] | None = None
    """`Parts`"""
    seal: str | None = field(default=None, repr=False)
    """`Seal`: A secret."""
    data: bytes | None = None
    """`Data`: Data of the secret."""
    env: list[str] | None = field(default=None, converter=environment)
    """`Env`: Variables."""
    weight: int | None = None
    """`Weight`: Weight in grams.

    Since API 1.26.
    """
    extra: dict[str, Any] = field(factory=dict, repr=False)
    """Fields the specification does not define, by their JSON names."""
    _sent: tuple[Any, ...] = field(default=(), init=False, repr=False, eq=False)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Decode an engine's JSON."""
        rest = dict(data)
        take = rest.pop
        self = cls(
            take("Id", None),
            take("Size", None),
            take("Kind", None),
            take("Labels", None),
            [Part.from_dict(v1) if isinstance(v1, dict) else v1 for v1 in v]
            if isinstance((v := take("Parts", None)), list)
            else v,
            take("Seal", None),
            decode_bytes(take("Data", None)),
            as_sent(take("Env", None)),
            take("Weight", None),
            rest or {},
        )
        nulls = [wire for wire, found in data.items() if found is None]
        if nulls or not data.keys() >= cls._always:
            self._sent = self._noted(data, nulls)
        return self
