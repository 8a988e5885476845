"""AttachConfig, as of API 1.25."""

from __future__ import annotations

from attrs import define

from moorage.model.base import Data, Model, Take


@define(repr=False)
class AttachConfig(Model):
    """AttachConfig."""

    _wire = ("Detach",)

    detach: bool | None = None
    """`Detach`: Come back at once."""

    def _take(self, take: Take, data: Data) -> None:
        self.detach = take("Detach", None)
