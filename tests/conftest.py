"""The report at the end of a run, also where its tests ran in other processes."""

from __future__ import annotations

import gc
import signal
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.engines.conftest import ENGINES, HINT, NAMED, OUTCOMES, WHY_NOT, table
from tests.engines.scenario.rounds import UNREACHED, Outcome
from tests.schedule import Grouped, order


def pytest_configure() -> None:
    """Let SIGINT interrupt, also where the tests run in a shell's background, which ignores it."""
    # A busy machine is no fault of what is tested.
    settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("busy")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put first what takes longest."""
    items.sort(key=lambda item: order(item.nodeid))


def pytest_collection_finish() -> None:
    """Leave what is loaded by now out of collections: tests collect often, to find leaks."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Spread groups of tests over the processes."""
    return Grouped(config, log)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what came of the matrix to the process that prints it."""
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["outcomes"] = [
            (each.engine, each.version, sorted(each.operations), sorted(each.passed))
            for each in OUTCOMES
        ]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what came of the matrix in another process."""
    for engine, version, operations, passed in getattr(node, "workeroutput", {}).get(
        "outcomes", ()
    ):
        OUTCOMES.append(Outcome(engine, version, set(operations), set(passed)))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was tested, and what was not."""
    if OUTCOMES:
        terminalreporter.section("operations passed, of those that the version has")
        for line in table(OUTCOMES):
            terminalreporter.line(line)
        for operation, reason in UNREACHED.items():
            terminalreporter.line(f"never reached: {operation} ({reason})")
    if NAMED and not WHY_NOT:
        terminalreporter.section("engines")
        terminalreporter.line(f"MOORAGE_TEST_ENGINES names {', '.join(NAMED)}: tests that can run")
        terminalreporter.line(f"on any engine ran on these, and not on {', '.join(ENGINES)}")
    elif WHY_NOT:
        instead = f"only {', '.join(NAMED)}" if NAMED else "no engine at all"
        terminalreporter.section("engines")
        terminalreporter.line(f"not tested against {', '.join(ENGINES)} ({WHY_NOT}): {instead}")
        terminalreporter.line(HINT)
