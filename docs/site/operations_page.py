"""A page for the operations of a namespace, or for the verbs, as all versions have them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from docs.site.clients import Method
from docs.site.facts import Facts
from docs.site.html import Links, badge, code, element, prose, within
from docs.site.source import Parameter
from docs.site.spans import rows, spans

__all__ = ["operations_page"]


def operations_page(
    title: str,
    about: str,
    prefix: str,
    methods: Mapping[str, Mapping[str, Method]],
    versions: Sequence[str],
    links: Links,
    facts: Facts,
) -> str:
    """Write the page in Markdown, with each operation's versions marked.

    Args:
        title: The page's heading.
        about: A line below it.
        prefix: The text before a name in a call: "engine.containers.".
        methods: The methods by name and version.
        versions: All versions, the oldest first.
        links: The pages of types.
        facts: The changes of versions.
    """
    parts = [f"# {title}\n", f"{about}\n"]
    for name, by_version in methods.items():
        parts.append(_operation(prefix, name, by_version, versions, links, facts))
    return "\n".join(parts)


def _operation(
    prefix: str,
    name: str,
    methods: Mapping[str, Method],
    versions: Sequence[str],
    links: Links,
    facts: Facts,
) -> str:
    held = spans(versions, methods, lambda _: 0)
    whole = held[0].since, held[-1].until
    full = f"{prefix.removeprefix('engine.')}{name}"
    newest = held[-1].value
    heads = [
        f"{element('p', each, whole, class_='m-call')}{code(f'{prefix}{name}({each.value.call})')}"
        f"{badge(each, whole)}</p>"
        for each in spans(versions, methods, lambda method: method.call)
    ]
    endpoints = [
        f"{element('p', each, whole, class_='m-endpoint')}{code(each.value.endpoint)}"
        f"{badge(each, whole)}</p>"
        for each in spans(versions, methods, lambda method: method.endpoint)
        if each.value.endpoint
    ]
    returned = [
        f"{element('p', each, whole)}Returns {links.type(each.value.returns)}"
        f"{_awaited(each.value, links)}"
        f"{badge(each, whole)}</p>"
        for each in spans(versions, methods, lambda method: (method.returns, method.awaited))
    ]
    body = [
        *endpoints,
        *heads,
        prose(newest.text.prose),
        _table(
            "Parameters",
            {v: m.text.parameters for v, m in methods.items()},
            name,
            whole,
            versions,
            links,
        ),
        _table(
            "Fields", {v: m.text.keywords for v, m in methods.items()}, name, whole, versions, links
        ),
        *returned,
        prose(newest.text.returns),
        _errors({v: m.text.raises for v, m in methods.items()}, whole, versions, links),
        _history(full, facts),
    ]
    since = ", ".join(
        within(each, (versions[0], versions[-1])) or f"since {each.since}" for each in held
    )
    return (
        f"\n## {name} {{ #{name} }}\n\n"
        f'<div class="m-operation" data-name="{full}" data-first="{whole[0]}" '
        f'data-last="{whole[1]}">\n<p class="m-since">API {since}</p>\n'
        + "\n".join(part for part in body if part)
        + "\n</div>\n"
    )


def _awaited(method: Method, links: Links) -> str:
    if not method.awaited:
        return ", awaited on an asynchronous engine"
    return f"; on an asynchronous engine {links.type(method.awaited)}"


def _table(
    title: str,
    tables: Mapping[str, Sequence[Parameter]],
    name: str,
    whole: tuple[str, str],
    versions: Sequence[str],
    links: Links,
) -> str:
    found = rows(versions, tables, lambda each: (each.name, each.type, each.default))
    if not found:
        return ""
    parts = [f"<h3>{title}</h3>", "<dl>"]
    seen = set()
    for each in found:
        row = each.value
        own = {} if row.name in seen else {"id": f"{name}-{row.name}"}
        seen.add(row.name)
        need = " <i>required</i>" if row.default is None else ""
        parts.append(
            f"{element('div', each, whole, **own)}<dt>{code(row.name)} "
            f"{links.type(row.type)}{need}{badge(each, whole)}</dt>"
            f"<dd>{prose(row.prose)}</dd></div>"
        )
    return "\n".join([*parts, "</dl>"])


def _errors(
    tables: Mapping[str, Sequence[tuple[str, str]]],
    whole: tuple[str, str],
    versions: Sequence[str],
    links: Links,
) -> str:
    found = rows(versions, tables, lambda each: each[0])
    if not found:
        return ""
    parts = [
        f"{element('div', each, whole)}<dt>{links.type(each.value[0])}{badge(each, whole)}</dt>"
        f"<dd>{prose(each.value[1])}</dd></div>"
        for each in found
    ]
    return "\n".join(["<h3>Errors</h3>", "<dl>", *parts, "</dl>"])


def _history(full: str, facts: Facts) -> str:
    if full not in facts.changed_in:
        return ""
    linked = " · ".join(
        f'<a href="../changes/{version}/#{full.replace(".", "-")}">{version}</a>'
        for version in facts.changed_in[full]
    )
    return f'<p class="m-history">Changed in API {linked}</p>'
