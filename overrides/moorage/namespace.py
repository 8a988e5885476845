"""Namespaces: the operations of one tag of the specification, e.g. `engine.containers`."""

from __future__ import annotations

from importlib import import_module
from inspect import Parameter, signature
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, get_overloads

if TYPE_CHECKING:
    from moorage.transport.asynchronous import AsyncTransport
    from moorage.transport.sync import Transport

__all__ = ["AsyncNamespace", "Namespace", "Operation", "namespaces", "no_attribute", "not_opened"]


class Operation:
    """A namespace's method whose module is imported when the method is first asked for."""

    def __init__(self, module: str, owner: str) -> None:
        self.module = module
        self.owner = owner

    def __set_name__(self, namespace: type, name: str) -> None:
        self.namespace = namespace
        self.name = name

    def __get__(self, instance: object, namespace: type | None = None) -> Any:
        function = vars(getattr(import_module(self.module), self.owner))[self.name]
        setattr(self.namespace, self.name, function)
        return function.__get__(instance, namespace)


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


def show_fields(owner: type) -> None:
    """Let `inspect.signature` and `help` list the fields of a body that methods take by name."""
    for function in vars(owner).values():
        if isinstance(function, FunctionType) and (overloads := get_overloads(function)):
            own = signature(function)
            known = {**signature(overloads[-1]).parameters, **own.parameters}
            # Required fields are optional here: a body may be given instead.
            shown = [
                each.replace(default=None) if name not in own.parameters else each
                for name, each in known.items()
                if each.kind is not Parameter.VAR_KEYWORD
            ]
            shown.sort(key=lambda each: (each.kind, each.name not in own.parameters))
            function.__signature__ = own.replace(parameters=shown)  # type: ignore[attr-defined]


class Namespace:
    """The operations of one tag of the specification, e.g. `engine.containers`."""

    name: ClassVar[str]
    """The engine's attribute, e.g. "containers"."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def __init_subclass__(cls) -> None:
        show_fields(cls)

    if not TYPE_CHECKING:
        __getattr__ = no_attribute


class AsyncNamespace:
    """Asynchronous form of `Namespace`."""

    name: ClassVar[str]

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    def __init_subclass__(cls) -> None:
        show_fields(cls)

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

    def made(prefix: str, base: type) -> Any:
        members: dict[str, Any] = {"name": tag, "__module__": module, "__doc__": doc}
        for version, methods in operations.items():
            home = f"{root}.{version}.operations.{tag}"
            for method in methods.split():
                words = "".join(map(str.capitalize, method.split("_")))
                members[method] = Operation(home, f"{prefix}{name}{words}Operation")
        return type(f"{prefix}{name}", (base,), members)

    return made("", Namespace), made("Async", AsyncNamespace)
