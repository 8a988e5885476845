"""Scripts that complete the command's verbs and options in a shell."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from moorage.cli.status import FAILED

__all__ = ["SHELLS", "Completion"]

SHELLS = ("bash", "zsh", "tcsh")


class Completion(argparse.Action):
    """Prints the script for a shell, and ends."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002
        values: Any,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Print it."""
        try:
            import shtab
        except ImportError:
            print(
                "moorage: --completion takes shtab: pip install 'moorage[completion]'",
                file=sys.stderr,
            )
            parser.exit(FAILED)
        _name_files(parser, shtab.FILE)
        print(shtab.complete(parser, values))
        parser.exit()


def _name_files(parser: argparse.ArgumentParser, mark: Any) -> None:
    for action in parser._actions:
        if action.type is Path:
            action.complete = mark  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for verb in action.choices.values():
                _name_files(verb, mark)
