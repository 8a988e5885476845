"""The page of all API versions: what each brought and dropped, as a table and as charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docs.site.charts import bars
from docs.site.facts import Facts
from moorage.diff.text import WORDS
from moorage.releases import RELEASES

__all__ = ["versions_page"]

_ABOUT = """# Versions

API versions, the first release of the engine that speaks each, and what it changed as the published
specifications say. `moorage versions` prints which of them an engine accepts.
"""
_COLUMNS = ("API", "engine", "operations", "new", "dropped", "changes that can break a caller")


def versions_page(versions: Sequence[str], facts: Facts, operations: Mapping[str, int]) -> str:
    """Write the page in Markdown.

    Args:
        versions: All versions, the oldest first.
        facts: What they changed.
        operations: How many operations each has.
    """
    rows = [
        (
            f"[{version}](changes/{version}.md)",
            RELEASES.get(version, ""),
            str(operations[version]),
            _names(facts.came(version) if version != versions[0] else ()),
            _names(facts.went(version)),
            str(facts.counted(version)["breaking"] or ""),
        )
        for version in reversed(versions)
    ]
    changed = {
        version: [(impact, facts.counted(version)[impact]) for impact in WORDS]
        for version in versions[1:]
    }
    counted = {version: [("lane", operations[version])] for version in versions}
    return "\n".join(
        [
            _ABOUT,
            *(f"| {' | '.join(row)} |" for row in (_COLUMNS, ("---",) * len(_COLUMNS), *rows)),
            "\n## Changes of each version\n",
            bars(
                "Changes of each API version",
                changed,
                "Red changes can break a caller, yellow ones will break one, green ones can't.",
            ),
            "\n## Operations of each version\n",
            bars("Operations of each API version", counted, "Operations that each version has."),
            "",
        ]
    )


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
