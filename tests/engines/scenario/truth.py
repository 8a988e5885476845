"""Whether what was decoded is what the engine sent, in the types that are promised for it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from types import ModuleType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from attrs import has

from moorage.model.decoding import notes
from moorage.model.encoding import encode

__all__ = ["differences", "models_of"]


@cache
def models_of(api: ModuleType) -> dict[str, Any]:
    """Return the names that a version's annotations use, which only a type checker imports."""
    return {name: getattr(api, name) for name in dir(api) if not name.startswith("_")}


def differences(raw: Any, decoded: Any, hint: Any, api: ModuleType) -> list[str]:
    """Tell what was lost or invented between the JSON and what it became, and each wrong type."""
    found = list(_mistyped(decoded, hint, api, "$"))
    if raw is None:
        return found if not decoded else [*found, f"$: null became {decoded!r:.80}"]
    return found + list(_unequal(raw, encode(decoded), "$"))


def _mistyped(value: Any, hint: Any, api: ModuleType, where: str) -> Iterator[str]:
    """Yield the places below a value whose types are not those of the annotations."""
    if hint is Any:
        return
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        arms = [list(_mistyped(value, arm, api, where)) for arm in inner]
        yield from min(arms, key=len)
    elif origin is Literal:
        if value not in inner:
            yield f"{where}: {value!r:.80} is none of {inner}"
    elif origin is list and isinstance(value, list):
        for each in value:
            yield from _mistyped(each, inner[0], api, f"{where}[]")
    elif origin is dict and isinstance(value, dict):
        for key, each in value.items():
            yield from _mistyped(each, inner[1], api, f"{where}.{key}")
    elif has(hint) and type(value) is hint:
        yield from _mistyped_in(value, api, where)
    elif type(value) is not hint and not (hint is float and type(value) is int):
        yield f"{where}: {value!r:.80} is no {hint}"


def _mistyped_in(model: Any, api: ModuleType, where: str) -> Iterator[str]:
    annotations = _annotations(type(model), api)
    for wire, value, sent in notes(model._sent):
        if not (value is None or isinstance(value, list | dict)):
            yield f"{where}.{wire} is required, and {'was absent' if sent is ... else 'null'}"
    for name, annotation in annotations.items():
        yield from _mistyped(getattr(model, name), annotation, api, f"{where}.{name}")
    # A name almost like a field's was meant to be it.
    plain = {name.replace("_", "") for name in annotations}
    for key in model.extra:
        if key.lower() in plain:
            yield f"{where}: {key} is a field that the specification spells otherwise"


_known: dict[type, dict[str, Any]] = {}


def _annotations(model: type, api: ModuleType) -> dict[str, Any]:
    # A class that versions share refers to classes that they share: any version's names will do.
    if model not in _known:
        hints = get_type_hints(model, localns=models_of(api))
        _known[model] = {name: hint for name, hint in hints.items() if not name.startswith("_")}
    return _known[model]


def _unequal(sent: Any, back: Any, where: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(back, dict):
        for key in sent.keys() | back.keys():
            if key not in back:
                yield f"{where}.{key}: {sent[key]!r:.80} was lost"
            elif key not in sent:
                yield f"{where}.{key}: {back[key]!r:.80} was invented"
            else:
                yield from _unequal(sent[key], back[key], f"{where}.{key}")
    elif isinstance(sent, list) and isinstance(back, list) and len(sent) == len(back):
        for one, other in zip(sent, back, strict=True):
            yield from _unequal(one, other, f"{where}[]")
    elif type(sent) is not type(back) or sent != back:
        yield f"{where}: {sent!r:.80} became {back!r:.80}"
