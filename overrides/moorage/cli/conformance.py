"""`moorage conformance`: engines compared with their specifications, in several formats."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

from moorage.cli.signals import interruptible
from moorage.cli.status import DONE, FAILED, FOUND, INTERRUPTED
from moorage.cli.terminal import complain

__all__ = ["add"]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "conformance",
        help="show where engines depart from the specifications of their API versions",
        description="Query engines, in one API version after the other, and compare their "
        "responses with the published specification. Nothing is changed unless --write is given. "
        "No text of a response is reported, since it may be secret.",
    )
    verb.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="[NAME=]HOST",
        help="an engine; repeatable. Defaults, without --private, to the docker CLI's",
    )
    verb.add_argument(
        "--private",
        type=lambda text: text.split(","),
        default=[],
        metavar="RELEASE,…",
        help="start engines for this run, from Debian's packages: 20.10, 26.1, 28.5, podman (4.3), "
        "podman-5.4",
    )
    verb.add_argument(
        "--api",
        metavar="X.Y,…|all",
        help="the API versions to use; defaults to the newest that the engine and moorage speak",
    )
    verb.add_argument(
        "--write",
        action="store_true",
        help="make containers, images, networks and volumes to query, and remove them; "
        "a private engine becomes a swarm too",
    )
    verb.add_argument("--json", action="store_true", help="report as JSON")
    verb.add_argument("--html", type=Path, metavar="FILE", help="write the report as a page, too")
    verb.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Query the engines of the arguments, and report."""
    # Imported here because the other verbs do not need it.
    from moorage.conformance import terminal
    from moorage.conformance.page import page
    from moorage.conformance.survey import Target, survey
    from moorage.errors import EngineError
    from moorage.private import PrivateEngineError, busybox, busybox_tar, private_release
    from moorage.versions.bundled import bundled_versions

    versions = given.api and (bundled_versions() if given.api == "all" else given.api.split(","))
    try:
        with ExitStack() as stack:
            interruptible(stack)
            targets = [Target.named(each) for each in given.host]
            for release in given.private:
                engine = stack.enter_context(private_release(release))
                targets.append(Target(engine.host, private=True))
            image = busybox_tar(busybox()) if given.write else None
            report = survey(targets or [Target()], versions, image)
        if given.html:
            given.html.write_text(page(report), encoding="utf-8", errors="backslashreplace")
    except KeyboardInterrupt:
        complain("conformance", "interrupted; removed what was made")
        return INTERRUPTED
    except (EngineError, PrivateEngineError, ValueError) as error:
        complain("conformance", error)
        return FAILED
    except OSError as error:
        complain("conformance", f"cannot write {error.filename}: {error.strerror}")
        return FAILED
    sys.stdout.write(report.to_json() if given.json else terminal.text(report))
    for asked in report.engines:
        for left in asked.left:
            complain("conformance", f"{asked.name}: could not remove {left}")
    return FOUND if report.departs else DONE
