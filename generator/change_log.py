"""Describe the changes of each version, for the docstrings of generated code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from generator.ir import Api, Model, Operation
from generator.share import Package

__all__ = ["Changes", "change_log"]

Things = Mapping[str, Model | Operation]


@dataclass(frozen=True)
class Changes:
    """Changes of a version against the one before it; false if there are none.

    Operations are named `containers.list`, types `HostConfig`.
    """

    version: str
    before: str | None = None
    """The version to compare with; None for the oldest."""
    new: tuple[str, ...] = ()
    changed: Mapping[str, str] = field(default_factory=dict)
    """Details of each changed thing, e.g. "new `limit`"."""
    gone: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    """Unchanged things that refer to changed types."""

    def __bool__(self) -> bool:
        return bool(self.new or self.changed or self.gone or self.rewritten)

    def text(self) -> str:
        """Write the docstring of the version's folder."""
        if self.before is None:
            return f"API {self.version}, the oldest bundled version."
        changed = "\n".join(
            f"- `{name}`{': ' if details else ''}{details}"
            for name, details in self.changed.items()
        )
        return _paragraphs(
            self._compared,
            _listed(f"New in {self.version}", self.new),
            f"Changed:\n\n{changed}" if changed else "",
            _listed("Gone", self.gone),
            _listed("As before, with types that changed", self.rewritten),
        )

    def of_namespace(self, name: str) -> str:
        """Write the changes of a namespace; operations are named without it."""
        if self.before is None:
            return ""

        def own(names: Iterable[str]) -> list[str]:
            prefix = f"{name}."
            return [each.removeprefix(prefix) for each in names if each.startswith(prefix)]

        return _paragraphs(
            self._compared,
            _listed(f"New in {self.version}", own(self.new)),
            _listed("Changed", own(self.changed)),
            _listed("Gone", own(self.gone)),
            _listed("As before, with types that changed", own(self.rewritten)),
        )

    @property
    def _compared(self) -> str:
        return f"Changes of API {self.version}, compared with API {self.before}."


def change_log(apis: Mapping[str, Api], packages: Mapping[str, Package]) -> dict[str, Changes]:
    """Compare each version with the one before it.

    Args:
        apis: The versions, the oldest first.
        packages: The modules of each version.

    Returns:
        The changes of every version; the oldest has none.
    """
    log = {version: Changes(version) for version in list(apis)[:1]}
    for before, after in pairwise(apis.values()):
        log[after.version] = _changes(before, after, packages[after.version])
    return log


def _changes(before: Api, after: Api, package: Package) -> Changes:
    old, new = _things(before), _things(after)
    written = {_name(module.content) for module in package.own if module.folder == "operations"}
    written |= {
        model.name
        for module in package.own
        if module.folder == "models"
        for model in module.content
    }
    both = [name for name in new if name in old]
    return Changes(
        after.version,
        before.version,
        new=tuple(name for name in new if name not in old),
        changed={name: _details(old[name], new[name]) for name in both if old[name] != new[name]},
        gone=tuple(name for name in old if name not in new),
        rewritten=tuple(name for name in both if old[name] == new[name] and name in written),
    )


def _things(api: Api) -> Things:
    """Return the operations and the models by name."""
    operations = {_name(each): each for each in api.operations}
    return {**dict(sorted(operations.items())), **dict(sorted(api.models.items()))}


def _name(thing: Model | Operation) -> str:
    if isinstance(thing, Operation):
        return f"{thing.namespace}.{thing.name}"
    return thing.name


def _details(old: Model | Operation, new: Model | Operation) -> str:
    """Write the changes of an operation or a model."""
    before, after = _parts(old), _parts(new)
    found = {
        "new": [name for name in after if name not in before],
        "changed": [name for name in after if name in before and after[name] != before[name]],
        "gone": [name for name in before if name not in after],
    }
    text = "; ".join(f"{what} {', '.join(names)}" for what, names in found.items() if names)
    return text or "in another order"


def _parts(thing: Model | Operation) -> dict[str, Any]:
    """Return the parts of a model or of an operation."""
    if isinstance(thing, Model):
        return {f"`{each.name}`": each for each in thing.fields}
    parts: dict[str, Any] = {f"`{each.name}`": each for each in thing.parameters}
    if thing.body is not None:
        parts[f"`{thing.body.name}`"] = thing.body
    parts["the endpoint"] = (thing.method, thing.path)
    parts["the response"] = (
        thing.kind,
        thing.result,
        thing.may_be_empty,
        thing.upgrade,
        thing.process,
    )
    return parts


def _listed(title: str, names: Iterable[str]) -> str:
    text = ", ".join(f"`{name}`" for name in names)
    return f"{title}: {text}." if text else ""


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))
