"""Requests that a fake engine received, for tests to inspect."""

from __future__ import annotations

from typing import Any

from attrs import define, field

from moorage.model.base import Model
from moorage.testing.server.contract import contract_of
from moorage.testing.server.validation import Problem

__all__ = ["SeenRequest"]


@define
class SeenRequest:
    """A received request.

    Attributes:
        operation: The operation, like "containers.create"; empty if the version has no such
            endpoint.
        version: The API version that it was at.
        method: The HTTP method.
        path: The path, without the version.
        query: The parameters; one that came several times is a list.
        body: The JSON of its body, or None.
        problems: Things the version lacks or defines differently.
        status: The status of the response; 0 where the connection was cut before.
    """

    operation: str
    version: str
    method: str
    path: str
    query: dict[str, Any]
    body: Any = field(default=None, repr=False)
    headers: dict[str, str] = field(factory=dict, repr=False)
    problems: list[Problem] = field(factory=list)
    status: int = 0

    @property
    def model(self) -> Any:
        """The body as the version's generated class; plain JSON if it has no class."""
        kind = contract_of(self.version, self.operation).body if self.operation else None
        if kind is None or kind.name != "model" or not isinstance(self.body, dict):
            return self.body
        model: type[Model] = kind.model
        return model.from_dict(self.body)
