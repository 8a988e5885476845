"""The page of all API versions: what each brought and dropped, as a table and as charts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docs.site.charts import bars, lanes
from docs.site.facts import Facts
from moorage.diff.text import WORDS
from moorage.versions.numbers import version_key
from moorage.versions.releases import oldest_accepted
from moorage_api.engines import ENGINES

__all__ = ["versions_page"]

_ABOUT = """# Versions

API versions, the first release of the engine that speaks each, the oldest version that this release
accepts unless it is configured otherwise, and what the version changed, as the published
specifications say. `moorage versions` tells which of them an engine accepts.
"""
_COLUMNS = (
    "API",
    "engine",
    "accepts from",
    "operations",
    "new",
    "dropped",
    "changes that can break a caller",
)


def versions_page(versions: Sequence[str], facts: Facts, operations: Mapping[str, int]) -> str:
    """Write the page in Markdown.

    Args:
        versions: All versions, the oldest first.
        facts: Their changes.
        operations: The number of operations of each.
    """
    rows = [
        (
            f"[{version}](changes/{version}.md)",
            ENGINES.get(version, ""),
            oldest_accepted(ENGINES[version]) if version in ENGINES else "",
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
            "\n## What engines accept\n",
            lanes(
                "API versions that each release of the engine accepts",
                {ENGINES[last]: _accepted(versions, last) for last in versions if last in ENGINES},
                versions,
                "Each release of the engine, and the API versions that it accepts by default.",
            ),
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


def _accepted(versions: Sequence[str], last: str) -> tuple[int, int]:
    """Tell the places of the oldest and the newest version that a release accepts."""
    oldest = version_key(oldest_accepted(ENGINES[last]))
    first = next(place for place, each in enumerate(versions) if version_key(each) >= oldest)
    return first, versions.index(last)


def _names(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
