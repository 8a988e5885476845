"""Relative imports: a copy works under any name, and at any depth."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable

from moorage.vendor.edits import Edits
from moorage.vendor.errors import VendorError

__all__ = ["relative"]

# Statements and strings that would lead out of the copy.
_LEFT = re.compile(r"""^\s*(?:from|import)\s+moorage|["']moorage(?:_api)?["'.]""")
_HARMLESS = '"User-Agent": "moorage"'


def relative(text: str, home: str, place: Callable[[str], str], *, package: bool) -> str:
    """Rewrite a module's imports of modules that the copy has.

    Args:
        text: The module.
        home: Its place in the copy, e.g. "streams.frames"; "" is the copy itself.
        place: Returns the place in the copy for a module's installed name.
        package: Whether it is a package's `__init__`.

    Raises:
        VendorError: A statement still names an installed module.
    """
    inside = home.split(".") if home else []
    if not package:
        inside.pop()
    edits = Edits(text)
    for node in ast.walk(edits.tree):
        if isinstance(node, ast.ImportFrom) and node.module and _is_ours(node.module):
            edits.replace(node, _from(inside, place(node.module)), old=node.module)
    made = edits.text()
    for number, line in enumerate(made.splitlines(), 1):
        if _LEFT.search(line) and _HARMLESS not in line:
            raise VendorError(
                f"{home or '__init__'}, line {number}, can't be made relative: {line.strip()}; "
                "this is a fault of moorage"
            )
    return made


def _is_ours(module: str) -> bool:
    return module.partition(".")[0] in ("moorage", "moorage_api")


def _from(inside: list[str], target: str) -> str:
    """Write a module's relative name, as seen from a package of the copy."""
    path = target.split(".") if target else []
    common = 0
    # The last part names the imported module, unless it is the package itself.
    while common < min(len(inside), len(path)) and inside[common] == path[common]:
        common += 1
    return "." * (len(inside) - common + 1) + ".".join(path[common:])
