"""All pages of the reference, by their paths."""

from __future__ import annotations

from collections import Counter

from docs.site.changes_page import changes_page
from docs.site.clients import Clients, read
from docs.site.facts import collect
from docs.site.html import Links
from docs.site.operations_page import operations_page
from docs.site.public_page import names, public_page
from docs.site.types_page import index_page, type_page, uses
from docs.site.versions_page import versions_page

__all__ = ["pages"]


def pages() -> dict[str, str]:
    """Make the reference: its pages in Markdown, by their paths in it."""
    clients = read()
    versions = clients.versions
    facts = collect(versions)
    places = _places(clients)
    made = {"index.md": _contents(clients)}
    for namespace, methods in clients.namespaces.items():
        made[f"{namespace}.md"] = operations_page(
            f"engine.{namespace}",
            f"Operations of `engine.{namespace}`, sync and awaited.",
            f"engine.{namespace}.",
            methods,
            versions,
            Links(places, "../"),
            facts,
        )
    made["verbs.md"] = operations_page(
        "Verbs",
        "Methods of an engine that do what takes several calls.",
        "engine.",
        clients.verbs,
        versions,
        Links(places, "../"),
        facts,
    )
    made["moorage.md"] = public_page(Links(places, "../"))
    made["types/index.md"] = index_page(clients, Links(places, "../"))
    used = uses(clients)
    for name, by_version in clients.types.items():
        made[f"types/{name}.md"] = type_page(
            name, by_version, versions, Links(places, "../../"), used[name]
        )
    known = {
        f"{namespace}.{name}" for namespace, all_ in clients.namespaces.items() for name in all_
    }
    for before, version in zip([None, *versions], versions, strict=False):
        made[f"changes/{version}.md"] = changes_page(version, before, facts, known)
    counted = Counter(
        version
        for methods in clients.namespaces.values()
        for by_version in methods.values()
        for version in by_version
    )
    made["versions.md"] = versions_page(versions, facts, counted)
    return made


def _places(clients: Clients) -> dict[str, str]:
    """Tell where each name is, from the reference's folder."""
    places = {name: f"moorage/#{name}" for name in names()}
    for name in clients.types:
        places[name] = f"types/{name}/"
    for namespace, methods in clients.namespaces.items():
        for name in methods:
            places[f"{namespace}.{name}"] = f"{namespace}/#{name}"
    return places


def _contents(clients: Clients) -> str:
    """List all operations, in Markdown."""
    parts = [
        "# Reference\n",
        f"Every operation of API {clients.versions[0]} to {clients.versions[-1]}. A page shows "
        "what one version has; its switcher chooses which, and stays at the same operation.\n",
        "[Verbs](verbs.md): " + ", ".join(f"[{each}](verbs.md#{each})" for each in clients.verbs),
        "",
    ]
    for namespace, methods in clients.namespaces.items():
        listed = ", ".join(f"[{each}]({namespace}.md#{each})" for each in methods)
        parts.append(f"[engine.{namespace}]({namespace}.md): {listed}\n")
    parts.append(
        "[All types](types/index.md), [names of `moorage` itself](moorage.md), "
        "[versions](versions.md)."
    )
    return "\n".join(parts) + "\n"
