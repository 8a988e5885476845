"""Parse the options: hosts, releases and versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import moorage
from moorage.host import parse_host
from moorage.private.releases import PODMANS, RELEASES, WITH_MIN_API
from moorage.versions.bundled import find_version
from moorage.versions.numbers import VERSION_VARIABLE, span, version_key
from moorage_pytest.target import NEGOTIATED, TestedHost

__all__ = ["read_hosts", "read_recordings", "read_versions"]

DEFAULT = "default"
_NAMED = re.compile(r"(?P<name>[\w.-]+)=(?P<url>.*)", re.DOTALL)


def read_versions(given: Iterable[str]) -> list[str]:
    """Read `--engine-api`: versions, "newest" being the newest that is bundled.

    Raises:
        ValueError: A version is malformed or not bundled; with `negotiated`, that of
            DOCKER_API_VERSION too.
    """
    found = [
        each if each == NEGOTIATED else _version("--engine-api", each, "newest or negotiated")
        for each in _parts(given)
    ]
    versions = list(dict.fromkeys(found)) or [NEGOTIATED]
    if NEGOTIATED in versions:
        try:
            find_version(None)
        except moorage.UnsupportedVersion as error:
            raise ValueError(f"{VERSION_VARIABLE}: {error}") from None
    return versions


def read_hosts(
    given: Iterable[str],
    releases: Iterable[str],
    min_api: str | None = None,
    fakes: Iterable[str] = (),
) -> list[TestedHost]:
    """Read `--engine-host`, `--engine-private`, `--engine-min-api` and `--engine-fake`.

    Without a host or a release, moorage finds the engine.

    Raises:
        ValueError: A host is malformed, a release or a version is unknown or has no such setting,
            or two have the same name.
    """
    hosts = [_read_host(each) for each in given]
    names = list(dict.fromkeys(_parts(releases)))
    for release in names:
        if release not in (*RELEASES, *PODMANS):
            raise ValueError(
                f"--engine-private: {release[:40]!r} can't be started, but "
                f"{', '.join([*RELEASES, *PODMANS])}"
            )
    _check_min_api(min_api, names)
    hosts += [TestedHost(each, release=each, min_api=min_api) for each in names]
    hosts += [TestedHost(f"fake-{each}", fake_version=each) for each in _fake_versions(fakes)]
    names = [each.name for each in hosts]
    if twice := next((each for each in names if names.count(each) > 1), None):
        raise ValueError(f"two engines are named {twice!r}: give one another name, NAME=HOST")
    return hosts or [TestedHost(DEFAULT)]


def read_recordings(folder: str) -> list[TestedHost]:
    """Read `--engine-replay`: each folder in it is a recorded engine.

    Raises:
        ValueError: There is no recording.
    """
    root = Path(folder)
    found = sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []
    if not found:
        raise ValueError(f"--engine-replay: {folder} has no recordings: --engine-record makes them")
    return [TestedHost(each.name, recorded=each) for each in found]


def _fake_versions(given: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(_version("--engine-fake", each, "newest") for each in _parts(given)))


def _version(option: str, given: str, words: str) -> str:
    """Read a version that moorage has a client for; "newest" is the last of them."""
    version = moorage.VERSIONS[-1] if given == "newest" else given
    try:
        version_key(version)
    except ValueError:
        raise ValueError(
            f'{option}: {given[:40]!r} is not an API version: write it like "1.44", or '
            f"{words}; moorage has {span(moorage.VERSIONS)}"
        ) from None
    if version not in moorage.VERSIONS:
        raise ValueError(
            f"{option}: moorage has no client for API {version}; it has {span(moorage.VERSIONS)}"
        )
    return version


def _read_host(given: str) -> TestedHost:
    named = _NAMED.fullmatch(given)
    try:
        host = parse_host(named["url"] if named else given)
    except ValueError as error:
        raise ValueError(f"--engine-host: {error}") from None
    # Part of a test's name: no credentials, nor characters special to a shell.
    name = named["name"] if named else re.sub(r"[^\w.:]+", "-", host.name.partition("://")[2])
    return TestedHost(name.strip("-"), url=named["url"] if named else given)


def _check_min_api(min_api: str | None, releases: Sequence[str]) -> None:
    if min_api is None:
        return
    try:
        version_key(min_api)
    except ValueError:
        raise ValueError(
            f'--engine-min-api: {min_api[:40]!r} is not an API version: write it like "1.44"'
        ) from None
    if not releases:
        raise ValueError("--engine-min-api: no engine is started; name one by --engine-private")
    if fixed := next((each for each in releases if each not in WITH_MIN_API), None):
        raise ValueError(
            f"--engine-min-api: {fixed} has no setting for its oldest API version, but "
            f"{', '.join(WITH_MIN_API)} have"
        )


def _parts(given: Iterable[str]) -> list[str]:
    return [part.strip() for each in given for part in each.split(",") if part.strip()]
