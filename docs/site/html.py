"""Pieces of HTML: prose, types that are links, and elements that some versions have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from html import escape
from typing import Any

from attrs import frozen
from markdown import Markdown

from docs.site.spans import Span

__all__ = ["Links", "badge", "code", "element", "prose", "within"]


@frozen
class Links:
    """Links to what a type names, from a page of the reference."""

    pages: Mapping[str, str]
    """The address of each name, from the reference's own folder."""
    up: str
    """The way from the page to that folder: "../"."""

    def type(self, text: str) -> str:
        """Write a type, each name that has a page as a link."""
        text = text.replace("builtins.", "")
        found = re.split(r"([A-Za-z_][\w.]*)", text)
        return f'<code class="m-type">{"".join(map(self._name, found))}</code>'

    def _name(self, part: str) -> str:
        name = part.rpartition(".")[2]
        if name not in self.pages:
            return escape(part)
        return f'<a href="{self.up}{self.pages[name]}">{escape(part)}</a>'


def code(text: str) -> str:
    """Write code within a line."""
    return f"<code>{escape(text)}</code>"


def prose(text: str) -> str:
    """Write a docstring's prose, which is Markdown without HTML."""
    return _prose(text.strip()) if text.strip() else ""


@cache
def _prose(text: str) -> str:
    _MARKDOWN.reset()
    return _MARKDOWN.convert(_LIST.sub(r"\1\n\n\2", text))


# Markdown wants an empty line before a list.
_LIST = re.compile(r"^((?![ ]*- ).*\S)\n([ ]*- )", re.MULTILINE)


def _plain_markdown() -> Markdown:
    made = Markdown(extensions=["fenced_code", "tables"])
    made.preprocessors.deregister("html_block")
    for name in ("html", "image_link", "image_reference", "reference", "short_reference"):
        made.inlinePatterns.deregister(name)
    return made


_MARKDOWN = _plain_markdown()


def element(tag: str, span: Span[Any], whole: tuple[str, str], **attributes: str) -> str:
    """Open an element, with the versions that have it where they are not all of them.

    Args:
        tag: The element's name.
        span: The versions.
        whole: The first and the last version of what it is a part of.
        attributes: Others that it has.
    """
    since, until = whole
    given = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    if span.since != since:
        given["data-since"] = span.since
    if span.until != until:
        given["data-until"] = span.until
    written = "".join(f' {name}="{escape(value)}"' for name, value in given.items())
    return f"<{tag}{written}>"


def badge(span: Span[Any], whole: tuple[str, str]) -> str:
    """Tell the versions that have something, if they are not all of them."""
    words = within(span, whole)
    return f' <span class="m-badge">{words}</span>' if words else ""


def within(span: Span[Any], whole: tuple[str, str]) -> str:
    """Tell the versions in words; "" where they are all."""
    since, until = whole
    if span.since == since:
        return "" if span.until == until else f"until {span.until}"
    if span.until == until:
        return f"since {span.since}"
    return f"{span.since} only" if span.since == span.until else f"{span.since} to {span.until}"
