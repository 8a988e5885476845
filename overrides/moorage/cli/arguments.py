"""Arguments that several verbs of the command take."""

from __future__ import annotations

import argparse

__all__ = ["add_host"]


def add_host(verb: argparse.ArgumentParser) -> None:
    """Let a verb take the engine that it speaks to."""
    verb.add_argument(
        "--host", metavar="URL", help="the engine; by default it is found as by the docker CLI"
    )
