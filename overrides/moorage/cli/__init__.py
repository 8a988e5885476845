"""The command `moorage`: each verb is a module here, with its arguments and what it does."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib import import_module
from typing import Any

__all__ = ["main"]

_VERBS = ("check", "conformance", "diff", "hello", "history", "vendor", "versions")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that the arguments name, those of the command line by default.

    Returns:
        The exit status: 0 for success, 2 for wrong arguments, 130 for Ctrl-C, and what the verb
        says.
    """
    parser = argparse.ArgumentParser(
        prog="moorage", description="The Docker Engine API, version by version."
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=_VerbParser)
    for name in _VERBS:
        import_module(f"moorage.cli.{name}").add(verbs)
    parsed = parser.parse_args(arguments)
    try:
        status: int = parsed.run(parsed)
    except KeyboardInterrupt:
        return 130
    return status


class _VerbParser(argparse.ArgumentParser):
    """Takes options between arguments too: `vendor 1.44 --only containers src/x`."""

    _mixes = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._mixes:  # argparse comes back here for each of its two passes
            return super().parse_known_args(args, namespace)
        self._mixes = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixes = False
