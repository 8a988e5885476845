"""`moorage versions`: API versions, the engine's releases, and the versions this engine accepts."""

from __future__ import annotations

import argparse
import json
from contextlib import closing
from typing import Any

import moorage
from moorage.arguments import as_is
from moorage.cli.arguments import add_host
from moorage.cli.status import DONE, FAILED
from moorage.cli.terminal import complain, say
from moorage.host import find_host
from moorage.printable import one_line
from moorage.request import Request
from moorage.transport.sync import Transport
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from moorage.versions.releases import ARCHIVED, PROSE, oldest_accepted
from moorage_api.engines import ENGINES

__all__ = ["add"]

_SECONDS = 10.0


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "versions",
        help="list the API versions, and which of them the engine accepts",
        description="List the API versions: the release of the engine that brought each, the "
        "oldest version that this release accepts by default, whether a client is bundled, and "
        "whether the engine of --host, DOCKER_HOST, a context or a socket accepts it. The exit "
        "status is 2 if the engine of --host can't be reached.",
    )
    add_host(verb)
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    try:
        engine: dict[str, str] | None = _asked(given.host)
    except (moorage.EngineError, ValueError) as error:
        engine = None
        complain("versions", error)
        if given.host is not None:
            return FAILED
    rows = [_row(each, engine) for each in sorted({*ENGINES, *bundled_versions()}, key=version_key)]
    if given.json:
        archived = {"api": ARCHIVED, "documentation": PROSE}
        print(json.dumps({"engine": engine, "versions": rows, "archived": archived}, indent=2))
        return DONE
    if engine is not None:
        about = f"engine {one_line(engine['release'])} at {engine['host']}"
        say(f"{about}: API {engine['min']} to {engine['max']}")
    head = f"{'API':<6}{'engine':<10}{'accepts':<9}{'bundled':<9}{'accepted' if engine else ''}"
    print(head.rstrip())
    for row in rows:
        accepted = "" if row["accepted"] is None else _mark(row["accepted"])
        release = row["release"] or "-"
        oldest = f"{row['oldest_accepted']}+" if row["oldest_accepted"] else "-"
        bundled = _mark(row["bundled"])
        print(f"{row['api']:<6}{release:<10}{oldest:<9}{bundled:<9}{accepted}".rstrip())
    print(f"\nAPI {ARCHIVED} have no machine-readable specification, and no client: {PROSE}")
    return DONE


def _asked(host: str | None) -> dict[str, str]:
    """Ask the engine which versions it accepts, by a request without a version."""
    found = find_host(host)
    question = Request("SystemVersion", "GET", "/version", as_is)
    with closing(Transport(found, timeout=_SECONDS)) as transport:
        about = transport.good(question).json()
    try:
        oldest, newest = str(about["MinAPIVersion"]), str(about["ApiVersion"])
        version_key(oldest), version_key(newest)
    except (LookupError, TypeError, ValueError):
        raise moorage.InvalidAnswer(
            f"{found}: the host does not report its API versions, as an engine does"
        ) from None
    return {"host": found.name, "release": str(about.get("Version")), "min": oldest, "max": newest}


def _row(version: str, engine: dict[str, str] | None) -> dict[str, Any]:
    accepted = None
    if engine is not None:
        accepted = version_key(engine["min"]) <= version_key(version) <= version_key(engine["max"])
    release = ENGINES.get(version)
    return {
        "api": version,
        "release": release,
        "oldest_accepted": oldest_accepted(release) if release else None,
        "bundled": version in bundled_versions(),
        "accepted": accepted,
    }


def _mark(value: bool) -> str:
    return "yes" if value else "no"
