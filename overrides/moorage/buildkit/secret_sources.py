"""Sources of a build's secrets and ssh agents; no repr shows a secret."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, TypeAlias

from attrs import field, frozen

__all__ = ["EnvVar", "SecretSource", "SecretValue", "SshSource", "read_secrets"]


@frozen
class EnvVar:
    """An environment variable of this program, whose value is a secret of a build."""

    name: str


SecretSource: TypeAlias = bytes | os.PathLike[str] | EnvVar
"""A secret itself, the path of a file that holds it, or a variable of the environment."""

SshSource: TypeAlias = Literal[True] | str | os.PathLike[str]
"""True for the agent of SSH_AUTH_SOCK; the socket of an agent; or the file of a private key."""


@frozen
class SecretValue:
    """A secret's value."""

    value: bytes = field(repr=False)


def read_secrets(sources: Mapping[str, SecretSource] | None) -> dict[str, SecretValue]:
    """Read the secrets of a build.

    Args:
        sources: The sources by the Dockerfile's IDs.

    Raises:
        OSError: A file can't be read.
        ValueError: The environment has no such variable, or an ID is empty.
        TypeError: One is of another type, such as a str, which could be a path or a secret.
    """
    found = {}
    for name, source in (sources or {}).items():
        if not isinstance(name, str):
            raise TypeError(f"the ID of a secret is a str, not {type(name).__name__}")
        if not name:
            raise ValueError("the ID of a secret is empty")
        found[name] = _read(name, source)
    return found


def _read(name: str, source: SecretSource) -> SecretValue:
    if isinstance(source, bytes):
        return SecretValue(source)
    if isinstance(source, os.PathLike):
        return SecretValue(Path(source).read_bytes())
    if isinstance(source, EnvVar):
        if source.name not in os.environ:
            raise ValueError(f"the secret {name!r}: the environment has no {source.name}")
        return SecretValue(os.environ[source.name].encode(errors="surrogateescape"))
    raise TypeError(
        f"the secret {name!r} is bytes, a Path or a moorage.EnvVar, not {type(source).__name__}"
    )
