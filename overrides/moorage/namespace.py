"""Namespaces: the operations of one tag of the specification, e.g. `engine.containers`."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import Parameter, signature
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, get_overloads

if TYPE_CHECKING:
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = [
    "AsyncNamespace",
    "Namespace",
    "namespaces",
    "no_attribute",
    "not_opened",
    "pascal",
    "request_builder",
    "verbs",
]


class Operation:
    """A method, of a namespace or a verb, whose module is imported when it is first asked for."""

    def __init__(self, module: str, owner: str) -> None:
        self.module = module
        self.owner = owner

    def __set_name__(self, namespace: type, name: str) -> None:
        self.namespace = namespace
        self.name = name

    def __get__(self, instance: object, namespace: type | None = None) -> Any:
        function = vars(getattr(import_module(self.module), self.owner))[self.name]
        if issubclass(self.namespace, Namespace | AsyncNamespace):
            show_fields(function)
        setattr(self.namespace, self.name, function)
        return function.__get__(instance, namespace)


def request_builder(method: Any) -> Any:
    """Return the function that builds the request of an operation's method."""
    return vars(sys.modules[method.__module__])[f"_{method.__name__.rstrip('_')}_request"]


def no_attribute(owner: Any, name: str) -> NoReturn:
    """Raise the error that explains a missing attribute of an engine or a namespace."""
    if name.startswith("_"):
        raise AttributeError(name)
    from moorage.availability import unavailable

    # A namespace may be shared by many versions: only its engine knows which one is in use.
    version = getattr(type(owner), "api_version", None) or owner._transport.pool.version
    raise unavailable(type(owner).__name__, getattr(type(owner), "name", None), name, version)


def not_opened(_connecting: Any, name: str) -> NoReturn:
    """Raise the error that explains how to open an asynchronous engine."""
    if name.startswith("_"):
        raise AttributeError(name)
    raise AttributeError(
        f"{name}: the engine is not open yet: `async with connect_async() as engine:`,"
        " or `engine = await connect_async()`"
    )


def show_fields(function: Any) -> None:
    """Let `inspect.signature` and `help` list the fields of a body that a method takes by name."""
    if overloads := get_overloads(function):
        own = signature(function)
        known = {**signature(overloads[-1]).parameters, **own.parameters}
        # Required fields are optional here: a body may be given instead.
        shown = [
            each.replace(default=None) if name not in own.parameters else each
            for name, each in known.items()
            if each.kind is not Parameter.VAR_KEYWORD
        ]
        shown.sort(key=lambda each: (each.kind, each.name not in own.parameters))
        function.__signature__ = own.replace(parameters=shown)


def _show_inherited(namespace: type) -> None:
    """Do so for the methods that a namespace inherits, as it does in a vendored copy."""
    if "name" in vars(namespace):
        for base in namespace.__mro__:
            for each in vars(base).values():
                if isinstance(each, FunctionType):
                    show_fields(each)


class Namespace:
    """The operations of one tag of the specification, e.g. `engine.containers`."""

    name: ClassVar[str]
    """The engine's attribute, e.g. "containers"."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __init_subclass__(cls) -> None:
        _show_inherited(cls)

    if not TYPE_CHECKING:
        __getattr__ = no_attribute


class AsyncNamespace:
    """Asynchronous form of `Namespace`."""

    name: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def __init_subclass__(cls) -> None:
        _show_inherited(cls)

    if not TYPE_CHECKING:
        __getattr__ = no_attribute


def namespaces(name: str, module: str, doc: str, **operations: str) -> tuple[Any, Any]:
    """Make the sync and the async class of a generated namespace.

    Args:
        name: The sync class's name, e.g. "Containers".
        module: The namespace's module, e.g. "moorage_api.since.v1_48.namespaces.containers".
        doc: The docstring of both.
        operations: The methods, separated by spaces, by the version of their modules.
    """
    root, _, _, tag = module.rsplit(".", 3)
    place = f"{root}.{{}}.operations.{tag}"

    def made(prefix: str, base: type) -> Any:
        members = _methods(operations, place, prefix + name, "Operation")
        members |= {"name": tag, "__module__": module, "__doc__": doc}
        return type(f"{prefix}{name}", (base,), members)

    return made("", Namespace), made("Async", AsyncNamespace)


def verbs(module: str, **versions: str) -> tuple[Any, Any]:
    """Make the sync and the async class of a version's verbs.

    Args:
        module: The module of the version's engine, e.g. "moorage_api.v1_48.engine".
        versions: The verbs, separated by spaces, by the version of their modules.
    """
    place = f"{module.partition('.')[0]}.since.{{}}.methods"

    def made(prefix: str) -> Any:
        members = _methods(versions, place, prefix, "Verb")
        return type(f"_{prefix}Verbs", (), {**members, "__module__": module})

    return made(""), made("Async")


def _methods(versions: dict[str, str], place: str, prefix: str, suffix: str) -> dict[str, Any]:
    """Make the methods of a class: `archive_info` is in the class `{prefix}ArchiveInfo{suffix}`."""
    return {
        name: Operation(place.format(version), f"{prefix}{pascal(name)}{suffix}")
        for version, names in versions.items()
        for name in names.split()
    }


def pascal(name: str) -> str:
    """Write a method's name in PascalCase, as the name of its class has it."""
    return "".join(map(str.capitalize, name.split("_")))
