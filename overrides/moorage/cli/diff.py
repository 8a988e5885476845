"""`moorage diff`: what changed between two API versions."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from moorage.cli.status import DONE, FAILED, FOUND
from moorage.cli.terminal import coloured, complain
from moorage.diff import between
from moorage.diff.data import diff_data
from moorage.diff.page import page
from moorage.diff.text import diff_text
from moorage.errors import UnsupportedVersion

__all__ = ["add"]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "diff",
        help="show what changed between two API versions",
        description="Show the changes between two API versions, by their specifications, operation "
        "by operation, breaking ones first. Status 1 means that there are breaking ones.",
    )
    verb.add_argument("before", metavar="OLD", help="the API version of the caller (1.41)")
    verb.add_argument("after", metavar="NEW", help="the one to compare it with (1.44)")
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print JSON")
    form.add_argument("--html", type=Path, metavar="FILE", help="write a page instead of printing")
    verb.add_argument(
        "--wire", action="store_true", help="name parameters and fields as in the JSON"
    )
    verb.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    before, after = given.before, given.after
    try:
        operations = between(before, after)
        if given.html:
            given.html.write_text(
                page(before, after, operations, wire=given.wire), encoding="utf-8"
            )
    except (ValueError, UnsupportedVersion) as error:
        complain("diff", error)
        return FAILED
    except OSError as error:
        complain("diff", f"cannot write {given.html}: {error.strerror}")
        return FAILED
    if given.json:
        print(json.dumps(diff_data(before, after, operations), indent=2))
    elif not given.html:
        colour = coloured(sys.stdout)
        print(diff_text(before, after, operations, colour=colour, wire=given.wire))
    return FOUND if any(each.impact == "breaking" for each in operations) else DONE
