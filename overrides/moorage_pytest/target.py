"""Targets of tests: a host and an API version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import define, field, frozen

import moorage
from moorage.guard import guarded
from moorage.host import find_host
from moorage.transport.asynchronous import AsyncTransport
from moorage.versions.bundled import version_module
from moorage.versions.numbers import version_key
from moorage_pytest.constraint import Constraint

if TYPE_CHECKING:
    from moorage.connect import Connecting
    from moorage.testing import FakeEngine, Recorder, Replayer
    from moorage_api.newest import AsyncEngine, Engine

__all__ = ["About", "EngineTarget", "NEGOTIATED", "TestedHost", "engine_class"]

NEGOTIATED = "negotiated"


@frozen
class About:
    """Facts that an engine reports, or the reason why it can't be reached."""

    shown: str
    """Its host, without credentials."""
    url: str | None = field(default=None, repr=False)
    """Its host, for `connect(host=)`; None if moorage finds it."""
    engine: str = ""
    min_api: str = ""
    max_api: str = ""
    negotiated: str = ""
    """The API version that moorage uses if a test names none."""
    chosen_by: str = ""
    """The variable that names that version; empty if negotiated."""
    failure: str | None = None

    @property
    def summary(self) -> str:
        """One line on the engine, for reports."""
        if self.failure:
            return self.failure.partition("\n")[0]
        return f"engine {self.engine} at {self.shown}, API {self.min_api} to {self.max_api}"


@define(eq=False)
class TestedHost:
    """A host by its name; facts about it are known once it is open."""

    __test__ = False  # otherwise pytest collects this as a class of tests

    name: str
    url: str | None = field(default=None, repr=False)
    release: str | None = None
    """The release to start, for a private engine."""
    min_api: str | None = None
    """The oldest API version to start it with, if not its default."""
    fake_version: str | None = None
    """The newest API version, for a fake engine."""
    fake: FakeEngine | None = None
    """The fake engine, one for each process."""
    recorded: Path | None = None
    """The folder of its recordings, for a replay."""
    tape: Recorder | Replayer | None = None
    """Its recorder or replayer; each process has its own."""
    opened: About | None = None

    @property
    def about(self) -> About:
        """Facts that the engine reports."""
        assert self.opened is not None, "the engines are opened before the tests run"  # noqa: S101
        return self.opened


@frozen(repr=False)
class EngineTarget:
    """A host and the API version of a test."""

    tested: TestedHost
    requested: str
    """The version, or "negotiated"."""

    def __repr__(self) -> str:
        return f"EngineTarget({self.id!r})"

    @property
    def id(self) -> str:
        """The host's name and the version, as in a test's name: "28.5-1.44"."""
        return f"{self.tested.name}-{self.requested}"

    @property
    def name(self) -> str:
        """The host's name."""
        return self.tested.name

    @property
    def about(self) -> About:
        """Facts that the engine reports."""
        return self.tested.about

    @property
    def version(self) -> str:
        """The API version, e.g. for DOCKER_API_VERSION."""
        return self.about.negotiated if self.requested == NEGOTIATED else self.requested

    @property
    def url(self) -> str | None:
        """The host, for `moorage.connect(host=…)`; None if moorage finds it."""
        return self.about.url

    @property
    def runs_programs(self) -> bool:
        """Whether real containers run there, so that an image needs programs."""
        return self.tested.fake is None and self.tested.recorded is None

    @property
    def fake(self) -> FakeEngine | None:
        """The fake engine of `--engine-fake`; None for a real one."""
        return self.tested.fake

    @property
    def host(self) -> str:
        """The host, e.g. for DOCKER_HOST."""
        return self.about.url or self.about.shown

    def connect(self) -> Engine:
        """Open the engine; a context manager, like `moorage.connect`."""
        return moorage.connect(version=self.version, host=self.url)

    def connect_async(self) -> Connecting[AsyncEngine]:
        """Open the engine like `moorage.connect_async`: enter or await the result."""
        return moorage.connect_async(version=self.version, host=self.url)

    @contextmanager
    def unentered(self) -> Iterator[AsyncEngine]:
        """Make an engine that need not be entered: a fixture has no event loop."""
        transport = AsyncTransport(find_host(self.url), self.version)
        yield engine_class(self.version, "AsyncEngine")(transport)
        transport.disconnect()

    def reason_to_skip(self, constraint: Constraint) -> str | None:
        """Return the reason to skip a test for this target, if any."""
        about = self.about
        if about.failure:
            return None  # --engine-missing decides
        if (
            not version_key(about.min_api)
            <= version_key(self.version)
            <= version_key(about.max_api)
        ):
            chosen = self.requested == NEGOTIATED and about.chosen_by
            why = f", and {chosen} is {self.version}" if chosen else ""
            return f"engine {self.name} speaks API {about.min_api} to {about.max_api}{why}"
        if not constraint.admits(self.version):
            return f"needs API {constraint}"
        return None


def engine_class(version: str, name: str) -> Any:
    """Return a version's class, Engine or AsyncEngine, which explains gaps of the version."""
    return guarded(getattr(version_module(version), name))
