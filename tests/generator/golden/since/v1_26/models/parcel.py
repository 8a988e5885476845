"""Parcel, as of API 1.26."""

from __future__ import annotations

from typing import Literal

from attrs import define, field
from attrs.setters import NO_OP

from moorage.model.base import Data, Model, Take
from moorage.model.encoding import decode_bytes
from moorage.parameters.environment import as_sent, environment
from moorage_api.since.v1_25.models.part import Part


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
    _required = frozenset(
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

    def _take(self, take: Take, data: Data) -> None:
        self.id = take("Id")
        self.size = take("Size", None)
        self.kind = take("Kind", None)
        self.labels = take("Labels", None)
        self.parts = (
            [Part.from_dict(v1) if isinstance(v1, dict) else v1 for v1 in v]
            if isinstance((v := take("Parts", None)), list)
            else v
        )
        self.seal = take("Seal", None)
        self.data = decode_bytes(take("Data", None))
        self.env = as_sent(take("Env", None))
        self.weight = take("Weight", None)
