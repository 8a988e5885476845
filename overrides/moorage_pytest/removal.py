"""Remove the objects of a sandbox: those with its label, or with a name it gave."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from attrs import frozen

import moorage
from moorage_pytest.interrupts import uninterrupted
from moorage_pytest.sandbox import LABEL, RUN_LABEL, Mark

if TYPE_CHECKING:
    from moorage_api.newest import Engine

__all__ = ["remove"]

SILENCE = 60.0
"""Timeout of a request, in seconds."""
PATIENCE = 30.0
"""Seconds to wait for objects in use: a service's containers end after it."""

Filters: TypeAlias = dict[str, list[str]]
Named: TypeAlias = Iterable[tuple[str | None, str | None]]
"""Pairs of an object's key for removal, and its name."""


@frozen
class _Kind:
    noun: str
    list: Callable[[Engine, Filters], Named]
    delete: Callable[[Engine, str], object]
    swarm: bool = False


def _remove_container(engine: Engine, name: str) -> None:
    # Podman 5 waits for the container's stop timeout otherwise, also by force.
    with contextlib.suppress(moorage.NotFound, moorage.Conflict):
        engine.containers.kill(name)
    engine.containers.delete(name, force=True, v=True)


_KINDS = (
    _Kind(
        "service",
        lambda engine, filters: (
            (each.id, each.spec.name if each.spec else None)
            for each in engine.services.list(filters=filters)
        ),
        lambda engine, name: engine.services.delete(name),
        swarm=True,
    ),
    _Kind(
        "container",
        lambda engine, filters: (
            (each.id, name.lstrip("/"))
            for each in engine.containers.list(all=True, filters=filters)
            for name in each.names or [""]
        ),
        _remove_container,
    ),
    _Kind(
        "network",
        lambda engine, filters: (
            (each.id, each.name) for each in engine.networks.list(filters=filters)
        ),
        lambda engine, name: engine.networks.delete(name),
    ),
    _Kind(
        "volume",
        lambda engine, filters: (
            (each.name, each.name) for each in engine.volumes.list(filters=filters).volumes or []
        ),
        lambda engine, name: engine.volumes.delete(name, force=True),
    ),
    _Kind(
        "secret",
        lambda engine, filters: (
            (each.id, each.spec.name if each.spec else None)
            for each in engine.secrets.list(filters=filters)
        ),
        lambda engine, name: engine.secrets.delete(name),
        swarm=True,
    ),
    _Kind(
        "config",
        lambda engine, filters: (
            (each.id, each.spec.name if each.spec else None)
            for each in engine.configs.list(filters=filters)
        ),
        lambda engine, name: engine.configs.delete(name),
        swarm=True,
    ),
    _Kind(
        "image",
        # Removed tag by tag: another tag may belong to someone else.
        lambda engine, filters: (
            (each.id, "") if tag == "<none>:<none>" else (tag, tag)
            for each in engine.images.list(filters=filters)
            for tag in each.repo_tags or ["<none>:<none>"]
        ),
        lambda engine, name: engine.images.delete(name, force=True),
    ),
)


def remove(host: str | None, mark: Mark) -> None:
    """Remove the objects of a sandbox, delaying signals.

    It uses a connection of its own: the test may have closed or broken its engine's.

    Raises:
        moorage.EngineError: An object can't be removed, or the engine can't be reached.
    """
    with uninterrupted(), moorage.connect(host=host, timeout=SILENCE) as engine:
        deadline = time.monotonic() + PATIENCE
        while failures := _pass(engine, mark):
            if time.monotonic() > deadline:
                raise moorage.EngineError("a sandbox can't be removed: " + "; ".join(failures))
            time.sleep(0.1)


def _pass(engine: Engine, mark: Mark) -> list[str]:
    """Try to remove each object once; returns the failures."""
    failures = []
    swarm = True
    for kind in _KINDS:
        if kind.swarm and not swarm:
            continue
        try:
            found = _found(engine, kind, mark)
        except (moorage.Unavailable, moorage.NotFound, moorage.OperationUnavailable):
            if not kind.swarm:
                raise
            swarm = False  # not a manager of a swarm
            continue
        for name in found:
            try:
                with contextlib.suppress(moorage.NotFound):
                    kind.delete(engine, name)
            except moorage.APIError as error:
                failures.append(f"the {kind.noun} {name}: {error}")
    return failures


def _found(engine: Engine, kind: _Kind, mark: Mark) -> list[str]:
    return list(dict.fromkeys(name for name in _search(engine, kind, mark) if name))


def _search(engine: Engine, kind: _Kind, mark: Mark) -> Iterator[str | None]:
    label = f"{LABEL}={mark.id}" if mark.id else f"{RUN_LABEL}={mark.run}"
    for removed_by, _ in kind.list(engine, {"label": [label]}):
        yield removed_by
    by_name = (
        {"reference": [f"{mark.prefix}*"]} if kind.noun == "image" else {"name": [mark.prefix]}
    )
    for removed_by, name in kind.list(engine, by_name):
        if name and name.startswith(mark.prefix):  # engines match it anywhere in the name
            yield removed_by
