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
    """Facts that an engine reports, or the reason why it can't be asked."""

    shown: str
    """Its host, without credentials."""
    url: str | None = field(default=None, repr=False)
    """Its host, as `connect` takes it; None where moorage finds it."""
    engine: str = ""
    min_api: str = ""
    max_api: str = ""
    negotiated: str = ""
    """The API version that moorage takes if a test names none."""
    chosen_by: str = ""
    """The variable that names that version; empty where it was negotiated."""
    failure: str | None = None

    @property
    def summary(self) -> str:
        """One line on the engine, for reports."""
        if self.failure:
            return self.failure.partition("\n")[0]
        return f"engine {self.engine} at {self.shown}, API {self.min_api} to {self.max_api}"


@define(eq=False)
class TestedHost:
    """A host by its name; what is behind it is known when it was opened."""

    __test__ = False  # pytest takes this for a class of tests otherwise

    name: str
    url: str | None = field(default=None, repr=False)
    release: str | None = None
    """The release that is to be started, if it is a private engine."""
    min_api: str | None = None
    """The oldest API version that it is to be started with, if not its default."""
    fake_version: str | None = None
    """The newest API version of a fake engine, if it is one."""
    fake: FakeEngine | None = None
    """The fake engine, which each process has for itself."""
    recorded: Path | None = None
    """The folder of its recordings, if they stand for it."""
    tape: Recorder | Replayer | None = None
    """What records it, or answers as it was recorded; each process has its own."""
    opened: About | None = None

    @property
    def about(self) -> About:
        """Facts that the engine reports."""
        assert self.opened is not None, "the engines are opened before the tests run"  # noqa: S101
        return self.opened


@frozen(repr=False)
class EngineTarget:
    """A host and the API version that a test is to speak with it."""

    tested: TestedHost
    requested: str
    """The version, or "negotiated"."""

    def __repr__(self) -> str:
        return f"EngineTarget({self.id!r})"

    @property
    def id(self) -> str:
        """The host's name and the version, as they stand in a test's name: "28.5-1.44"."""
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
        """The host, as `moorage.connect(host=…)` takes it; None where moorage finds it."""
        return self.about.url

    @property
    def runs_programs(self) -> bool:
        """Whether containers run there, so that an image needs programs."""
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
        """Open the engine; a context manager, as `moorage.connect` makes it."""
        return moorage.connect(version=self.version, host=self.url)

    def connect_async(self) -> Connecting[AsyncEngine]:
        """Open the engine as `moorage.connect_async` does: enter or await what is returned."""
        return moorage.connect_async(version=self.version, host=self.url)

    @contextmanager
    def unentered(self) -> Iterator[AsyncEngine]:
        """Make an engine that need not be entered: a fixture has no event loop of its own."""
        transport = AsyncTransport(find_host(self.url), self.version)
        yield engine_class(self.version, "AsyncEngine")(transport)
        transport.disconnect()

    def reason_to_skip(self, constraint: Constraint) -> str | None:
        """Tell why a test is not to be run for this, if it is not."""
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
    """Return a version's class, Engine or AsyncEngine, which explains what the version lacks."""
    return guarded(getattr(version_module(version), name))
