"""Every operation takes values of the right types, and refuses each of a wrong one by its name."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from importlib import import_module
from typing import Any

import pytest
from attrs import evolve

import moorage
from moorage.model.base import Model, layout
from moorage.namespace import request_builder
from moorage_api import newest, v1_25, v1_44
from tests.facade.recorder import recorded

VERSIONS = {"1.25": v1_25, "1.44": v1_44, "newest": newest}


class Wrong(Model):
    """A model that belongs nowhere."""


SCALARS: dict[str, Any] = {
    "str": "x", "int": 1, "float": 0.5, "bool": True, "bytes": b"x", "Any": {"a": 1},
}  # fmt: skip


class Types:
    """Right values and wrong ones, by a type as Python writes it."""

    def __init__(self, module: str) -> None:
        self.module = module

    def right(self, node: ast.expr, depth: int = 0) -> Any:
        """Return a value of the type, with all its fields set; None where it is too deep."""
        match node:
            case ast.BinOp(left, ast.BitOr(), ast.Constant(None)):
                return self.right(left, depth)
            case ast.BinOp(ast.Subscript(ast.Name("Literal")), ast.BitOr(), base):
                return self.right(base, depth)
            case ast.Subscript(ast.Name("list"), item):
                return [self.right(item, depth)]
            case ast.Subscript(ast.Name("dict"), ast.Tuple([_, item])):
                return {"k": self.right(item, depth)}
            case ast.Name(name) if name in SCALARS:
                return SCALARS[name]
            case ast.Name(name):
                return filled(getattr(import_module(self.module), name), depth + 1)
        raise AssertionError(ast.unparse(node))


def filled(model: Any, depth: int = 0) -> Any:
    """Make a model all of whose fields have a value."""
    types = Types(model.__module__)
    given: dict[str, Any] = {}
    for name, annotation in zip(layout(model).names, layout(model).annotations, strict=True):
        if name in ("volumes", "exposed_ports") and annotation.startswith("dict[str, dict["):
            given[name] = {"k": {}}
        elif depth < 8:  # some models are within themselves
            given[name] = types.right(ast.parse(annotation, mode="eval").body, depth)
    return model(**given)


def spoiled(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Return copies of a value, each with one part of a wrong type, and the way to that part."""
    if isinstance(value, Model):
        kind: Any = type(value)
        for name in layout(kind).names:
            inside = f"{path}.{name}" if path else name
            part = getattr(value, name)
            for where, wrong in spoiled(part, inside):
                yield where, evolve(value, **{name: wrong})
    elif isinstance(value, list):
        for where, wrong in spoiled(value[0], f"{path}[0]"):
            yield where, [wrong]
    elif isinstance(value, dict) and value and value != SCALARS["Any"]:
        for where, wrong in spoiled(value["k"], f"{path}['k']"):
            yield where, {"k": wrong}
    if path and value is not None:
        for wrong in wrong_values(value):
            # A mapping is converted to its type, or refused, at once.
            if not (path.endswith("env") and isinstance(wrong, Mapping)):
                yield path, wrong


def wrong_values(value: Any) -> list[Any]:
    """Return values that are of no type like a value's."""
    if value == SCALARS["Any"]:
        return [object(), b"x"]
    wrong: list[Any] = [object(), 5j, Wrong]
    if not isinstance(value, dict):
        wrong.append({"a": object()})
    if not isinstance(value, str):
        wrong.append("x")
    if not isinstance(value, bytes):
        wrong.append(b"x")
    if not isinstance(value, list):
        wrong.append([object()])
    if not isinstance(value, Model):
        wrong.append(newest.HealthConfig())
    else:
        wrong.append(newest.Topology() if type(value).__name__ == "HealthConfig" else HEALTH)
    if isinstance(value, bool) or not isinstance(value, int | float):
        wrong.append(5)
    if not isinstance(value, bool):
        wrong.append(True)
    if isinstance(value, int) and not isinstance(value, bool):
        wrong.append(0.5)
    return wrong


HEALTH = newest.HealthConfig()


