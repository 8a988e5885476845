"""What the API version in use lacks, told in words instead of an AttributeError or TypeError.

Engines that are pinned by their class need none of this: a type checker knows what they have.
Those that are chosen by a string, or negotiated, are guarded: their classes are subclasses of the
generated ones, which explain a keyword that the version does not take.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, wraps
from importlib import import_module
from types import MethodType
from typing import Any, TypeVar

from moorage.contract import AsyncNamespace, Namespace
from moorage.engine_base import AsyncEngineBase, EngineBase
from moorage.errors import OperationUnavailable
from moorage.keywords import called_here
from moorage.version_spans import lacking
from moorage.versions import number

__all__ = ["guarded", "unavailable"]

_SPEAKER = "this engine speaks"
E = TypeVar("E", bound=EngineBase | AsyncEngineBase)


def unavailable(owner: Any, name: str) -> AttributeError:
    """Make the error for a namespace or an operation that an engine's API version lacks.

    Returns:
        An `OperationUnavailable` if another version has it, else a plain `AttributeError`.
    """
    known = import_module("moorage_api.availability").OPERATIONS
    # A namespace has the version only where it is guarded: it may be shared by many.
    version = getattr(type(owner), "api_version", None) or owner._transport.version
    if isinstance(owner, EngineBase | AsyncEngineBase):
        what = name
        spans = [each for key, each in known.items() if key.partition(".")[0] == name]
    else:
        what = f"{getattr(type(owner), 'name', '')}.{name}"
        spans = [known[what]] if what in known else []
    if not spans:
        return AttributeError(f"{type(owner).__name__!r} object has no attribute {name!r}")
    return OperationUnavailable(lacking(what, spans, _SPEAKER, version))


def guarded(engine: type[E]) -> type[E]:
    """Make the subclass of an engine's class that explains what its version lacks.

    Args:
        engine: a generated class, Engine or AsyncEngine.
    """
    base: Any = engine
    subclass: type[E] = _subclass(base, engine.api_version, _guard_namespace)
    return subclass


def _within(span: tuple[str, str], version: str) -> bool:
    return number(span[0]) <= number(version) <= number(span[1])


@cache
def _subclass(base: Any, version: str, guard: Callable[[Any, str], Any]) -> Any:
    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        value = base.__getattribute__(self, name)
        return value if name.startswith("_") else guard(value, version)

    return type(
        base.__name__,
        (base,),
        {
            "__doc__": base.__doc__,
            "__getattribute__": __getattribute__,
            "__module__": base.__module__,
            "__qualname__": base.__qualname__,
            "__slots__": (),
            # A namespace that did not change is an older version's class.
            "api_version": version,
        },
    )


def _guard_namespace(value: Any, version: str) -> Any:
    if not isinstance(value, Namespace | AsyncNamespace):
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
            # Only a call that failed is looked into: the others cost nothing.
            error = _unknown_keyword(value, kwargs, version)
            if error is None:
                raise
        raise error

    return call


def _unknown_keyword(
    method: MethodType, keywords: Iterable[str], version: str
) -> OperationUnavailable | TypeError | None:
    what = f"{method.__self__.name}.{method.__name__}"  # type: ignore[attr-defined]
    known = import_module("moorage_api.availability").KEYWORDS.get(what, {})
    for name in keywords:
        if name in known and not _within(known[name], version):
            return OperationUnavailable(
                lacking(f"{what}({name}=)", [known[name]], _SPEAKER, version)
            )
        ours = None if name in known else called_here(name, known)
        if ours is not None:
            return TypeError(f"{what}: {name}= is called {ours}= here")
    return None
