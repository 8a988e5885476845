"""The order of the pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

__all__ = ["navigation"]

_GUIDES: Mapping[str, tuple[str, ...]] = {
    "Guides": (
        "pinned",
        "many-versions",
        "vendoring",
        "verbs",
        "build",
        "files",
        "swarm",
        "fleet",
        "scaling",
        "hosts",
        "ssh",
        "credentials",
        "errors",
        "reliability",
        "testing",
        "podman",
        "programs",
        "performance",
        "examples",
    ),
    "Coming from": ("docker-py", "docker-py-options", "aiodocker"),
    "Calls": ("requests", "inputs", "answers", "open-types"),
    "Commands": ("commands", "check", "diff", "conformance"),
}
_PROJECT = ("CHANGELOG", "policy", "SECURITY", "CONTRIBUTING", "how-it-works")
_START = "README"


def navigation(pages: Collection[str], reference: Collection[str]) -> list[dict[str, Any]]:
    """Put pages in order; a guide that has no place yet stands under "More".

    Args:
        pages: The names of the pages of docs/ and of the project, without ".md".
        reference: The paths of the reference's pages.
    """
    made: list[dict[str, Any]] = [{"Start": f"{_START}.md"}]
    known = {_START, *_PROJECT}
    for title, names in _GUIDES.items():
        known.update(names)
        made.append({title: [f"{name}.md" for name in names if name in pages]})
    made.append({"More": [f"{name}.md" for name in sorted(pages) if name not in known]})
    spaces = [name for name in reference if "/" not in name]
    first = ("index.md", "versions.md", "moorage.md", "verbs.md")
    changes = sorted((name for name in reference if name.startswith("changes/")), reverse=True)
    made.append(
        {
            "Reference": [
                *(f"reference/{name}" for name in first if name in reference),
                *(f"reference/{name}" for name in spaces if name not in first),
                *(f"reference/{name}" for name in reference if name == "types/index.md"),
                {"Changes": [f"reference/{name}" for name in changes]},
            ]
        }
    )
    made.append({"Project": [f"{name}.md" for name in _PROJECT if name in pages]})
    return [each for each in made if all(each.values())]
