"""Query engines, all at once, in one version after the other, and make the report."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

from attrs import evolve, field, frozen

import moorage
from moorage.conformance import swarm
from moorage.conformance.driver import Driver
from moorage.conformance.journal import Journal
from moorage.conformance.reads import read
from moorage.conformance.report import Asked, Report
from moorage.conformance.scenario import Own, play
from moorage.errors import UnsupportedVersion
from moorage.versions.bundled import bundled_versions, find_version, version_module
from moorage.versions.numbers import span, version_key

__all__ = ["Target", "survey"]

_TIMEOUT = 30.0
_OLDEST = "1.0"
"""The version of an engine that reports none."""
_NAMED = re.compile(r"([^=:/]+)=(.*)", re.DOTALL)


@frozen
class Target:
    """An engine to query."""

    host: str | None = None
    """Host, for `connect(host=)`."""
    name: str | None = None
    private: bool = False
    """Whether it was started for this run, so that it may become a swarm."""

    @classmethod
    def named(cls, text: str) -> Target:
        """Read `NAME=HOST`, or a host alone."""
        match = _NAMED.fullmatch(text)
        return cls(match[2], match[1]) if match else cls(text)


@frozen
class _Round:
    """A target that has answered."""

    asked: Asked
    target: Target
    journal: Journal = field(factory=Journal)

    def engine(self, version: str) -> Any:
        api = version_module(version)
        return moorage.connect(api.Engine, host=self.target.host, timeout=_TIMEOUT)

    def result(self) -> Asked:
        departures = sorted(
            self.journal.departures.values(),
            key=lambda each: (each.operation, each.place, each.expected, each.found),
        )
        return evolve(
            self.asked,
            outcomes={
                operation: {each: held[each] for each in sorted(held, key=version_key)}
                for operation, held in sorted(self.journal.outcomes.items())
            },
            departures=tuple(departures),
            left=tuple(self.journal.left),
        )


def survey(
    targets: Sequence[Target],
    versions: Sequence[str] | None = None,
    busybox: bytes | None = None,
) -> Report:
    """Query engines, at versions that both sides speak, and report their departures.

    Args:
        targets: The engines.
        versions: The versions to use; defaults to the newest that both sides speak.
        busybox: A file system as a tar archive, to make objects from; by default nothing is made.

    Raises:
        ValueError: A version or a host is malformed.
        UnsupportedVersion: This installation has no client for a version, or an engine speaks none
            of them.
        ConnectionFailed: An engine can't be reached.
        KeyboardInterrupt: The survey was interrupted; what it made is removed.
    """
    for version in versions or ():
        find_version(version)
    rounds = _named([_met(target, versions) for target in targets])
    with ThreadPoolExecutor(len(rounds)) as pool:
        futures = [pool.submit(_ask, each, busybox) for each in rounds]
        try:
            for future in futures:
                future.result()
        except BaseException:
            for each in rounds:
                each.journal.stopped = True
            raise
    return Report(tuple(each.result() for each in rounds), write=busybox is not None)


def _met(target: Target, versions: Sequence[str] | None) -> _Round:
    with moorage.connect(host=target.host, timeout=_TIMEOUT) as engine:
        about = engine.request("GET", "/version").json()
        lowest, highest = about.get("MinAPIVersion", _OLDEST), about["ApiVersion"]
        common = [
            each
            for each in bundled_versions()
            if version_key(lowest) <= version_key(each) <= version_key(highest)
        ]
        wanted = common[-1:] if versions is None else [each for each in common if each in versions]
    if not wanted:
        raise UnsupportedVersion(
            f"the engine at {target.name or target.host or 'the default host'} speaks API {lowest} "
            f"to {highest}, of which none was asked for; moorage has {span(bundled_versions())}"
        )
    parts = about.get("Components") or [{}]
    kind = "Podman" if "Podman" in str(parts[0].get("Name")) else "Docker"
    release = str(about["Version"])
    name = target.name or f"{kind} {'.'.join(release.split('+')[0].split('.')[:2])}"
    return _Round(Asked(name, release, lowest, highest, tuple(wanted), {}, ()), target)


def _named(rounds: list[_Round]) -> list[_Round]:
    """Give each engine a name of its own."""
    names: list[str] = []
    for each in rounds:
        name, count = each.asked.name, 1
        while name in names:
            count += 1
            name = f"{each.asked.name} ({count})"
        names.append(name)
    pairs = zip(rounds, names, strict=True)
    return [evolve(each, asked=evolve(each.asked, name=name)) for each, name in pairs]


def _ask(each: _Round, busybox: bytes | None) -> None:
    """Query an engine in one version after the other, so that they don't interfere."""
    more: list[Callable[[Own], None]] = []
    with ExitStack() as stack:
        if busybox is not None and each.target.private:
            engine = stack.enter_context(each.engine(each.asked.versions[-1]))
            stack.enter_context(swarm.one_node(Driver(engine, each.journal)))
            more = [swarm.play]
        for version in each.asked.versions:
            with each.engine(version) as engine:
                driver = Driver(engine, each.journal)
                if busybox is None:
                    read(driver)
                else:
                    play(driver, busybox, *more)
