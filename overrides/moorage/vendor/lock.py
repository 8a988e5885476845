"""The lock file of a copy: its sources, its options, and each file's hash."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from attrs import frozen

from moorage.vendor.errors import VendorError

__all__ = ["LOCK", "Lock", "Options", "digest", "read_lock"]

LOCK = "moorage.lock.toml"
# They detect edits; an attacker who could forge one could also write the lock.
_DIGITS = 16


@frozen
class Options:
    """The options of a copy."""

    version: str
    """The API version, e.g. "1.44"."""
    only: tuple[str, ...] = ()
    """The namespaces that it is trimmed to; empty means all."""
    types_only: bool = False
    """Whether it has only the models."""
    verbs: tuple[str, ...] = ()
    """The verbs of its engines."""


@frozen
class Lock:
    """The content of the lock file."""

    moorage: str
    """The version of moorage that made the copy."""
    spec_sha256: str
    """The hash of the specification that the API version was generated from."""
    options: Options
    files: Mapping[str, str]
    """The hash of each file except the lock, by its path in the copy."""

    def text(self) -> str:
        """Write the file."""
        lines = [
            "# Written by `moorage vendor`: `moorage vendor --check` and `--update` use it.",
            f"moorage = {json.dumps(self.moorage)}",
            f"api = {json.dumps(self.options.version)}",
            f"spec_sha256 = {json.dumps(self.spec_sha256)}",
            f"only = {json.dumps(list(self.options.only))}",
            f"types_only = {json.dumps(self.options.types_only)}",
            f"verbs = {json.dumps(list(self.options.verbs))}",
            "",
            "[files]",
            *(
                f"{json.dumps(name)} = {json.dumps(each)}"
                for name, each in sorted(self.files.items())
            ),
        ]
        return "\n".join(lines) + "\n"


def digest(data: bytes) -> str:
    """Return the first digits of the SHA-256 of a file's bytes."""
    return sha256(data).hexdigest()[:_DIGITS]


def read_lock(folder: Path) -> Lock:
    """Read a copy's lock.

    Raises:
        VendorError: It is missing or malformed.
    """
    file = folder / LOCK
    try:
        data = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise VendorError(
            f"{folder} is not a copy by `moorage vendor`: cannot read {file}: {error.strerror}"
        ) from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise VendorError(f"{file} is not TOML: {error}; restore it") from None
    try:
        return Lock(
            _of(str, data, "moorage"),
            _of(str, data, "spec_sha256"),
            Options(
                _of(str, data, "api"),
                tuple(_of(list, data, "only")),
                _of(bool, data, "types_only"),
                tuple(_of(list, data, "verbs")) if "verbs" in data else (),
            ),
            _of(dict, data, "files"),
        )
    except (KeyError, TypeError) as error:
        raise VendorError(f"{file} is not as it was written: {error}; restore it") from None


def _of(type_: type, data: Mapping[str, Any], key: str) -> Any:
    value = data[key]
    if not isinstance(value, type_):
        raise TypeError(f"{key} is {value!r:.80}")
    inside = value.values() if isinstance(value, dict) else value
    if isinstance(inside, Iterable) and not all(isinstance(each, str) for each in inside):
        raise TypeError(f"{key} has more than strings")
    return value
