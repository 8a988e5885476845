"""One change of an operation, and whether it can break a caller."""

from __future__ import annotations

from typing import Literal, TypeAlias

from attrs import frozen

from moorage.diff.names import python_place

__all__ = ["Aspect", "Change", "IMPACTS", "Impact", "Kind", "is_answer"]

Aspect: TypeAlias = Literal[
    "presence", "type", "required", "nullable", "value", "default", "deprecated"
]
"""The changed aspect of a place; `value` is one value of an enum."""

Kind: TypeAlias = Literal["added", "removed", "changed"]

Impact: TypeAlias = Literal["breaking", "deprecated", "compatible"]
"""A change that can break a caller, one that announces a break, and one that can't."""

IMPACTS: tuple[Impact, ...] = ("breaking", "deprecated", "compatible")
"""The worst first."""


@frozen
class Change:
    """A change of one place of an operation between two versions."""

    place: str
    """The part that changed: "query.all" and "header.X-Registry-Auth" are parameters,
    "body.HostConfig.Init" is a field of the request, "200[].Names" one of the answer with that
    status, and "404" is a status. `[]` stands for an item of an array, `{}` for a value of a map.
    "" is the operation itself."""
    aspect: Aspect
    before: str | None
    """The former type or value; None if it did not exist."""
    after: str | None
    """The new type or value; None if it no longer exists."""

    @property
    def kind(self) -> Kind:
        """Whether it was added, removed or changed."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    @property
    def impact(self) -> Impact:
        """Whether it can break callers written for the older version.

        Removals can: operations, parameters, fields, statuses of success and values of enums. So
        can another type, another default of a request, a newly required part of a request, and a
        part of a response that may now be missing or null. Additions can't, and neither can an
        error's status.
        """
        if self.aspect == "deprecated":
            return "deprecated" if self.kind == "added" else "compatible"
        if self.aspect == "required":
            breaking = (self.kind == "added") != is_answer(self.place)
        elif self.aspect == "nullable":
            breaking = (self.kind == "added") == is_answer(self.place)
        elif self.aspect == "presence":
            breaking = self.kind == "removed" and not self._is_failure()
        elif self.aspect == "value":
            breaking = self.kind == "removed"
        elif self.aspect == "default":
            breaking = self.kind == "changed" and not is_answer(self.place)
        else:
            breaking = True
        return "breaking" if breaking else "compatible"

    def _is_failure(self) -> bool:
        """Return whether it is a status of an error."""
        return self.place.isdigit() and self.place[0] not in "12"

    @property
    def python_place(self) -> str:
        """The place in Python's names: "host_config.init", "result[].names"."""
        return python_place(self.place)

    def described(self, *, wire: bool = False) -> str:
        """Describe the change in words.

        Args:
            wire: Name the place as in the JSON.
        """
        text = _TEXTS[self.aspect][self.kind].format(before=self.before, after=self.after)
        place = self.place if wire else self.python_place
        return f"{place}: {text}" if place else text

    def __str__(self) -> str:
        return self.described()


def is_answer(place: str) -> bool:
    """Return whether a place is of a response, not of a request."""
    return place[:1].isdigit()


_TEXTS: dict[Aspect, dict[Kind, str]] = {
    "presence": {"added": "added, {after}", "removed": "removed, was {before}"},
    "type": {"changed": "{after}, was {before}"},
    "required": {"added": "required now", "removed": "no longer required"},
    "nullable": {"added": "may be null now", "removed": "no longer null"},
    "value": {"added": "value {after} added", "removed": "value {before} removed"},
    "default": {
        "added": "default {after}, had none",
        "removed": "no default, was {before}",
        "changed": "default {after}, was {before}",
    },
    "deprecated": {"added": "deprecated", "removed": "no longer deprecated"},
}
