"""Show the part of an engine's response that proves a departure, without secrets.

Environments, labels, commands and configs may hold passwords, so neither text nor keys of maps are
shown: only names from the specification, numbers, and values of its enums.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from moorage.conformance.strict import MISSING, Fault, Step, kind, written

__all__ = ["HIDDEN", "excerpt", "found", "place", "said"]

_NEIGHBOURS = 5
"""Maximum number of fields shown beside a departure."""
_LONGEST = 60
_LONGEST_SAID = 300
HIDDEN = "…"
_CREDENTIALS = re.compile(r"//[^/\s@]*@")


def place(steps: Sequence[Step]) -> str:
    """Write the place of a value, the same for all elements of an array or of a map: `$[].A.*`."""
    return "$" + "".join(_step(each) for each in steps)


def _step(step: Step) -> str:
    if isinstance(step.key, int):
        return "[]"
    return written(step.key) if step.named else ".*"


def found(fault: Fault) -> str:
    """Describe the value: its type, and its content if the specification has an enum."""
    if fault.value is MISSING:
        return "nothing"
    shown = kind(fault.value)
    if fault.enumerated and shown not in ("array", "object", "null"):
        return f"{shown} {_cut(json.dumps(fault.value, ensure_ascii=False), _LONGEST)}"
    return shown


def said(message: str) -> str:
    """Return an engine's error message, cut, and without a URL's credentials."""
    return _cut(_CREDENTIALS.sub(f"//{HIDDEN}@", message), _LONGEST_SAID)


def excerpt(payload: Any, fault: Fault) -> str:
    """Excerpt the JSON around a departure; an ellipsis marks omissions."""
    whole: Any = _shown(fault.value, plain=fault.enumerated)
    above = _values(payload, fault.steps)
    for depth in reversed(range(len(fault.steps))):
        step, parent = fault.steps[depth], above[depth]
        if isinstance(step.key, int):
            whole = [whole] if len(parent) == 1 else [whole, HIDDEN]
        elif not step.named:
            whole = {HIDDEN: whole}
        else:
            innermost = depth == len(fault.steps) - 1
            whole = _object(parent, step.key, whole, _NEIGHBOURS if innermost else 0)
    return json.dumps(whole, indent=2, ensure_ascii=False).replace(f'"{HIDDEN}"', HIDDEN)


def _values(payload: Any, steps: Sequence[Step]) -> list[Any]:
    """List the values on the way to a place, the whole first."""
    values = [payload]
    for step in steps[:-1]:
        values.append(values[-1][step.key])
    return values


def _object(parent: dict[str, Any], key: str, whole: Any, neighbours: int) -> dict[str, Any]:
    """Show a field with some of its neighbours, in the order of the response."""
    keys = [*parent] if key in parent else [*parent, key]
    first = max(0, min(keys.index(key) - neighbours // 2, len(keys) - neighbours - 1))
    near = keys[first : first + neighbours + 1]
    left = len(keys) - len(near)
    made = {each: whole if each == key else _shown(parent[each]) for each in near}
    if whole is MISSING:
        del made[key]
    return made | ({HIDDEN: f"{left} more"} if left else {})


def _shown(value: Any, *, plain: bool = False) -> Any:
    if isinstance(value, str):
        return _cut(value, _LONGEST) if plain or not value else HIDDEN
    if isinstance(value, list | dict) and value:
        return [HIDDEN] if isinstance(value, list) else {HIDDEN: f"{len(value)} fields"}
    return value


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else text[:longest] + HIDDEN
