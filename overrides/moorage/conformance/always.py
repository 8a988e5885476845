"""Fields missing in a response that every Docker engine sends, by recorded evidence.

The specification may not require them; moorage's models do, with an empty value instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from moorage.conformance.strict import MISSING, Fault, Step, kind
from moorage.model.base import layout
from moorage.model.decoding import notes

__all__ = ["lacking"]


def lacking(decoded: Any, steps: tuple[Step, ...] = ()) -> Iterator[Fault]:
    """List the required fields that an engine left out, or sent as null.

    Args:
        decoded: The decoded response, or a part of it.
        steps: The path to it.
    """
    if isinstance(decoded, list):
        for index, each in enumerate(decoded):
            yield from lacking(each, (*steps, Step(index, False)))
    elif isinstance(decoded, dict):
        for key, each in decoded.items():
            yield from lacking(each, (*steps, Step(key, False)))
    elif hasattr(type(decoded), "_wire"):
        yield from _lacking_in(decoded, steps)


def _lacking_in(model: Any, steps: tuple[Step, ...]) -> Iterator[Fault]:
    missing = {
        wire: (value, sent)
        for wire, value, sent in notes(model._sent)
        if not (value is None or isinstance(value, list | dict))
    }
    of_class: Any = type(model)
    for name, wire in zip(layout(of_class).names, model._wire, strict=True):
        here = (*steps, Step(wire, True))
        if wire in missing:
            value, sent = missing[wire]
            word = "object" if attrs.has(type(value)) else kind(value)
            expected = f"{word}, which every Docker engine sends"
            yield Fault(here, expected, False, MISSING if sent is ... else None)
        else:
            yield from lacking(getattr(model, name), here)
