"""The programs to check: their files, and findings without types."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import frozen

from moorage.check.report import CheckFailed, Mistake, Note

__all__ = ["Program", "find_programs", "runs"]

_SKIPPED = {"__pycache__", "node_modules", "site-packages"}
_CONNECT = {"connect", "connect_async"}
_PINNED = re.compile(r"moorage_api\.v(\d+)_(\d+)\b")


@frozen
class Program:
    """A file of Python."""

    file: Path
    module: str
    """The name to import it by, below its base."""
    base: Path
    """The folder of its outermost package."""
    broken: Mistake | None
    """The error in its syntax, if any."""
    notes: tuple[Note, ...]


def find_programs(paths: Iterable[Path]) -> list[Program]:
    """Read the files, and all `.py` files in the folders.

    Raises:
        CheckFailed: A path does not exist, has no Python in it, or can't be read.
    """
    try:
        # Not resolved: a link may give a package another name.
        whole = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100
        files = [file for path in whole for file in _files(path)]
        return [_read(file) for file in dict.fromkeys(files)]
    except OSError as error:
        raise CheckFailed(f"{error.filename}: {error.strerror}") from None


def runs(programs: Iterable[Program]) -> list[list[Program]]:
    """Divide programs so that no two in a part are the same module, as mypy requires."""
    bases: dict[Path, list[Program]] = {}
    for each in programs:
        bases.setdefault(each.base, []).append(each)
    parts: list[dict[str, Program]] = []
    for together in bases.values():  # they may import each other
        modules = {each.module: each for each in together}
        for part in parts:
            if part.keys().isdisjoint(modules):
                part.update(modules)
                break
        else:
            parts.append(modules)
    return [[*part.values()] for part in parts]


def _files(path: Path) -> Sequence[Path]:
    if not path.exists():
        raise CheckFailed(f"there is no {path}")
    if not path.is_dir():
        return [path]
    if files := sorted(_walk(path)):
        return files
    raise CheckFailed(f"there is no Python file in {path}")


def _walk(top: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise error

    for name, folders, files in os.walk(top, onerror=refuse):
        folder = Path(name)
        folders[:] = [
            each
            for each in folders
            if not each.startswith(".")
            and each not in _SKIPPED
            and not (folder / each / "pyvenv.cfg").exists()
        ]
        yield from (folder / each for each in files if each.endswith(".py"))


def _read(file: Path) -> Program:
    names = [] if file.stem == "__init__" else [file.stem]
    base = file.parent
    while (base / "__init__.py").exists() and base != base.parent:
        names.insert(0, base.name)
        base = base.parent
    broken: Mistake | None = None
    notes: list[Note] = []
    try:
        notes = [*_notes(file, ast.parse(file.read_bytes()))]
    except (SyntaxError, ValueError) as error:
        line, column = getattr(error, "lineno", None) or 1, getattr(error, "offset", None) or 1
        broken = Mistake(file, line, column, "syntax", getattr(error, "msg", str(error)))
    return Program(file, ".".join(names), base, broken, tuple(notes))


def _notes(file: Path, tree: ast.Module) -> Iterator[Note]:
    """Find the places where the program chooses a version itself."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(module), level=0):
                names = [f"{module}.{each.name}" for each in node.names]
                yield from _pins(file, node.lineno, names)
            case ast.Import():
                yield from _pins(file, node.lineno, [each.name for each in node.names])
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)) if name in _CONNECT:
                yield from _choices(file, node.keywords)


def _pins(file: Path, line: int, names: Iterable[str]) -> Iterator[Note]:
    versions = {f"{pin[1]}.{pin[2]}" for name in names if (pin := _PINNED.match(name))}
    for version in sorted(versions):
        yield Note(file, line, f"pinned to API {version}: checked as that version alone")


def _choices(file: Path, keywords: Iterable[ast.keyword]) -> Iterator[Note]:
    for each in keywords:
        match each:
            case ast.keyword(arg="version", value=ast.Constant(value=str(version))):
                text = f"API {version} is chosen when it runs: checked as if it were negotiated"
                yield Note(file, each.lineno, text)
