"""Check that a request's models hold what their annotations say, before anything is sent.

An engine ignores unknown fields, so a dict of docker-py's names in place of a model would be sent
and lost. The checks are made from the annotations of the generated classes, once for each class.
"""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeAlias

from moorage.model.annotations import parsed
from moorage.model.base import Model, layout
from moorage.model.field_availability import lacks_field
from moorage.model.keywords import ONLY_EMPTY, in_our_names

__all__ = ["Check", "check_of", "checked", "model_check"]

Check: TypeAlias = Callable[[Any], None]
"""Raise `_Misfit` if a value has the wrong type."""

Types: TypeAlias = frozenset[type]

# Places whose class has another name in older versions: the names on the right.
_FORMERLY = {
    "Limit": ("ResourceObject", "TaskResourcesLimits"),
    "ResourceObject": ("TaskResourcesReservations",),
    "NetworkConnectRequest": ("NetworkDisconnectRequest",),
    "NetworkDisconnectRequest": ("NetworkConnectRequest",),
}


class _Misfit(Exception):
    """A value that is not of its type; the path to it grows on the way up."""

    def __init__(self, expected: str, given: Any, hint: str = "") -> None:
        self.path: list[str] = []
        self.problem = f"takes {expected}, not {_described(given)}{hint}"

    def error(self, operation: str, root: str, _version: str | None) -> Exception:
        """Make the error for the caller."""
        prefix = f"{operation}: " if operation else ""
        return TypeError(f"{prefix}{_path(root, self.path)} {self.problem}")


class _NotFinite(_Misfit):
    """A float that JSON can't carry."""

    def error(self, operation: str, root: str, version: str | None) -> Exception:
        return ValueError(str(super().error(operation, root, version)))


class _Lacking(_Misfit):
    """A field of another version's model that the version in use lacks."""

    def __init__(self, model: type, name: str) -> None:
        self.path = [name]
        self.model = model

    def error(self, operation: str, root: str, version: str | None) -> Exception:
        where = f"{operation}({_path(root, self.path)})"
        name = self.path[-1]
        return lacks_field(self.model, name, where, version) or TypeError(
            f"{where}: {self.model.__name__} has no field {name} in API {version}"
        )


def checked(check: Check, value: Any, operation: str, version: str | None, root: str = "") -> None:
    """Check a value.

    Args:
        check: The check of its type.
        value: The value.
        operation: The operation to name in errors, e.g. "containers.create"; "" names none.
        version: The API version in use.
        root: The argument's name; "" for a body's fields.

    Raises:
        TypeError: A value in it has not its field's type.
        ValueError: A number is infinite or NaN.
        OperationUnavailable: The version in use lacks a field.
    """
    try:
        check(value)
    except _Misfit as misfit:
        error = misfit.error(operation, root, version)
    else:
        return
    # Raised here, it keeps no frame alive whose locals are parts of the value.
    raise error


@cache
def model_check(model: type) -> Check:
    """Return the check for a model's class, or for another version's class of the same name."""
    names = {model.__name__, *_FORMERLY.get(model.__name__, ())}
    names |= {new for new, old in _FORMERLY.items() if model.__name__ in old}

    def check(value: Any) -> None:
        if isinstance(value, model):
            _check_fields(model, value)
        elif isinstance(value, Model) and type(value).__name__ in names:
            _check_foreign(model, value)
        else:
            raise _Misfit(_article(model.__name__), value, _as_model(model, value))

    return check


@cache
def check_of(annotation: str, module: str = __name__) -> Check:
    """Return the check for a type.

    Args:
        annotation: The type, as Python writes it.
        module: The module whose names it uses.
    """
    return _check(parsed(annotation), module)


class _Rules(NamedTuple):
    """The checks of a class's fields, in order."""

    names: tuple[str, ...]
    fitting: tuple[Types, ...]
    """The types whose values need no check."""
    checks: tuple[Check, ...]
    required: tuple[int, ...]
    """The places of fields that can't be None."""


@cache
def _rules(model: type) -> _Rules:
    of_class = layout(model)
    checks = tuple(
        _empty_map(ONLY_EMPTY[name])
        if name in ONLY_EMPTY and annotation.startswith("dict[str, dict[")
        else check_of(annotation, model.__module__)
        for name, annotation in zip(of_class.names, of_class.annotations, strict=True)
    )
    required = tuple(
        place
        for place, annotation in enumerate(of_class.annotations)
        if not annotation.endswith("| None") and not annotation.startswith(("list[", "dict["))
    )
    return _Rules(of_class.names, tuple(map(_fitting, checks)), checks, required)


def _check_fields(model: type, value: Any) -> None:
    rules = _rules(model)
    fitting = rules.fitting
    *values, extra = layout(model).read(value)
    index = 0
    try:
        for index, item in enumerate(values):
            if item is not None and type(item) not in fitting[index]:
                rules.checks[index](item)
        for index in rules.required:
            if values[index] is None:
                raise _Misfit("a value", None)
    except _Misfit as misfit:
        misfit.path.insert(0, rules.names[index])
        raise
    if extra:
        _check_extra(extra)


