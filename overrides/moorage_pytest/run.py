"""Facts that one pytest run gathers on its engines; under xdist, each process has a part."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from functools import cached_property
from typing import Any

import pytest
from attrs import asdict

import moorage
from moorage_pytest.constraint import constraint_of
from moorage_pytest.interrupts import interrupted_by_sigterm
from moorage_pytest.opening import open_host
from moorage_pytest.options import read_hosts, read_versions
from moorage_pytest.removal import remove
from moorage_pytest.sandbox import Mark
from moorage_pytest.target import About, EngineTarget, TestedHost

__all__ = ["Run"]


class Run:
    """The engines of a run, and the tests that they are for.

    Raises:
        pytest.UsageError: an option is wrong.
    """

    def __init__(self, config: pytest.Config, run_id: str) -> None:
        self._id = run_id
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._marks = 0
        self.left: list[str] = []
        self._stack = contextlib.ExitStack()
        config.add_cleanup(self._stack.close)
        try:
            self.versions = read_versions(config.option.engine_api)
            self.hosts = read_hosts(config.option.engine_host, config.option.engine_private)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        if self._worker:
            for host, about in zip(self.hosts, self._worker.get("moorage_hosts", ()), strict=False):
                host.opened = About(**about)

    @cached_property
    def targets(self) -> list[EngineTarget]:
        """Every host at every version, in the order that they are given."""
        return [EngineTarget(host, version) for host in self.hosts for version in self.versions]

    @property
    def opened(self) -> list[dict[str, str | None]]:
        """Facts on the engines, for another process."""
        # xdist takes no subclass of str, as the one is that veils a password.
        return [
            {name: value and str(value) for name, value in asdict(host.opened).items()}
            for host in self.hosts
            if host.opened
        ]

    def open(self, hosts: Iterable[TestedHost] | None = None) -> None:
        """Open the engines, all by default.

        Raises:
            pytest.UsageError: one can't be reached; not in xdist's workers, whose tests tell.
        """
        new = [host for host in hosts or self.hosts if host.opened is None]
        if new:
            self._stack.enter_context(interrupted_by_sigterm())
        for host in new:
            host.opened = open_host(host, self._stack)
        failures = [host.about.failure for host in new if host.about.failure]
        if failures and self._worker is None:
            raise pytest.UsageError("\n".join(failures))

    def prepare(self, tests: Iterable[tuple[pytest.Item, EngineTarget]]) -> None:
        """Open the engines of these tests, and let those be skipped that they can't run."""
        tests = list(tests)
        used = {target.name for _, target in tests}
        self.open([host for host in self.hosts if host.name in used])
        for item, target in tests:
            item.user_properties += [("engine", target.name), ("engine_api", target.requested)]
            if reason := target.reason_to_skip(constraint_of(item)):
                item.add_marker(pytest.mark.skip(reason=reason))

    def new_mark(self) -> Mark:
        """Make what a test's sandbox is known by."""
        self._marks += 1
        return Mark(self._id, f"{self._id}-{os.getpid()}-{self._marks}")

    def sweep(self) -> None:
        """Remove what is left of all sandboxes; what can't be is told in `left`."""
        for host in self.hosts:
            # A private engine takes all it has along.
            if host.opened and not host.opened.failure and not host.release:
                try:
                    remove(host.opened.url, Mark(self._id))
                except moorage.EngineError as error:
                    self.left.append(f"engine {host.name} may have something left: {error}")
