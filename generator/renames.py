"""Read the better names of types that overrides/names.yaml gives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from generator.errors import BuildError
from generator.load import read_yaml
from generator.names import class_name
from generator.versions import ROOT

__all__ = ["FILE", "load_renames"]

FILE = ROOT / "overrides" / "names.yaml"


def load_renames(file: Path = FILE) -> Mapping[str, str]:
    """Return the better name of each renamed type, by its default name.

    Raises:
        BuildError: The file is not a map of names, or a name is not one that a class can have.
    """
    names = read_yaml(file)
    if not isinstance(names, dict):
        raise BuildError(f"{file}: this is not a map of names to better ones")
    for name, better in names.items():
        if not isinstance(name, str) or class_name(name) != name:
            raise BuildError(f"{file}: {name!r} is not a name that a type could have without it")
        if not isinstance(better, str) or class_name(better) != better:
            raise BuildError(f"{file}: {name}: {better!r} is not a name that a class can have")
    return names
