"""`moorage history`: the versions that added or removed each part of an operation."""

from __future__ import annotations

import argparse
import json
import sys

from moorage.cli.status import DONE, FAILED
from moorage.cli.terminal import coloured, complain
from moorage.diff import history
from moorage.diff.data import history_data
from moorage.diff.text import history_text

__all__ = ["add"]


def add(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb to the command line."""
    verb = verbs.add_parser(
        "history",
        help="show when each parameter and field of an operation came and went",
        description="Show the changes of an operation in each API version, by its specification.",
    )
    verb.add_argument("operation", help="as in a client, like containers.create")
    verb.add_argument("--json", action="store_true", help="print JSON")
    verb.add_argument(
        "--wire", action="store_true", help="name parameters and fields as in the JSON"
    )
    verb.set_defaults(run=_run)


def _run(given: argparse.Namespace) -> int:
    name = given.operation
    try:
        revisions = history(name)
    except ValueError as error:
        complain("history", error)
        return FAILED
    if given.json:
        print(json.dumps(history_data(name, revisions), indent=2))
    else:
        print(history_text(name, revisions, colour=coloured(sys.stdout), wire=given.wire))
    return DONE
