"""Reads what the options name: hosts, releases and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable

import moorage
from moorage.host import parse_host
from moorage.private.releases import RELEASES
from moorage.versions import span, version_key
from moorage_pytest.target import NEGOTIATED, TestedHost

__all__ = ["read_hosts", "read_versions"]

DEFAULT = "default"
_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<url>.*)", re.DOTALL)


def read_versions(given: Iterable[str]) -> list[str]:
    """Read `--engine-api`: versions, "newest" being the newest that is bundled.

    Raises:
        ValueError: one is malformed, or not bundled.
    """
    found = []
    for each in _parts(given):
        version = moorage.VERSIONS[-1] if each == "newest" else each
        if version != NEGOTIATED:
            try:
                version_key(version)
            except ValueError:
                raise ValueError(
                    f'--engine-api: {each[:40]!r} is not an API version: write it like "1.44", or '
                    f"newest or negotiated; moorage has {span(moorage.VERSIONS)}"
                ) from None
            if version not in moorage.VERSIONS:
                raise ValueError(
                    f"--engine-api: moorage has no client for API {version}; it has "
                    f"{span(moorage.VERSIONS)}"
                )
        found.append(version)
    return list(dict.fromkeys(found)) or [NEGOTIATED]


def read_hosts(given: Iterable[str], releases: Iterable[str]) -> list[TestedHost]:
    """Read `--engine-host` and `--engine-private`; without either, moorage finds the engine.

    Raises:
        ValueError: a host is malformed, a release is unknown, or two have the same name.
    """
    hosts = [_read_host(each) for each in given]
    for release in dict.fromkeys(_parts(releases)):
        if release not in RELEASES:
            raise ValueError(
                f"--engine-private: {release[:40]!r} can't be started, but {', '.join(RELEASES)}"
            )
        hosts.append(TestedHost(release, release=release))
    names = [each.name for each in hosts]
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise ValueError(f"two engines are named {twice!r}: give one another name, NAME=HOST")
    return hosts or [TestedHost(DEFAULT)]


def _read_host(given: str) -> TestedHost:
    named = _NAMED.fullmatch(given)
    try:
        host = parse_host(named["url"] if named else given)
    except ValueError as error:
        raise ValueError(f"--engine-host: {error}") from None
    # A test's name has it, so that it has no credentials, nor what a shell would not leave alone.
    name = named["name"] if named else re.sub(r"[^\w.:]+", "-", host.name.partition("://")[2])
    return TestedHost(name.strip("-"), url=named["url"] if named else given)


def _parts(given: Iterable[str]) -> list[str]:
    return [part.strip() for each in given for part in each.split(",") if part.strip()]
