"""The command `moorage`: each verb is a module here, with its arguments and its function."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import moorage
from moorage.cli.completion import SHELLS, Completion
from moorage.cli.status import CLOSED_PIPE, FAILED, INTERRUPTED, STATUSES

__all__ = ["main"]

_VERBS = ("check", "conformance", "diff", "hello", "history", "top", "vendor", "versions")


class _Version(argparse.Action):
    """Prints the installed version, looked up on demand."""

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print it and end."""
        print(f"moorage {moorage.__version__}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the verb that the arguments name, those of the command line by default.

    Returns:
        The exit status, one of `moorage.cli.status`.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        # File names, and messages of engines, need not be valid text.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            return _run(arguments)
        finally:
            print(end="", flush=True)  # a closed pipe raises here
    except BrokenPipeError:
        _drop_output()
        return CLOSED_PIPE
    except OSError as error:
        if error.filename is not None:
            raise
        _drop_output()
        print(f"moorage: cannot write the output: {error.strerror or error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def _drop_output() -> None:
    # Python flushes stdout once more at its exit, and would print an error.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _run(arguments: Sequence[str] | None) -> int:
    parser = argparse.ArgumentParser(
        prog="moorage", description="The Docker Engine API, version by version.", epilog=STATUSES
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print moorage's version")
    parser.add_argument(
        "--completion",
        action=Completion,
        choices=SHELLS,
        help="print a script that completes verbs and options in a shell, and files",
    )
    verbs = parser.add_subparsers(metavar="VERB", required=True, parser_class=_VerbParser)
    for name in _VERBS:
        import_module(f"moorage.cli.{name}").add(verbs)
    for verb in verbs.choices.values():
        verb.epilog = STATUSES
    parsed = parser.parse_args(arguments)
    status: int = parsed.run(parsed)
    return status


class _VerbParser(argparse.ArgumentParser):
    """Accepts options between arguments too: `vendor 1.44 --only containers src/x`."""

    _mixes = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._mixes:  # argparse calls this again for each of its two passes
            return super().parse_known_args(args, namespace)
        self._mixes = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixes = False
