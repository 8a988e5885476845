"""Add a version to `versions.toml`, and its spec to the cache."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

from generator.errors import BuildError, InterruptedBuildError
from generator.fetch.cache import holds, sha256, store, write_whole
from generator.fetch.upstream import base_url, download
from generator.versions import (
    RELEASE,
    REQUIRED,
    Pin,
    load_pins,
    rendered,
    spec_name,
    version_key,
)
from moorage.versions.releases import PROSE

__all__ = ["pin_version"]

FIRST = (1, 25)
"""The first version with a specification."""

FOLDERS = ("docs/api", "api/docs")
"""The folders of specs in the upstream repository; each commit has one of them."""

REF = r"(?:refs/(?:tags|heads)/)?(?P<ref>[^/]+)/(?P<path>.+)"
"""The part of a raw file's URL after the repository."""

GITHUB_PAGE = re.compile(r"https://github\.com/moby/moby/(?:blob|raw)/(.+)")


def pin_version(
    version: str,
    url: str,
    commit: str,
    *,
    path: str | None = None,
    engine: str | None = None,
    file: Path,
    cache: Path,
) -> Pin:
    """Pin `version` to the spec at `url`, a URL or a file, and keep the spec in the cache.

    A spec of the upstream repository is read at `commit`, whatever branch or tag the URL names. For
    another place, the URL is pinned too. For a file, `path` is its path upstream. `engine` is the
    first release of the engine that speaks the version.

    Raises:
        BuildError: The version has no spec, or this one is another's or cannot be obtained, the
            commit, the path or the release is not one, the version is pinned to another spec
            already, or a file cannot be written.
    """
    if version_key(version) < FIRST:
        raise BuildError(
            f"version {version} has no machine-readable specification, as none before 1.25 has:"
            f" its documentation is at {PROSE}"
        )
    if engine is not None and not RELEASE.fullmatch(engine):
        raise BuildError(f"{engine!r} is not a release of the engine, such as 29.6")
    if not REQUIRED["commit"].fullmatch(commit):
        raise BuildError(f"commit {commit!r} is not one: it takes all 40 hex digits, in lower case")
    pins = load_pins(file)
    source, data, pin = _spec(version, url, commit, path)
    if not REQUIRED["path"].fullmatch(pin.path):
        raise BuildError(f"{pin.path!r} is not the path of a file in a repository")
    _check_version(version, data, source)
    former = pins.get(version)
    pin = replace(pin, engine=engine or (former.engine if former else None))
    if former and replace(former, engine=pin.engine) != pin:
        raise BuildError(
            f"version {version} is pinned already, to another spec or commit:"
            f" to change that, remove its entry from {file} first"
        )
    if not holds(cache, pin):
        store(cache, pin, data, source)
    if former != pin:
        _write(file, pins | {version: pin})
    return pin


def _spec(version: str, url: str, commit: str, path: str | None) -> tuple[str, bytes, Pin]:
    """Return the source of the spec, the spec, and its pin."""
    default = path or f"api/docs/{spec_name(version)}"
    if "://" not in url:
        try:
            data = Path(url).read_bytes()
        except OSError as error:
            raise BuildError(f"v{version}: cannot read {url}: {error.strerror}") from error
        return url, data, Pin(version, commit, default, sha256(data))
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise BuildError(f"v{version}: {parts.scheme} is not a kind of URL that can be fetched")
    if parts.username is not None:
        raise BuildError(f"v{version}: the URL holds a user name, which would be written to a file")
    upstream = _path_upstream(url, commit)
    source = f"{base_url()}/{commit}/{upstream}" if upstream else url
    try:
        if upstream:
            upstream, data = _at_commit(commit, upstream)
            source = f"{base_url()}/{commit}/{upstream}"
        else:
            data = download(url)
    except OSError as error:
        raise BuildError(
            f"v{version}: {source}: {error}: check the address and the network,"
            " or name a file with --url"
        ) from error
    except KeyboardInterrupt:
        raise InterruptedBuildError(
            f"v{version}: interrupted at {source}: run the same command again"
        ) from None
    own = None if upstream else url
    return source, data, Pin(version, commit, upstream or default, sha256(data), own)


def _at_commit(commit: str, path: str) -> tuple[str, bytes]:
    """Download a file of the upstream repository, from the folder that has it at a commit.

    Raises:
        OSError: It cannot be obtained; the message is that of the requested path.
    """
    try:
        return path, download(f"{base_url()}/{commit}/{path}")
    except ConnectionError:
        raise
    except OSError:
        for folder in FOLDERS:
            other = f"{folder}/{path.rpartition('/')[2]}"
            if path.rpartition("/")[0] in FOLDERS and other != path:
                with suppress(OSError):
                    return other, download(f"{base_url()}/{commit}/{other}")
        raise


def _path_upstream(url: str, commit: str) -> str | None:
    """Return the path of `url` in the upstream repository, if it points there."""
    page = GITHUB_PAGE.fullmatch(url)
    base = f"{base_url()}/"
    if not page and not url.startswith(base):
        return None
    named = re.fullmatch(REF, page[1] if page else url.removeprefix(base))
    if not named:
        raise BuildError(f"{url} is not the address of a file")
    ref = named["ref"]
    if REQUIRED["commit"].fullmatch(ref) and ref != commit:
        raise BuildError(f"{url} is of commit {ref}, not of {commit}")
    return unquote(named["path"])


def _check_version(version: str, data: bytes, source: str) -> None:
    """Check that the spec is the one of `version`."""
    try:
        spec = yaml.load(data, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except (yaml.YAMLError, ValueError):
        raise BuildError(f"v{version}: {source} is not a spec: it is not YAML") from None
    info = spec.get("info") if isinstance(spec, dict) else None
    if not isinstance(info, dict) or spec.get("swagger") != "2.0":
        raise BuildError(f"v{version}: {source} is not a Swagger 2.0 spec")
    named = {"info.version": (info.get("version"), version)}
    named["basePath"] = (spec.get("basePath"), f"/v{version}")
    for key, (found, expected) in named.items():
        if found != expected:
            raise BuildError(f"v{version}: {source} has {key} {found!r} and not {expected!r}")


def _write(file: Path, pins: dict[str, Pin]) -> None:
    """Rewrite the entries, after the file's leading comment."""
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    first = next((n for n, line in enumerate(lines) if line.startswith("[")), len(lines))
    try:
        write_whole(file, ("".join(lines[:first]) + rendered(pins)).encode())
    except OSError as error:
        raise BuildError(f"cannot write {file}: {error.strerror}") from error
