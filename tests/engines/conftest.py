"""Real engines for the tests: Debian's, each in namespaces of its own, or those that are named."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from moorage.private import PrivateEngine, busybox, private_engine, why_not
from moorage.private import busybox_tar as make_busybox_tar
from moorage.private.releases import RELEASES
from moorage.versions.numbers import version_key
from tests.engines.scenario.rounds import Outcome
from tests.plain_http import plain_http

ENGINES = RELEASES
"""The engines to test against, by the Debian suite that has them."""

FOLDER = Path(__file__).parents[2] / ".engines"
IMAGE = "moorage-test:latest"
WHY_NOT = why_not()
NAMED = [each.strip() for each in os.environ.get("MOORAGE_TEST_ENGINES", "").split(",") if each]
OUTCOMES: list[Outcome] = []
"""The outcomes of the matrix, for the summary."""
CI = os.environ.get("CI", "").lower() == "true"
HINT = "run as root on Debian, or name engines in MOORAGE_TEST_ENGINES (unix:///path, …)"


@dataclass(frozen=True)
class EngineHost:
    """An engine that runs, and what it says of itself."""

    host: str
    name: str
    min_api: str
    max_api: str
    private: PrivateEngine | None = None
    """None if it was running already."""
    shared: bool = False
    """Whether others may use it, so that it is not to become a swarm."""

    def http(self) -> httpx.Client:
        """Return a plain HTTP client for it: what moorage does is checked without moorage."""
        return plain_http(self.host)


class Engines:
    """Engines by name, each started once, when it is first asked for."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._running: dict[str, EngineHost] = {}
        self._failed: dict[str, Exception] = {}

    def get(self, name: str) -> EngineHost:
        if name in self._failed:
            pytest.fail(f"the engine {name} did not start, see above", pytrace=False)
        if name not in self._running:
            try:
                self._running[name] = self._stack.enter_context(self._started(name))
            except Exception as error:
                self._failed[name] = error
                raise
        return self._running[name]

    def peer(self, name: str) -> contextlib.AbstractContextManager[EngineHost]:
        """Run another private engine of the same release, in the network of that one."""
        return self._started(name, self.get(name).private)

    @contextlib.contextmanager
    def _started(self, name: str, beside: PrivateEngine | None = None) -> Iterator[EngineHost]:
        with contextlib.ExitStack() as stack:
            private = None
            if name in ENGINES:
                engine = private_engine(ENGINES[name], folder=FOLDER, beside=beside)
                private = stack.enter_context(engine)
                host = private.host
            else:
                host = name
                stack.callback(_without_image, host)
            with plain_http(host) as client:
                about = client.get("/version").raise_for_status().json()
            yield EngineHost(
                host,
                name,
                about["MinAPIVersion"],
                about["ApiVersion"],
                private,
                shared=private is None,
            )


@pytest.fixture(scope="session")
def engines() -> Iterator[Engines]:
    """All engines, for a test that needs a certain one: `engines.get("20.10")`."""
    with contextlib.ExitStack() as stack:
        yield Engines(stack)


@pytest.fixture(scope="session", params=NAMED or (["none"] if WHY_NOT else ENGINES))
def engine_host(request: pytest.FixtureRequest, engines: Engines) -> EngineHost:
    """Each engine in turn, those that are named if any are.

    Where there are none, the test is not run, which fails it under CI.
    """
    if WHY_NOT and not NAMED:
        _not_run(WHY_NOT)
    return engines.get(request.param)


@pytest.fixture(scope="session")
def private_machine() -> None:
    """Ask for a machine that private engines can be started on."""
    if WHY_NOT:
        _not_run(WHY_NOT)


@pytest.fixture(scope="session")
def busybox_tar() -> bytes:
    """A file system that is one static busybox, as a tar archive."""
    return make_busybox_tar(busybox(FOLDER))


@pytest.fixture
def image(engine_host: EngineHost, busybox_tar: bytes) -> str:
    """The name of an image that is in the engine."""
    return given_image(engine_host, busybox_tar)


def given_image(engine: EngineHost, busybox_tar: bytes) -> str:
    """Give an engine the image, unless it has it, and return its name."""
    with engine.http() as client:
        if client.get(f"/images/{IMAGE}/json").status_code == 404:
            repo, _, tag = IMAGE.partition(":")
            created = client.post(
                "/images/create",
                params={"fromSrc": "-", "repo": repo, "tag": tag},
                content=busybox_tar,
            )
            assert created.status_code == 200, created.text
            assert "error" not in created.text, created.text
    return IMAGE


def table(outcomes: list[Outcome]) -> Iterator[str]:
    """Lay out the outcomes: a row for each version, a column for each engine."""
    cells = {(each.version, each.engine): each for each in outcomes}
    names = list(dict.fromkeys(each.engine for each in outcomes))
    yield "API            " + "".join(f"{name:>10}" for name in names)
    for version in sorted({each.version for each in outcomes}, key=_order):
        row = [cells.get((version, name)) for name in names]
        yield f"{version:<15}" + "".join(
            f"{f'{len(each.passed)}/{len(each.operations)}' if each else '':>10}" for each in row
        )


def _order(version: str) -> tuple[bool, tuple[int, ...]]:
    bare, _, awaited = version.partition(" ")
    return bool(awaited), version_key(bare)


def _not_run(reason: str) -> None:
    if CI:
        pytest.fail(f"{reason}: {HINT}", pytrace=False)
    pytest.skip(reason)


def _without_image(host: str) -> None:
    with plain_http(host) as client:
        client.delete(f"/images/{IMAGE}", params={"force": "true"})
