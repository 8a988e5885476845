"""Engines that explain the gaps of their API version, instead of raising a plain TypeError.

Engines pinned by their class need no guard: a type checker knows their operations. Engines chosen
by a string, or negotiated, are guarded: their classes are subclasses of the generated ones, which
explain a keyword that the version does not take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, wraps
from types import MethodType
from typing import Any, TypeVar

from moorage.availability import unavailable_keyword
from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.namespace import AsyncNamespace, Namespace

__all__ = ["guarded"]

E = TypeVar("E", bound=EngineBase | AsyncEngineBase)


def guarded(engine: type[E]) -> type[E]:
    """Make the subclass of an engine's class that explains the gaps of its version.

    Args:
        engine: A generated class, Engine or AsyncEngine.
    """
    base: Any = engine
    subclass: type[E] = _subclass(base, engine.api_version, _guard_member)
    return subclass


@cache
def _subclass(base: Any, version: str, guard: Callable[[Any, str], Any]) -> Any:
    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        value = base.__getattribute__(self, name)
        if name.startswith("_"):
            return value
        guarded = guard(value, version)
        # An engine that held a method of its own would be left to the garbage collector.
        if guarded is not value and not (guard is _guard_member and isinstance(value, MethodType)):
            # The base's look-up finds it from now on.
            self.__dict__[name] = guarded
        return guarded

    return type(
        base.__name__,
        (base,),
        {
            "__doc__": base.__doc__,
            "__getattribute__": __getattribute__,
            "__module__": base.__module__,
            "__qualname__": base.__qualname__,
            # A namespace that did not change is an older version's class.
            "api_version": version,
            "is_guarded": True,
        },
    )


def _guard_member(value: Any, version: str) -> Any:
    """Guard a namespace or a verb."""
    if isinstance(value, MethodType):
        return _guard_method(value, version)
    if not isinstance(value, Namespace | AsyncNamespace) or hasattr(type(value), "is_guarded"):
        return value
    base: Any = type(value)
    return _subclass(base, version, _guard_method)(value._transport)


def _guard_method(value: Any, version: str) -> Any:
    if not isinstance(value, MethodType):
        return value

    @wraps(value)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return value(*args, **kwargs)
        except TypeError:
            # Only failed calls are inspected: others cost nothing.
            namespace = getattr(value.__self__, "name", None)
            operation = ".".join(filter(None, [namespace, value.__name__]))
            error = unavailable_keyword(operation, kwargs, version)
            if error is None:
                raise
        finally:
            # A traceback may show their secrets.
            args = ()
            kwargs.clear()
        raise error

    return call
