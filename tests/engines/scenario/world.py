"""The engine and the things that the steps of a scenario work with."""

from __future__ import annotations

import io
import tarfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any, TypeVar

import httpx

from moorage.private import PrivateEngine
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from moorage_api.availability import OPERATIONS

__all__ = [
    "LABEL",
    "LABELS",
    "REPO",
    "SLEEP",
    "Complaint",
    "World",
    "just_pinned",
    "operations_of",
    "tar_of",
    "until",
    "used",
]

T = TypeVar("T")

LABEL = "moorage.matrix"
LABELS = {LABEL: "yes"}
REPO = "127.0.0.1:5000/moorage"
SLEEP = ["/bin/sleep", "600"]
PATIENCE = 20.0


@dataclass(frozen=True)
class Complaint:
    """Something that went wrong.

    Attributes:
        place: The part of the scenario, or the operation whose answer was not true.
        what: The error and its message, or what was not true.
        trace: The traceback.
    """

    place: str
    what: str
    trace: str = ""

    def __str__(self) -> str:
        return f"{self.place}: {self.what}\n{self.trace}"


@dataclass(frozen=True)
class World:
    """An engine at one version, and what is around it."""

    engine: Any
    """Not typed: the steps are the same for every version."""
    api: ModuleType
    """The version's models."""
    private: PrivateEngine | None
    """The engine's process, where it is one that was started for this."""
    plain: httpx.Client
    """The same engine, spoken to by plain HTTP."""
    peer: httpx.Client | None
    """Another engine in the same network, by plain HTTP too."""
    registry: bool
    """Whether there is a registry in that network."""
    busybox: bytes
    """A file system, as a tar archive."""
    complaints: list[Complaint] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Play a part of the scenario that others don't need: an error in it is a complaint."""
        try:
            yield
        except Exception as error:
            what = f"{type(error).__name__}: {error}"
            self.complaints.append(Complaint(name, what, traceback.format_exc()))

    def has(self, operation: str) -> bool:
        """Return whether the version has an operation."""
        return operation in operations_of(self.api.Engine.api_version)


def operations_of(version: str) -> set[str]:
    """Return the names of all operations of a version."""
    return {
        name
        for name, (first, last) in OPERATIONS.items()
        if version_key(first) <= version_key(version) <= version_key(last)
    }


def just_pinned() -> set[str]:
    """Return the operations that the newest version brought.

    A version is pinned by one command: the scenario and the fake engine may get its operations
    later, but before the version after it is pinned.
    """
    *_, previous, newest = bundled_versions()
    return operations_of(newest) - operations_of(previous)


def used(world: World, what: str) -> list[Any]:
    """Return what `docker system df` counts: "containers", "build_cache"."""
    if version_key(world.engine.api_version) < version_key("1.52"):
        found: list[Any] = getattr(world.engine.system.data_usage(), what)
        return found
    usage = getattr(world.engine.system.data_usage(verbose=True), f"{what.removesuffix('s')}_usage")
    items: list[Any] = usage.items
    return items


def until(found: Callable[[], T], patience: float = PATIENCE) -> T:
    """Ask until there is an answer; for what an engine has no event for."""
    deadline = time.monotonic() + patience
    while not (answer := found()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} was not so within {patience:.0f} s")
        time.sleep(0.02)
    return answer


def tar_of(files: dict[str, bytes]) -> bytes:
    """Make a tar archive of files."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return archive.getvalue()
