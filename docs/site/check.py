"""Check the built site: every link and anchor leads somewhere, and nothing comes from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from urllib.parse import unquote, urlsplit

__all__ = ["LIMIT", "faults"]

LIMIT = 60_000_000
"""Bytes that the site may have."""

_TAG = re.compile(r"<(?P<tag>[a-z][\w-]*)\b(?P<rest>[^>]*)>")
_ATTRIBUTE = re.compile(r'\b(?P<name>id|href|src|srcset|rel)="?(?P<value>[^"\s>]*)')
_IN_CSS = re.compile(r"url\(['\"]?(?P<to>(?:https?:)?//[^'\")]*)|@import\s+['\"](?P<other>[^'\"]+)")
_LOADED = {"icon", "preload", "stylesheet"}


def faults(site: Path) -> Iterator[str]:
    """Tell all that is wrong with the site in a folder."""
    pages = {file: _read(file) for file in sorted(site.rglob("*.html"))}
    for file, (ids, links, loaded) in pages.items():
        here = file.relative_to(site)
        for twice in sorted({each for each in ids if ids.count(each) > 1}):
            yield f"{here}: the id {twice} appears twice"
        for address in loaded:
            if urlsplit(address).netloc:
                yield f"{here}: {address} is loaded from another host"
        for address in links + loaded:
            if said := _leads_nowhere(address, file, site, pages):
                yield f"{here}: {said}"
    for file in sorted(site.rglob("*.css")):
        for found in _IN_CSS.finditer(file.read_text(encoding="utf-8")):
            yield f"{file.relative_to(site)}: {found['to'] or found['other']} is loaded"
    size = sum(file.stat().st_size for file in site.rglob("*") if file.is_file())
    if size > LIMIT:
        yield f"the site has {size} bytes, more than {LIMIT}"


def _read(file: Path) -> tuple[list[str], list[str], list[str]]:
    """Return the ids of a page, its links, and the addresses that a browser loads with it."""
    ids: list[str] = []
    links: list[str] = []
    loaded: list[str] = []
    for tag in _TAG.finditer(file.read_text(encoding="utf-8")):
        given = {each["name"]: unescape(each["value"]) for each in _ATTRIBUTE.finditer(tag["rest"])}
        if "id" in given:
            ids.append(given["id"])
        if "src" in given:
            loaded.append(given["src"])
        if "href" in given:
            is_loaded = tag["tag"] == "link" and given.get("rel") in _LOADED
            (loaded if is_loaded else links).append(given["href"])
    return ids, links, loaded


def _leads_nowhere(
    address: str,
    file: Path,
    site: Path,
    pages: dict[Path, tuple[list[str], list[str], list[str]]],
) -> str | None:
    parts = urlsplit(address)
    if parts.scheme or parts.netloc or file.name == "404.html":
        return None  # another host's, or relative to wherever the missing page would be
    target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
    if target.is_dir():
        target = target / "index.html"
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        return f"the link to {address} leads nowhere"
    if parts.fragment and target in pages and unquote(parts.fragment) not in pages[target][0]:
        return f"the link to {address} names no place of that page"
    return None
