"""The API versions that are pinned in `spec/versions.toml`, and where the project keeps specs."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from generator.errors import BuildError
from moorage.versions import numbers

__all__ = [
    "CACHE",
    "PINS",
    "ROOT",
    "Pin",
    "load_pins",
    "rendered",
    "select",
    "spec_name",
    "version_key",
]

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "spec" / "versions.toml"
CACHE = ROOT / "spec" / "cache"

REQUIRED = {
    "commit": re.compile(r"[0-9a-f]{40}"),
    "path": re.compile(r"(?!\.\.?/)[\w.-]+(/(?!\.\.?(/|$))[\w.-]+)*", re.ASCII),
    "sha256": re.compile(r"[0-9a-f]{64}"),
}
RELEASE = re.compile(r"\d+\.\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Pin:
    """One version's spec: the commit and path it has upstream, and the hash of its bytes.

    `url` is set only where the spec does not come from the upstream repository; `engine` is the
    first release of the engine that speaks the version, where that is known.
    """

    version: str
    commit: str
    path: str
    sha256: str
    url: str | None = None
    engine: str | None = None


def version_key(version: str) -> tuple[int, int]:
    """Return the sort key of a version: 1.9 comes before 1.10.

    Raises:
        BuildError: `version` is malformed.
    """
    try:
        return numbers.version_key(version)
    except ValueError as error:
        raise BuildError(str(error)) from None


def spec_name(version: str) -> str:
    """Return the name of the file that holds a version's spec, in the cache and in a mirror."""
    return f"v{version}.yaml"


def load_pins(file: Path = PINS) -> dict[str, Pin]:
    """Read the pinned versions, in the order of their numbers.

    Raises:
        BuildError: The file cannot be read, or an entry is malformed.
    """
    try:
        entries = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BuildError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise BuildError(f"{file} is not valid TOML: {error}") from error
    return {
        version: _pin(file, version, entries[version])
        for version in sorted(entries, key=version_key)
    }


def select(pins: dict[str, Pin], versions: Iterable[str]) -> dict[str, Pin]:
    """Return the pins of `versions`, or all of them if none is named.

    Raises:
        BuildError: A version is not pinned.
    """
    wanted = sorted(set(versions), key=version_key)
    for version in wanted:
        if version not in pins:
            raise BuildError(
                f"version {version} is not pinned: add it with"
                f" `python -m generator pin {version} --url URL --commit COMMIT`"
            )
    return {version: pins[version] for version in wanted} or pins


def rendered(pins: dict[str, Pin]) -> str:
    """Return `pins` as the entries of a `versions.toml`."""
    blocks = []
    for version in sorted(pins, key=version_key):
        pin = pins[version]
        lines = [
            f'["{version}"]',
            f'commit = "{pin.commit}"',
            f'path = "{pin.path}"',
            f'sha256 = "{pin.sha256}"',
        ]
        if pin.url is not None:
            lines.append(f"url = {json.dumps(pin.url)}")
        if pin.engine is not None:
            lines.append(f'engine = "{pin.engine}"')
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _pin(file: Path, version: str, entry: object) -> Pin:
    where = f'{file}, ["{version}"]'
    if not isinstance(entry, dict):
        raise BuildError(f"{where}: this is not a table")
    unknown = sorted(set(entry) - {*REQUIRED, "url", "engine"})
    if unknown:
        raise BuildError(f"{where}: unknown key {unknown[0]!r}")
    for key, form in REQUIRED.items():
        value = entry.get(key)
        if not isinstance(value, str) or not form.fullmatch(value):
            raise BuildError(f"{where}: {key} is missing or malformed")
    url = entry.get("url")
    if url is not None and not isinstance(url, str):
        raise BuildError(f"{where}: url is not a string")
    engine = entry.get("engine")
    if engine is not None and not (isinstance(engine, str) and RELEASE.fullmatch(engine)):
        raise BuildError(f"{where}: engine is not a release, such as 29.6")
    return Pin(version, entry["commit"], entry["path"], entry["sha256"], url, engine)