def _check_foreign(model: type, value: Model) -> None:
    kind: type = type(value)
    of_class, given = layout(model), layout(kind)
    checks = dict(zip(of_class.wire, _rules(model).checks, strict=True))
    for name, wire, item in zip(given.names, given.wire, given.read(value), strict=False):
        if item is None:
            continue
        if wire not in checks:
            raise _Lacking(model, name)
        try:
            checks[wire](item)
        except _Misfit as misfit:
            misfit.path.insert(0, name)
            raise
    _check_extra(value.extra)


def _check_extra(extra: Any) -> None:
    try:
        _json_map(extra)
    except _Misfit as misfit:
        misfit.path.insert(0, "extra")
        raise


def _check(node: ast.expr, module: str) -> Check:
    match node:
        case ast.BinOp(ast.expr() as left, ast.BitOr(), ast.Constant(None)):
            return _check(left, module)
        case ast.BinOp(ast.Subscript(ast.Name("Literal")), ast.BitOr(), base):
            return _check(base, module)  # an open enum
        case ast.Subscript(ast.Name("list"), item):
            return _list(_item(item, module), ast.unparse(item))
        case ast.Subscript(ast.Name("dict"), ast.Tuple([_, item])):
            return _map(_item(item, module))
        case ast.Name(name) if name in _SCALARS:
            return _SCALARS[name]
        case ast.Name(name):
            return model_check(vars(sys.modules[module])[name])
    raise AssertionError(f"{module}: {ast.unparse(node)} is not a type that a model has")


def _item(node: ast.expr, module: str) -> Check:
    check = _check(node, module)
    match node:
        case ast.BinOp(_, ast.BitOr(), ast.Constant(None)):
            return lambda value: None if value is None else check(value)
    return check


def _fitting(check: Check) -> Types:
    return _SCALAR_TYPES.get(check, frozenset())


def _list(item: Check, noun: str) -> Check:
    fitting = _fitting(item)

    def check(value: Any) -> None:
        if type(value) is not list and not isinstance(value, list | tuple):
            hint = ': write ["…"]' if isinstance(value, str) else ""
            raise _Misfit(f"a list of {noun}", value, hint)
        index = 0
        try:
            for index, each in enumerate(value):  # noqa: B007 - it is read below
                if type(each) not in fitting:
                    item(each)
        except _Misfit as misfit:
            misfit.path.insert(0, f"[{index}]")
            raise

    return check


def _map(item: Check) -> Check:
    fitting = _fitting(item)

    def check(value: Any) -> None:
        if type(value) is not dict and not isinstance(value, Mapping):
            raise _Misfit("a mapping", value)
        key: Any = ""
        try:
            for key, each in value.items():
                if not isinstance(key, str):
                    raise _Misfit("str as keys", key)
                if type(each) not in fitting:
                    item(each)
        except _Misfit as misfit:
            misfit.path.insert(0, f"[{key!r}]")
            raise

    return check


def _empty_map(hint: str) -> Check:
    """Make the check of a map of which only the keys matter."""

    def item(value: Any) -> None:
        if value != {}:
            raise _Misfit("{} as a value", value, f": {hint}")

    return _map(item)


_SCALAR_TYPES: dict[Check, Types] = {}


def _scalar(kinds: tuple[type, ...], noun: str) -> Check:
    def check(value: Any) -> None:
        if (isinstance(value, bool) and bool not in kinds) or not isinstance(value, kinds):
            raise _Misfit(noun, value)

    _SCALAR_TYPES[check] = frozenset(kinds)
    return check


def _float(value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, float | int):
        raise _Misfit("a float", value)
    if not math.isfinite(value):
        raise _NotFinite("a finite number", value)


def _json(value: Any) -> None:
    """Check a value without a schema: JSON, or models."""
    if value is None or isinstance(value, str | int):
        return
    if isinstance(value, float):
        _float(value)
    elif isinstance(value, Model):
        kind: type = type(value)
        model_check(kind)(value)
    elif isinstance(value, list | tuple):
        _json_list(value)
    elif isinstance(value, Mapping):
        _json_map(value)
    else:
        raise _Misfit("JSON", value)


_json_list, _json_map = _list(_json, "JSON"), _map(_json)

_SCALARS: dict[str, Check] = {
    "Any": _json,
    "bool": _scalar((bool,), "a bool"),
    "bytes": _scalar((bytes, bytearray), "bytes"),
    "float": _float,
    "int": _scalar((int,), "an int"),
    "str": _scalar((str,), "a str"),
}


def _as_model(model: type, given: Any) -> str:
    """Suggest a model for a dict."""
    if not isinstance(given, Mapping):
        return ""
    names = in_our_names(given, layout(model).names)
    return f": write {model.__name__}({', '.join(f'{name}=…' for name in names) or '…'})"


def _described(value: Any) -> str:
    """Name a value by its type: it may be a secret."""
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return "bytes" if isinstance(value, bytes) else _article(type(value).__name__)


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'AEIOaeio' else 'a'} {noun}"


def _path(root: str, path: list[str]) -> str:
    text = root
    for part in path:
        text += part if part.startswith("[") or not text else f".{part}"
    return text or "body"
