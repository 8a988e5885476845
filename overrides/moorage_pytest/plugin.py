"""The plugin itself: options, the marker, fixtures, and how they hang together.

pytest imports this module in every project of the environment, so that what needs moorage is
imported when a test asks for an engine, or an option names one.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from moorage_pytest.matrix import Matrix

if TYPE_CHECKING:
    from moorage_api.newest import AsyncEngine, Engine
    from moorage_pytest.run import Run
    from moorage_pytest.sandbox import AsyncEngineSandbox, EngineSandbox, Mark
    from moorage_pytest.target import EngineTarget

__all__: list[str] = []

MARKER = (
    'engine_api(versions): skip the test where the API version is another, e.g. ">=1.44" or '
    '">=1.41 <1.50" (moorage)'
)
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
        help="engines to start for this run: 20.10,26.1,28.5. It takes root on Debian.",
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
    """Check the options, so that what is wrong with them shows at the start."""
    config.addinivalue_line("markers", MARKER)
    worker = getattr(config, "workerinput", None)
    config.stash[_RUN_ID] = worker["moorage_run"] if worker else secrets.token_hex(4)
    option = config.option
    if option.engine_api or _names_engines(config):
        _run(config)
    if worker is None:
        config.pluginmanager.register(Matrix(config, _run), "moorage-matrix")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    """Open the engines that are named before xdist's workers start, which share them."""
    if _names_engines(config):
        _run(config).open()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell one of xdist's workers what it needs to know of the run."""
    node.workerinput["moorage_run"] = node.config.stash[_RUN_ID]
    if run := node.config.stash.get(_RUN, None):
        node.workerinput["moorage_hosts"] = run.opened


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let each test that asks for an engine run once per host and version."""
    # Parametrized here and not in `engine`: projects have fixtures of that name.
    if "engine_target" not in metafunc.fixturenames:
        return
    from moorage_pytest.constraint import constraint_of

    try:
        constraint_of(metafunc.definition)
    except ValueError as error:
        pytest.fail(f"{metafunc.definition.nodeid}: {error}", pytrace=False)
    targets = _run(metafunc.config).targets
    metafunc.parametrize(
        "engine_target", targets, ids=[each.id for each in targets], indirect=True, scope="session"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Open the engines that the tests need, and mark the tests that they can't run."""
    if session.config.option.collectonly or session.testsfailed:
        return
    tests: list[tuple[pytest.Item, Any]] = [
        (item, item.callspec.params["engine_target"])
        for item in session.items
        if isinstance(item, pytest.Function)
        and hasattr(item, "callspec")
        and "engine_target" in item.callspec.params
    ]
    if tests:
        _run(session.config).prepare(tests)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remove what is left of sandboxes, should a worker have been killed, or not had the time."""
    run = session.config.stash.get(_RUN, None)
    if run and not hasattr(session.config, "workerinput"):
        run.sweep()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Tell what could not be removed."""
    if run := config.stash.get(_RUN, None):
        for line in run.left:
            terminalreporter.write_line(line, red=True)


@pytest.fixture(scope="session")
def engine_target(request: pytest.FixtureRequest) -> EngineTarget:
    """The host and the API version that a test is run for: `.host`, `.version`, `.connect()`."""
    if not hasattr(request, "param"):
        pytest.fail("ask for engines by a test's or a fixture's arguments", pytrace=False)
    target: EngineTarget = request.param
    if target.about.failure:
        request.session.shouldfail = target.about.failure
        pytest.fail(target.about.failure, pytrace=False)
    return target


@pytest.fixture
def engine(engine_target: EngineTarget) -> Iterator[Engine]:
    """An engine of moorage, for each host and API version in turn."""
    with engine_target.connect() as connected:
        yield connected


@pytest.fixture
def async_engine(engine_target: EngineTarget) -> Iterator[AsyncEngine]:
    """Asynchronous form of `engine`, for any event loop; it need not be entered."""
    with engine_target.unentered() as engine:
        yield engine


@pytest.fixture
def _sandbox_mark(request: pytest.FixtureRequest, engine_target: EngineTarget) -> Iterator[Mark]:
    from moorage_pytest.removal import remove

    mark = _run(request.config).new_mark()
    yield mark
    remove(engine_target.url, mark)


@pytest.fixture
def engine_sandbox(engine_target: EngineTarget, _sandbox_mark: Mark) -> Iterator[EngineSandbox]:
    """An engine that labels what is made through it, and removes that after the test."""
    from moorage_pytest.sandbox import sandbox

    with sandbox(engine_target, _sandbox_mark) as connected:
        yield connected


@pytest.fixture
def async_engine_sandbox(
    engine_target: EngineTarget, _sandbox_mark: Mark
) -> Iterator[AsyncEngineSandbox]:
    """Asynchronous form of `engine_sandbox`."""
    from moorage_pytest.sandbox import async_sandbox

    with async_sandbox(engine_target, _sandbox_mark) as engine:
        yield engine


def _names_engines(config: pytest.Config) -> bool:
    return bool(config.option.engine_host or config.option.engine_private)


def _run(config: pytest.Config) -> Run:
    """Return what is known of the engines, which is little until they are opened."""
    if _RUN not in config.stash:
        from moorage_pytest.run import Run

        config.stash[_RUN] = Run(config, config.stash[_RUN_ID])
    return config.stash[_RUN]
