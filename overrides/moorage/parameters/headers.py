"""Check given headers: invalid ones, and those that moorage sets itself, are refused."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from moorage.parameters.scalars import wrong_type

__all__ = ["header_problem", "headers_error"]

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~]*")


def headers_error(
    headers: Any, refused: Callable[[str], str | None], *, optional: bool = False
) -> Exception | None:
    """Return the error of an argument headers=; it shows no value.

    Args:
        headers: The argument; None means no headers.
        refused: Returns why a header can't be given; None if it can.
        optional: Whether a value may be None.
    """
    if headers is None:
        return None
    if not isinstance(headers, Mapping):
        return wrong_type("headers", "a mapping", headers, ': write {"X-Name": "value"}')
    for name, value in headers.items():
        if not isinstance(name, str):
            return wrong_type("headers", "str as keys", name)
        if optional and value is None:
            value = ""
        if not isinstance(value, str):
            hint = ": write .header()" if hasattr(value, "header") else ""
            return wrong_type(f"headers[{name!r:.80}]", "a str", value, hint)
        if problem := header_problem(name, value, refused):
            return ValueError(f"headers: {problem}")
    return None


def header_problem(name: str, value: str, refused: Callable[[str], str | None]) -> str | None:
    """Return why a header can't be sent; None if it can."""
    if not _NAME.fullmatch(name):
        return "a name has characters HTTP can't carry"
    if why := refused(name):
        return why
    if not _VALUE.fullmatch(value):
        return f"the value of {name} has characters HTTP can't carry"
    return None
