"""Fetch the pinned specs into the cache, from the first source with the pinned bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from generator.errors import InterruptedBuildError
from generator.fetch.cache import holds, sha256, store
from generator.fetch.debian import Debian
from generator.fetch.mirror import VARIABLE as MIRROR_VARIABLE
from generator.fetch.mirror import Mirror
from generator.fetch.source import Source
from generator.fetch.upstream import Upstream
from generator.versions import Pin, spec_name, version_key

__all__ = ["Fetched", "fetch"]


@dataclass
class Fetched:
    """The result of `fetch`."""

    files: dict[str, Path] = field(default_factory=dict)
    """The specs found, by version, all with the pinned hash."""
    skipped: dict[str, str] = field(default_factory=dict)
    """A line for each version without a source: the reason, and what to do."""
    sources: dict[str, str] = field(default_factory=dict)
    """The source of each version that was not in the cache."""
    refused: list[str] = field(default_factory=list)
    """A line for each file with a wrong hash that another source replaced."""


def fetch(pins: Mapping[str, Pin], cache: Path, *, console: Console | None = None) -> Fetched:
    """Fetch the specs of `pins` missing in the cache, with progress on `console`.

    The sources are the folder that MOORAGE_SPEC_MIRROR names, the upstream repository and
    Debian's source package, in this order.

    Raises:
        BuildError: The cache cannot be written.
        InterruptedBuildError: The user pressed Ctrl-C; specs fetched before stay in the cache.
    """
    work = _Work(cache, dict(pins))
    if not work.missing:
        return work.done()
    console = console or Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns,
        TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as progress:
        task = progress.add_task("", total=len(work.missing))
        sources: tuple[Source, ...] = (Mirror(), Upstream(), Debian())
        for source in sources:
            if work.missing:
                progress.update(task, description=source.name)
                work.read(source, lambda: progress.advance(task))
    return work.done()


class _Work:
    """The versions still missing, and the failures of each source."""

    def __init__(self, cache: Path, pins: dict[str, Pin]) -> None:
        self.cache = cache
        self.pins = pins
        self.fetched = Fetched()
        self.failures: dict[str, list[str]] = {}
        self.refusals: dict[str, list[str]] = {}
        self.missing: dict[str, Pin] = {}
        for version, pin in pins.items():
            file = cache / spec_name(version)
            if holds(cache, pin):
                self.fetched.files[version] = file
                continue
            self.missing[version] = pin
            if file.exists():
                self._refuse(version, f"{file} is damaged")

    def read(self, source: Source, advance: Callable[[], None]) -> None:
        """Try one source for all missing versions."""

        def deliver(pin: Pin, data: bytes) -> None:
            found = sha256(data)
            if found != pin.sha256:
                reason = f"refused, sha256 is {found[:12]}… and not {pin.sha256[:12]}…"
                self._refuse(pin.version, f"{source.name}: {reason}")
                return
            self.fetched.files[pin.version] = store(self.cache, pin, data, source.name)
            self.fetched.sources[pin.version] = source.name
            del self.missing[pin.version]
            advance()

        def fail(pin: Pin, reason: str) -> None:
            self.failures.setdefault(pin.version, []).append(f"{source.name}: {reason}")

        try:
            source.read(tuple(self.missing.values()), deliver, fail)
        except KeyboardInterrupt:
            left = next((f"v{version}" for version in self.missing), "nothing")
            if len(self.missing) > 1:
                left += f" and {len(self.missing) - 1} more"
            raise InterruptedBuildError(
                f"interrupted with {left} left to fetch, at {source.name}:"
                " run the same command again; fetched specs are kept"
            ) from None

    def _refuse(self, version: str, reason: str) -> None:
        self.failures.setdefault(version, []).append(reason)
        self.refusals.setdefault(version, []).append(reason)

    def done(self) -> Fetched:
        """Return the outcome, in the order of the pins."""
        fetched = self.fetched
        fetched.files = {v: fetched.files[v] for v in sorted(fetched.files, key=version_key)}
        for version in self.missing:
            reasons = "; ".join(self.failures[version])
            fetched.skipped[version] = (
                f"v{version} cannot be fetched: {reasons}:"
                f" set {MIRROR_VARIABLE} to a folder that holds {spec_name(version)}"
            )
        for version in fetched.sources:
            for line in self.refusals.get(version, ()):
                instead = fetched.sources[version]
                fetched.refused.append(f"v{version}: {line}; taken from {instead} instead")
        return fetched