def operations(version: Any) -> Iterator[tuple[str, Callable[..., Any], Any]]:
    """Return the operations of a version: names, methods, and what keeps their requests."""
    engine, recorder = recorded(version.Engine)
    for namespace in dir(version.Engine):
        if isinstance(vars(version.Engine).get(namespace), cached_property):
            names = getattr(engine, namespace)
            for name in vars(type(names)):
                if not name.startswith("_") and name != "name":
                    yield f"{namespace}.{name}", getattr(names, name), recorder


def annotations_of(method: Callable[..., Any]) -> dict[str, str]:
    """Return the annotations of the function that builds an operation's request."""
    own = {"return", "fields", "api_version"}
    given = request_builder(method).__annotations__.items()
    return {name: text for name, text in given if name not in own}


def values_of(name: str, annotation: str, models: Any) -> tuple[Any, list[Any]]:
    """Return a right value of a parameter, and wrong ones."""
    annotation = annotation.removesuffix(" | None")
    wrong: list[Any] = [object(), 5j]
    if "RegistryAuth" in annotation:
        auth = moorage.RegistryAuth("u", "p")
        return ({"r": auth}, [*wrong, {"r": {}}]) if "Map" in annotation else (auth, [*wrong, {}])
    known: dict[str, tuple[Any, list[Any]]] = {
        "AsyncContent": (b"", []),
        "Filters": ({"a": "b"}, ["a=b", {"a": None}, {"a": b"x"}, {"a": {"b": "c"}}]),
        "PointInTime": (5, [True, b"5", [5]]),
        "Mapping[str, str | None]": ({"a": "b"}, [{"a": 5}, ["a=b"], "a"]),
        "bool": (True, [1, "true", {}, HEALTH]),
        "dict[str, str]": ({"a": "b"}, [{"a": 5}, ["a=b"], "a", HEALTH]),
        "float": (0.5, [True, "1", {}, HEALTH]),
        "int": (5, [True, "5", 0.5, {}, HEALTH]),
        "list[str]": (["a"], ["a", [5], {"a": "b"}, HEALTH]),
        "str": ("x", [5, True, b"x", {}, ["x"], HEALTH]),
        "str | int": ("5", [True, 0.5, {}, ["x"], HEALTH]),
    }
    if annotation in known:
        right, more = known[annotation]
        return right, [*wrong, *more] if more else []
    if "OCIPlatform" in annotation:
        right = newest.OCIPlatform(os="linux", architecture="amd64")
        return right, [*wrong, 5, {"os": "linux"}, newest.Platform(), HEALTH]
    if "Iterable[" in annotation:
        return ["x"], [*wrong, 5, [5], {"a": "b"}, b"x", HEALTH]
    if annotation.startswith("Literal["):
        return "x", [*wrong, 5, True, {}, ["x"], HEALTH]
    if annotation.startswith("list["):
        return [filled(getattr(models, annotation[5:-1]))], []
    return filled(getattr(models, annotation)), []


@pytest.mark.parametrize("version", VERSIONS)
def test_every_body(version: str) -> None:
    models = VERSIONS[version]
    bodies = refused = 0
    for name, method, recorder in operations(models):
        annotations = annotations_of(method)
        right = {each: values_of(each, text, models)[0] for each, text in annotations.items()}
        method(**right)
        body = right.get("body")
        if body is None:
            continue
        bodies += 1
        assert recorder.sent.json
        for path, wrong in spoiled(body, "body" if isinstance(body, list) else ""):
            with pytest.raises(TypeError) as caught:
                method(**{**right, "body": wrong})
            message = str(caught.value)
            assert message.startswith(f"{name}: {path}"), (message, path)
            assert " takes " in message
            refused += 1
    assert bodies >= 20
    assert refused > 2000


@pytest.mark.parametrize("version", VERSIONS)
def test_every_parameter(version: str) -> None:
    models = VERSIONS[version]
    refused = 0
    for name, method, _ in operations(models):
        annotations = annotations_of(method)
        values = {each: values_of(each, text, models) for each, text in annotations.items()}
        right = {each: value for each, (value, _) in values.items()}
        method(**right)
        for each, (_, wrongs) in values.items():
            for wrong in wrongs:
                with pytest.raises(TypeError) as caught:
                    method(**{**right, each: wrong})
                message = str(caught.value).removeprefix(f"{name}: ")
                assert message.startswith(each), (name, each, wrong)
                assert " takes " in str(caught.value)
                refused += 1
    assert refused > 500
