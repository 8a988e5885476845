"""Quote the parts of a URL; the usual part that needs none passes quickly."""

from __future__ import annotations

import re

__all__ = ["quoted_path", "quoted_query"]

_PATH = re.compile(r"[A-Za-z0-9_.~/:@-]*")
_QUERY = re.compile(r"[A-Za-z0-9_.~-]*")


def quoted_path(text: str) -> str:
    """Quote a part of a path; slashes stay, because names of images have them."""
    if _PATH.fullmatch(text):
        return text
    # Imported here, as below, to keep `import moorage` fast.
    from urllib.parse import quote

    return quote(text, safe="/:@")


def quoted_query(text: str) -> str:
    """Quote the name or the value of a query parameter."""
    if _QUERY.fullmatch(text):
        return text
    from urllib.parse import quote_plus

    return quote_plus(text)
