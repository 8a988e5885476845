"""A page for the names that `moorage` itself has, which are the same for every API version."""

from __future__ import annotations

from collections.abc import Iterator

import griffe

from docs.site.html import Links, code, prose
from docs.site.source import Text, call, fields, module, text

__all__ = ["names", "public_page"]


def names() -> list[str]:
    """List the public names of `moorage` that are documented."""
    return [name for name, _ in _members("moorage")]


def public_page(links: Links) -> str:
    """Write the page in Markdown."""
    parts = ["# moorage\n", "Names of the package itself, which every API version shares.\n"]
    for name, found in _members("moorage"):
        parts.append(f"\n## {name} {{ #{name} }}\n")
        if isinstance(found, griffe.Module):
            said = found.docstring.value if found.docstring else ""
            inside = [
                _whole(f"moorage.{name}.{each.name}", each, links)
                for each in found.members.values()
                if each.name in (found.exports or ())
                and isinstance(each, griffe.Class | griffe.Function)
            ]
            parts.append("\n".join(["<div>", prose(said), *inside, "</div>\n"]))
        else:
            parts.append(f"<div>\n{_whole(f'moorage.{name}', found, links)}\n</div>\n")
    return "\n".join(parts)


def _members(package: str) -> Iterator[tuple[str, griffe.Class | griffe.Function | griffe.Module]]:
    top = module(package)
    for name in top.exports or []:
        path = top.imports.get(str(name))
        if path is None:
            continue
        try:
            yield str(name), module(path)
            continue
        except LookupError:
            there, inside = path.rsplit(".", 1)
        found = module(there).members.get(inside)
        if isinstance(found, griffe.Class | griffe.Function):
            yield str(name), found


def _whole(name: str, found: griffe.Class | griffe.Function, links: Links) -> str:
    if isinstance(found, griffe.Function):
        return _function(name, found, links)
    said = text(found)
    parts = [f'<p class="m-call">{code(name)}</p>', _parts(said, links)]
    rows = [
        f"<div><dt>{code(each.name)} {links.type(each.type)}</dt><dd>{prose(each.prose)}</dd></div>"
        for each in fields(found)
    ]
    short = name.rpartition(".")[2]
    for member in _methods(found):
        if isinstance(member, griffe.Function):
            parts.append(_function(f"{short}.{member.name}", member, links))
        else:
            prose_of = member.docstring.value if member.docstring else ""
            rows.append(
                f"<div><dt>{code(member.name)} {links.type(str(member.annotation or ''))}</dt>"
                f"<dd>{prose(prose_of)}</dd></div>"
            )
    if rows:
        parts.insert(2, "\n".join(["<h3>Attributes</h3>", "<dl>", *rows, "</dl>"]))
    return "\n".join(part for part in parts if part)


def _methods(found: griffe.Class) -> Iterator[griffe.Function | griffe.Attribute]:
    """List methods and properties, those of base classes too."""
    seen: set[str] = set()
    waiting = [found]
    while waiting:
        made = waiting.pop(0)
        for name, member in made.members.items():
            if name.startswith("_") or name in seen or not member.docstring:
                continue
            if isinstance(member, griffe.Function) or (
                isinstance(member, griffe.Attribute) and "property" in member.labels
            ):
                seen.add(name)
                yield member
        waiting += _bases(made)


def _bases(made: griffe.Class) -> Iterator[griffe.Class]:
    here = module(made.module.path)
    for base in made.bases:
        name = str(base).partition("[")[0]
        if name in here.members and isinstance(here[name], griffe.Class):
            yield here[name]
        elif here.imports.get(name, "").startswith("moorage."):
            there, inside = here.imports[name].rsplit(".", 1)
            member = module(there).members.get(inside)
            if isinstance(member, griffe.Class):
                yield member


def _function(name: str, found: griffe.Function, links: Links) -> str:
    word = "await " if "async" in found.labels else ""
    returns = f" → {links.type(str(found.returns))}" if found.returns else ""
    head = f'<p class="m-call">{code(f"{word}{name}({call(found)})")}{returns}</p>'
    return "\n".join([head, _parts(text(found), links)])


def _parts(said: Text, links: Links) -> str:
    parts = [prose(said.prose)]
    given = [*said.parameters, *said.keywords]
    if given:
        parts += [
            "<dl>",
            *(
                f"<div><dt>{code(each.name)} {links.type(each.type)}</dt>"
                f"<dd>{prose(each.prose)}</dd></div>"
                for each in given
            ),
            "</dl>",
        ]
    parts.append(prose(f"Returns: {said.returns}") if said.returns else "")
    if said.raises:
        parts += [
            "<dl>",
            *(
                f"<div><dt>raises {links.type(error)}</dt><dd>{prose(about)}</dd></div>"
                for error, about in said.raises
            ),
            "</dl>",
        ]
    return "\n".join(part for part in parts if part)
