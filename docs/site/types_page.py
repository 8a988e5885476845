"""A page for each generated type, with the history of its fields, and the list of all of them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from docs.site.clients import Clients, Type
from docs.site.html import Links, badge, code, element, prose, within
from docs.site.source import Field
from docs.site.spans import Span, rows, spans

__all__ = ["index_page", "type_page", "uses"]

_WIRE = re.compile(r"`(?P<wire>[^`]+)`(?:: )?")


def type_page(
    name: str,
    by_version: Mapping[str, Type],
    versions: Sequence[str],
    links: Links,
    used_by: Sequence[str],
) -> str:
    """Write the page of a type in Markdown."""
    held = spans(versions, by_version, lambda _: 0)
    newest = held[-1].value
    whole = held[0].since, held[-1].until
    fields = rows(
        versions,
        {version: made.fields for version, made in by_version.items()},
        lambda each: (each.name, each.type, each.required),
    )
    parts = [
        f'<div class="m-operation" data-name="{name}" data-first="{whole[0]}" '
        f'data-last="{whole[1]}">',
        f'<p class="m-since">API {_held(held, versions)}</p>',
        prose(newest.prose),
        "<h2>Fields</h2>" if fields else "",
        "<dl>" if fields else "",
    ]
    seen = set()
    for each in fields:
        own = {} if each.value.name in seen else {"id": each.value.name}
        seen.add(each.value.name)
        parts.append(f"{element('div', each, whole, **own)}{_field(each, whole, links)}</div>")
    parts.append("</dl>" if fields else "")
    parts.append(_history(fields, whole, versions, links))
    if used_by:
        linked = ", ".join(
            f'<a href="{links.up}{links.pages[each]}">{code(each)}</a>' for each in used_by
        )
        parts.append(f"<h2>Used by</h2><p>{linked}</p>")
    parts.append("</div>")
    return f"# {name}\n\n{_lines(parts)}\n"


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)


def _held(held: Sequence[Span[Type]], versions: Sequence[str]) -> str:
    whole = versions[0], versions[-1]
    return ", ".join(within(each, whole) or f"since {each.since}" for each in held)


def _field(span: Span[Field], whole: tuple[str, str], links: Links) -> str:
    made = span.value
    found = _WIRE.match(made.prose)
    wire = f' <span class="m-wire">{code(found["wire"])}</span>' if found else ""
    rest = made.prose[found.end() :] if found else made.prose
    need = " <i>required</i>" if made.required else ""
    return (
        f"<dt>{code(made.name)} {links.type(made.type)}{need}{wire}{badge(span, whole)}</dt>"
        f"<dd>{prose(rest)}</dd>"
    )


def _history(
    fields: Sequence[Span[Field]], whole: tuple[str, str], versions: Sequence[str], links: Links
) -> str:
    lines = []
    for before, version in pairwise(versions):
        came = {each.value.name for each in fields if each.since == version != whole[0]}
        went = {each.value.name for each in fields if each.until == before and before != whole[1]}
        parts = [
            f"{word} {', '.join(map(code, sorted(names)))}"
            for word, names in (
                ("new", came - went),
                ("another type of", came & went),
                ("without", went - came),
            )
            if names
        ]
        if parts:
            there = f'<a href="{links.up}changes/{version}/">{version}</a>'
            lines.append(f"<li>{there}: {'; '.join(parts)}</li>")
    return "<h2>History</h2><ul>" + "".join(lines) + "</ul>" if lines else ""


def index_page(clients: Clients, links: Links) -> str:
    """Write the list of all types in Markdown."""
    versions = clients.versions
    whole = versions[0], versions[-1]
    lines = []
    for name in sorted(clients.types, key=str.lower):
        held = spans(versions, clients.types[name], lambda _: 0)
        span = Span(held[-1].value, held[0].since, held[-1].until)
        about = prose(span.value.prose.partition("\n")[0])
        about = about.removeprefix("<p>").removesuffix("</p>")
        lines.append(
            f"{element('li', span, whole)}{links.type(name)}{badge(span, whole)} "
            f'<span class="m-about">{about}</span></li>'
        )
    return (
        "# Types\n\nModels of what engines take and answer. Each has `from_dict()`, `to_dict()`\n"
        "and `extra`, which holds fields that the specification does not define.\n\n"
        f'<ul class="m-types">\n{_lines(lines)}\n</ul>\n'
    )


def uses(clients: Clients) -> dict[str, list[str]]:
    """Name, for each type, the operations and the types that mention it, in any version."""
    found: dict[str, set[str]] = {name: set() for name in clients.types}
    for namespace, operations in clients.namespaces.items():
        for operation, methods in operations.items():
            for method in methods.values():
                said = [method.returns, *(each.type for each in method.text.parameters)]
                _note(found, f"{namespace}.{operation}", said)
    for name, made in clients.types.items():
        for each in made.values():
            _note(found, name, [one.type for one in each.fields])
    return {name: sorted(users - {name}) for name, users in found.items()}


def _note(found: dict[str, set[str]], user: str, said: Sequence[str]) -> None:
    for text in said:
        for name in re.findall(r"\w+", text):
            if name in found:
                found[name].add(user)
