"""A bill of materials: what an installation of moorage consists of, as CycloneDX has it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from importlib.metadata import Distribution
from typing import Any

__all__ = ["bill"]

_REQUIREMENT = re.compile(r"[\w.-]+")


def bill(name: str, installed: Iterable[Distribution], files: Mapping[str, str]) -> dict[str, Any]:
    """Write the bill.

    Args:
        name: The distribution that it is for.
        installed: All distributions of an environment that has that one and what it needs.
        files: The SHA-256 of each file of the release.
    """
    found = {_plain(each.metadata["Name"]): each for each in installed}
    main = found[name]
    needed = _closure(name, found)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(main)},
        "components": [
            *(_component(found[each]) for each in sorted(needed - {name})),
            *(
                {
                    "type": "file",
                    "bom-ref": file,
                    "name": file,
                    "hashes": [{"alg": "SHA-256", "content": digest}],
                }
                for file, digest in sorted(files.items())
            ),
        ],
        "dependencies": [
            {
                "ref": _reference(found[each]),
                "dependsOn": sorted(map(_reference, (found[one] for one in _needs(each, found)))),
            }
            for each in sorted(needed)
        ],
    }


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _reference(distribution: Distribution) -> str:
    return f"pkg:pypi/{_plain(distribution.metadata['Name'])}@{distribution.version}"


def _component(distribution: Distribution) -> dict[str, Any]:
    about: Message = distribution.metadata  # type: ignore[assignment]
    said = about.get("License-Expression") or about.get("License")
    made = {
        "type": "library",
        "bom-ref": _reference(distribution),
        "name": about["Name"],
        "version": distribution.version,
        "purl": _reference(distribution),
    }
    return made | ({"licenses": [{"license": {"name": said}}]} if said else {})


def _needs(name: str, found: Mapping[str, Distribution]) -> set[str]:
    """Name what a distribution needs without extras, as far as it is installed here."""
    needed = set()
    for each in found[name].requires or ():
        requirement = _REQUIREMENT.match(each)
        if requirement and "extra ==" not in each and _plain(requirement[0]) in found:
            needed.add(_plain(requirement[0]))
    return needed


def _closure(name: str, found: Mapping[str, Distribution]) -> set[str]:
    reached: set[str] = set()
    waiting = {name}
    while waiting:
        each = waiting.pop()
        reached.add(each)
        waiting |= _needs(each, found) - reached
    return reached
