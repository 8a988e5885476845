"""The state of a pytest run about its engines; under xdist, each process has a part."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from attrs import asdict, evolve

import moorage
from moorage.host.quoting import veiled
from moorage_pytest.constraint import constraint_of
from moorage_pytest.interrupts import interrupted_by_sigterm
from moorage_pytest.node_ids import row_of
from moorage_pytest.opening import open_host
from moorage_pytest.options import read_hosts, read_recordings, read_versions
from moorage_pytest.removal import remove
from moorage_pytest.sandbox import Mark
from moorage_pytest.tapes import Tapes
from moorage_pytest.target import About, EngineTarget, TestedHost

__all__ = ["Run"]


class Run:
    """The engines of a run, and their tests.

    Raises:
        pytest.UsageError: An option is wrong.
    """

    def __init__(self, config: pytest.Config, run_id: str) -> None:
        self._id = run_id
        self._worker: dict[str, Any] | None = getattr(config, "workerinput", None)
        self._marks = 0
        self.left: list[str] = []
        self._stack = contextlib.ExitStack()
        config.add_cleanup(self._stack.close)
        try:
            self.versions: list[str] = read_versions(config.option.engine_api)
            self.hosts: list[TestedHost] = _hosts(config.option)
        except ValueError as error:
            raise pytest.UsageError(str(error)) from None
        self._missing = config.option.engine_missing
        self._tapes = Tapes(config.option.engine_record, config.option.engine_replay, self._worker)

    @cached_property
    def targets(self) -> list[EngineTarget]:
        """Every host at every version, in the given order."""
        return [EngineTarget(host, version) for host in self.hosts for version in self.versions]

    @cached_property
    def shared(self) -> Path:
        """The file that tells xdist's workers about open engines."""
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="moorage-"))
        return Path(folder) / "engines.json"

    def open_for_workers(self, node_ids: Iterable[str]) -> None:
        """Open the engines of the tests that xdist's workers found, before any of them runs."""
        node_ids = list(node_ids)
        used = {
            target.name
            for target in self.targets
            if any(row_of(node_id, target.id) != node_id for node_id in node_ids)
        }
        if self._open([host for host in self.hosts if host.name in used], tape=False):
            # Each process has its own fake engines, so that its tests can script them.
            facts = {h.name: _shared(h) for h in self.hosts if h.opened and not own(h)}
            self.shared.write_text(json.dumps(facts), encoding="utf-8")

    def open_for(self, targets: Iterable[EngineTarget]) -> None:
        """Open the engines of these tests."""
        used = {target.name for target in targets}
        self._open([host for host in self.hosts if host.name in used])

    def skip_reason(self, item: pytest.Item, target: EngineTarget) -> str | None:
        """Return the reason to skip a test; its engine is opened if needed."""
        if target.tested.opened is None:
            self._open([target.tested])
        if target.about.failure and self._missing == "skip":
            return target.about.summary
        return target.reason_to_skip(constraint_of(item))

    def _open(self, hosts: Iterable[TestedHost], *, tape: bool = True) -> bool:
        """Open the engines that are not open yet; returns whether there were any."""
        hosts = list(hosts)
        if self._worker:
            self._read_shared()
        new = [host for host in hosts if host.opened is None]
        if new:
            self._stack.enter_context(interrupted_by_sigterm())
        for host in new:
            host.opened = open_host(host, self._stack)
        if tape:
            for host in hosts:
                self._tapes.record(host, self._stack)
        return bool(new)

    def _read_shared(self) -> None:
        """Use the engines opened by the parent process."""
        assert self._worker is not None  # noqa: S101
        try:
            facts = json.loads(Path(self._worker["moorage_engines"]).read_text(encoding="utf-8"))
        except OSError:
            return  # this process is on another machine
        for host in self.hosts:
            if host.opened is None and host.name in facts:
                about = About(**facts[host.name])
                url = about.url if host.release else host.url and veiled(host.url)
                host.opened = evolve(about, url=url)

    def begin(self, item: pytest.Item, target: EngineTarget) -> None:
        """Begin to record a test, or to replay it."""
        self._tapes.begin(item, target)

    def end(self, target: EngineTarget) -> None:
        """End the recording or the replay.

        Raises:
            NotRecorded: The test made a request that was not recorded.
        """
        self._tapes.end(target)

    def new_mark(self, node_id: str) -> Mark:
        """Make the label of a test's sandbox."""
        if self._tapes.names:  # each run makes the same requests
            return self._tapes.mark(node_id)
        self._marks += 1
        return Mark(self._id, f"{self._id}-{os.getpid()}-{self._marks}")

    def sweep(self) -> None:
        """Remove leftovers of all sandboxes; failures are listed in `left`."""
        for host in self.hosts:
            # A private engine takes its objects along, and so does a fake one.
            if host.opened and not host.opened.failure and not (host.release or own(host)):
                try:
                    remove(host.opened.url, self._tapes.run_mark or Mark(self._id))
                except moorage.EngineError as error:
                    self.left.append(f"engine {host.name} may have something left: {error}")


def own(host: TestedHost) -> bool:
    """Return whether each process has its own engine."""
    return bool(host.fake_version or host.recorded)


def _hosts(option: Any) -> list[TestedHost]:
    named = [
        *option.engine_host,
        *option.engine_private,
        *option.engine_fake,
        *([option.engine_record] if option.engine_record else []),
    ]
    if not option.engine_replay:
        return read_hosts(
            option.engine_host, option.engine_private, option.engine_min_api, option.engine_fake
        )
    if named or option.engine_min_api:
        raise ValueError("--engine-replay: recordings stand for all engines: name no others")
    return read_recordings(option.engine_replay)


def _shared(host: TestedHost) -> dict[str, Any]:
    """Write the facts about an open engine for another process."""
    # The other process knows hosts of options; a URL may hold a password, which no file may.
    return asdict(evolve(host.about, url=host.about.url if host.release else None))
