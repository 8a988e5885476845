"""Part, as of API 1.25."""

from __future__ import annotations

from attrs import define

from moorage.model.base import Data, Model, Take


@define(repr=False)
class Part(Model):
    """Part."""

    _wire = ("Name",)

    name: str | None = None
    """`Name`: A part's name."""

    def _take(self, take: Take, data: Data) -> None:
        self.name = take("Name", None)
