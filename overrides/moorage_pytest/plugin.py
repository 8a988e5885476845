"""The plugin itself: options, the marker, fixtures and hooks.

Modules of moorage are imported when a test requests an engine, or an option names one: other runs
start as quickly as without the plugin.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from moorage_pytest.matrix import Matrix

if TYPE_CHECKING:
    from moorage.testing import FakeEngine
    from moorage_api.newest import AsyncEngine, Engine
    from moorage_pytest.run import Run
    from moorage_pytest.sandbox import AsyncEngineSandbox, EngineSandbox, Mark
    from moorage_pytest.target import EngineTarget

__all__: list[str] = []

MARKER = "engine: the test requests an engine; the plugin sets it (moorage)"
API_MARKER = (
    'engine_api(versions): skip the test where the API version is another, e.g. ">=1.44" or '
    '">=1.41 <1.50" (moorage)'
)
_PARAMETER = "moorage_engine_target"
"""The fixture that all others request."""
_RUN = pytest.StashKey["Run"]()
_RUN_ID = pytest.StashKey[str]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("engine", "Docker engines, by moorage")
    group.addoption(
        "--engine-api",
        action="append",
        default=[],
        metavar="X.Y,...",
        help="API versions to run the tests of the fixtures engine and async_engine at: "
        "1.41,1.44,newest,negotiated. newest is the newest that moorage has; negotiated, which is "
        "the default, the highest that the engine speaks too.",
    )
    group.addoption(
        "--engine-host",
        action="append",
        default=[],
        metavar="[NAME=]HOST",
        help="an engine to run them on, e.g. old=tcp://127.0.0.1:2375; may be repeated. By "
        "default it is the one that the docker CLI would take.",
    )
    group.addoption(
        "--engine-private",
        action="append",
        default=[],
        metavar="RELEASE,...",
        help="engines to start for this run: 20.10,26.1,28.5,podman,podman-5.4. Needs root on "
        "Debian.",
    )
    group.addoption(
        "--engine-fake",
        action="append",
        default=[],
        metavar="X.Y,...",
        help="fake engines in the processes that run the tests, by the newest API version that "
        "each is to speak: 1.41,1.52,newest. No container runs in them; see moorage.testing.",
    )
    group.addoption(
        "--engine-record",
        metavar="DIR",
        help="write what tests and engines say to each other to DIR, a file for each test, without "
        "secrets; see moorage.testing.record.",
    )
    group.addoption(
        "--engine-replay",
        metavar="DIR",
        help="run the tests without an engine, on what --engine-record wrote to DIR.",
    )
    group.addoption(
        "--engine-min-api",
        metavar="X.Y",
        help="the oldest API version that the engines of --engine-private accept (26.1, 28.5), to "
        "rehearse a newer engine: Docker 29 accepts 1.44 and newer.",
    )
    group.addoption(
        "--engine-missing",
        choices=["error", "skip"],
        default="error",
        help="what becomes of the tests of an engine that can't be reached; by default error. "
        "Other tests run in either case.",
    )
    group.addoption(
        "--engine-report",
        action="append",
        default=[],
        metavar="FILE",
        help="write what came of each test at each version to FILE, by its ending .html or .json; "
        "may be repeated.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Check the options at the start of a run."""
    config.addinivalue_line("markers", MARKER)
    config.addinivalue_line("markers", API_MARKER)
    worker = getattr(config, "workerinput", None)
    config.stash[_RUN_ID] = worker["moorage_run"] if worker else secrets.token_hex(4)
    option = config.option
    names = (
        *("engine_api", "engine_host", "engine_private", "engine_min_api", "engine_fake"),
        *("engine_record", "engine_replay"),
    )
    if any(getattr(option, name) for name in names):
        _run(config)
    if worker is None:
        config.pluginmanager.register(Matrix(config, _run), "moorage-matrix")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send one of xdist's workers the settings of the run."""
    node.workerinput["moorage_run"] = node.config.stash[_RUN_ID]
    node.workerinput["moorage_engines"] = str(_run(node.config).shared)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(node: Any, ids: Sequence[str]) -> None:
    """Open the engines that the tests need, which xdist's workers share, before any test runs."""
    _run(node.config).open_for_workers(ids)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark the tests that request an engine, before `-m` selects."""
    if target := _target(item):
        item.add_marker("engine")
        item.user_properties += [("engine", target.name), ("engine_api", target.requested)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Parametrise each test that requests an engine by host and version."""
    if _PARAMETER not in metafunc.fixturenames:
        return
    from moorage_pytest.constraint import constraint_of

    try:
        constraint_of(metafunc.definition)
    except ValueError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    targets = _run(metafunc.config).targets
    metafunc.parametrize(
        _PARAMETER, targets, ids=[each.id for each in targets], indirect=True, scope="session"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Open the engines that the tests need; xdist's workers wait for shared ones."""
    config = session.config
    if config.option.collectonly or session.testsfailed or hasattr(config, "workerinput"):
        return
    if targets := [target for item in session.items if (target := _target(item))]:
        _run(config).open_for(targets)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that its engine can't run."""
    target = _target(item)
    if target and (reason := _run(item.config).skip_reason(item, target)):
        item.add_marker(pytest.mark.skip(reason=reason))
    elif target and not target.about.failure:
        _run(item.config).begin(item, target)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Iterator[None]:
    """End a test's recording, after its fixtures."""
    yield
    target = _target(item)
    if target and target.tested.opened is not None:
        _run(item.config).end(target)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove leftovers of sandboxes, if a worker was killed or ran out of time."""
    run = session.config.stash.get(_RUN, None)
    if run and not hasattr(session.config, "workerinput"):
        run.sweep()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Report objects that could not be removed."""
    if run := config.stash.get(_RUN, None):
        for line in run.left:
            terminalreporter.write_line(line, red=True)


@pytest.fixture(scope="session")
def moorage_engine_target(request: pytest.FixtureRequest) -> EngineTarget:
    """The host and the API version of a test: `.host`, `.version`, `.connect()`."""
    if not hasattr(request, "param"):
        pytest.fail("request engines by a test's or a fixture's arguments", pytrace=False)
    target: EngineTarget = request.param
    if target.about.failure:
        pytest.fail(target.about.failure, pytrace=False)
    return target


@pytest.fixture
def moorage_fake_engine(moorage_engine_target: EngineTarget) -> Iterator[FakeEngine]:
    """The fake engine of a test, to script it; on a real engine the test is skipped."""
    fake = moorage_engine_target.fake
    if fake is None:
        pytest.skip("it scripts a fake engine: --engine-fake newest")
    yield fake
    fake.well()


@pytest.fixture
def moorage_engine(moorage_engine_target: EngineTarget) -> Iterator[Engine]:
    """An engine of moorage, for each host and API version in turn."""
    with moorage_engine_target.connect() as connected:
        yield connected


@pytest.fixture
def moorage_async_engine(moorage_engine_target: EngineTarget) -> Iterator[AsyncEngine]:
    """Asynchronous form of `engine`, for any event loop; it need not be entered."""
    with moorage_engine_target.unentered() as engine:
        yield engine


@pytest.fixture
def _moorage_sandbox_mark(
    request: pytest.FixtureRequest, moorage_engine_target: EngineTarget
) -> Iterator[Mark]:
    from moorage_pytest.removal import remove

    mark = _run(request.config).new_mark(request.node.nodeid)
    yield mark
    remove(moorage_engine_target.url, mark)


@pytest.fixture
def moorage_engine_sandbox(
    moorage_engine_target: EngineTarget, _moorage_sandbox_mark: Mark
) -> Iterator[EngineSandbox]:
    """An engine that labels objects made through it, and removes them after the test."""
    from moorage_pytest.sandbox import sandbox

    with sandbox(moorage_engine_target, _moorage_sandbox_mark) as connected:
        yield connected


@pytest.fixture
def moorage_async_engine_sandbox(
    moorage_engine_target: EngineTarget, _moorage_sandbox_mark: Mark
) -> Iterator[AsyncEngineSandbox]:
    """Asynchronous form of `engine_sandbox`."""
    from moorage_pytest.sandbox import async_sandbox

    with async_sandbox(moorage_engine_target, _moorage_sandbox_mark) as engine:
        yield engine


# The short names. A project's own `engine` hides only that one.


@pytest.fixture(scope="session")
def engine_target(moorage_engine_target: EngineTarget) -> EngineTarget:
    """The same as `moorage_engine_target`."""
    return moorage_engine_target


@pytest.fixture
def fake_engine(moorage_fake_engine: FakeEngine) -> FakeEngine:
    """The same as `moorage_fake_engine`."""
    return moorage_fake_engine


@pytest.fixture
def engine(moorage_engine: Engine) -> Engine:
    """The same as `moorage_engine`."""
    return moorage_engine


@pytest.fixture
def async_engine(moorage_async_engine: AsyncEngine) -> AsyncEngine:
    """The same as `moorage_async_engine`."""
    return moorage_async_engine


@pytest.fixture
def engine_sandbox(moorage_engine_sandbox: EngineSandbox) -> EngineSandbox:
    """The same as `moorage_engine_sandbox`."""
    return moorage_engine_sandbox


@pytest.fixture
def async_engine_sandbox(moorage_async_engine_sandbox: AsyncEngineSandbox) -> AsyncEngineSandbox:
    """The same as `moorage_async_engine_sandbox`."""
    return moorage_async_engine_sandbox


def _target(item: pytest.Item) -> EngineTarget | None:
    """Return the host and the version for a test; None if it needs no engine."""
    call = getattr(item, "callspec", None)
    return call.params.get(_PARAMETER) if call else None


def _run(config: pytest.Config) -> Run:
    """Return the state of the engines, filled in when they are opened."""
    if _RUN not in config.stash:
        from moorage_pytest.run import Run

        config.stash[_RUN] = Run(config, config.stash[_RUN_ID])
    return config.stash[_RUN]
