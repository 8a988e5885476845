"""The class that all models inherit: their JSON, and the versions of the fields they lack."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import FunctionType
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias, TypeVar

from attrs import define, field, fields

from moorage.errors import OperationUnavailable
from moorage.model.decoding import empty, restore
from moorage.model.empties import ABSENT, NULL
from moorage.model.encoding import PLAIN, encode
from moorage.model.field_availability import missing_field
from moorage.model.keywords import called_here
from moorage.model.representation import model_repr

if TYPE_CHECKING:
    from inspect import Signature

__all__ = ["Data", "Layout", "Model", "Take", "layout", "nested_models"]

M = TypeVar("M", bound="Model")
_new = object.__new__
Data: TypeAlias = Mapping[str, Any]
"""A JSON object."""
Take: TypeAlias = Callable[..., Any]
"""Takes a value out of a JSON object, by its name there; a default can be given."""


class Layout(NamedTuple):
    """The fields of a model's class, in the order of its constructor."""

    names: tuple[str, ...]
    keywords: frozenset[str]
    """Keywords of the constructor: the fields and `extra`."""
    wire: tuple[str, ...]
    """The JSON names."""
    annotations: tuple[str, ...]
    places: dict[str, tuple[str, str]]
    """Name and annotation of each field, by its JSON name."""
    read: attrgetter[Any]
    """Return the values of all fields and, as the last, `extra`."""


class _ModelType(type):
    """The class of models: it suggests a keyword instead of one that a model lacks."""

    if not TYPE_CHECKING:  # a type checker sees only the constructor of attrs

        def __call__(cls, *args: Any, **values: Any) -> Any:
            try:
                return super().__call__(*args, **values)
            except TypeError:
                unknown = [name for name in values if name not in layout(cls).keywords]
                if not unknown:
                    raise
            values.clear()  # a traceback may show it
            args = ()
            raise _unknown_field(cls, unknown[0])

    @property
    def __signature__(cls) -> Signature:
        from inspect import signature

        made = signature(cls.__init__)  # type: ignore[misc]
        return made.replace(parameters=[*made.parameters.values()][1:])


@define(repr=False)
class Model(metaclass=_ModelType):
    """A JSON object of the specification."""

    _wire: ClassVar[tuple[str, ...]] = ()
    """The JSON names of the fields, in the order of the constructor."""
    _required: ClassVar[frozenset[str]] = frozenset()
    """The JSON names of the fields that are required, but for lists and maps of answers."""

    extra: dict[str, Any] = field(factory=dict, repr=False, kw_only=True)
    """Fields the specification does not define, by their JSON names."""
    _sent: tuple[Any, ...] = field(default=(), init=False, repr=False, eq=False)
    """Fields that the engine left out or sent as null: the notes of `moorage.model.decoding`."""

    __repr__ = model_repr

    def __init_subclass__(cls) -> None:
        # Each class has a copy of the code, which Python then adapts to this class: so a call of
        # `_take` costs little.
        known = Model.__dict__["from_dict"].__func__
        own = FunctionType(known.__code__.replace(), known.__globals__, known.__name__)
        own.__doc__, own.__annotations__ = known.__doc__, known.__annotations__
        cls.from_dict = classmethod(own)  # type: ignore[assignment, method-assign]

    @classmethod
    def from_dict(cls: type[M], data: Data) -> M:  # jedi does not know Self in a base class
        """Decode an engine's JSON."""
        rest = {**data}  # quicker than dict(data)
        self = _new(cls)
        try:
            cls._take(self, rest.pop, data)
        except KeyError:
            return _decode_incomplete(cls, data)
        self.extra = rest or {}
        if None in data.values():
            self._sent = _note_nulls(self, data) if cls._required else _nulls(data)
        else:
            self._sent = ()
        return self

    def _take(self, take: Take, data: Data) -> None:
        """Set the fields to values of an engine's JSON.

        Args:
            take: Takes a value out of a copy of the JSON; what is left becomes `extra`.
            data: All of the JSON.
        """
        raise NotImplementedError

    if not TYPE_CHECKING:  # a type checker sees only the names above

        def __getattr__(self, name: str) -> Any:
            raise missing_field(type(self), name)

    def to_dict(self) -> dict[str, Any]:
        """Encode as JSON; absent fields and nulls stay as the engine sent them."""
        kind: Any = type(self)
        of_class = layout(kind)
        data = {}
        values = of_class.read(self)
        # The last value is extra.
        for wire, value in zip(of_class.wire, values, strict=False):
            if value is None:
                continue
            given = type(value)
            if given in PLAIN:
                data[wire] = value
            elif value or given not in ABSENT:
                data[wire] = None if not value and given in NULL else encode(value)
        if self._sent:
            restore(data, dict(zip(of_class.wire, values, strict=False)), self._sent)
        data.update(values[-1])
        return data


def _unknown_field(model: type, name: str) -> Exception:
    """Make the error for a keyword of a constructor that a model does not have."""
    ours = called_here(name, layout(model).names)
    if ours is not None:
        return TypeError(f"{model.__name__}: {name}= is called {ours}= here")
    missing = missing_field(model, name)
    if isinstance(missing, OperationUnavailable):
        return missing
    return TypeError(f"{model.__name__} takes no {name}=")


def _decode_incomplete(model: type[M], data: Data) -> M:
    """Decode an engine's JSON that lacks a required field, with the type's empty value instead."""
    of_class: Any = model
    lacking = dict.fromkeys(of_class._required - data.keys())
    made = of_class.from_dict({**data, **lacking})
    made._sent = tuple(
        (each[0], each[1], ...) if not isinstance(each, str) and each[0] in lacking else each
        for each in made._sent
    )
    decoded: M = made
    return decoded


def _note_nulls(model: Any, data: Data) -> tuple[Any, ...]:
    """Note the nulls that an engine sent; a required field gets its type's empty value."""
    kind: Any = type(model)
    required = kind._required
    sent: list[Any] = []
    for wire, found in data.items():
        if found is None:
            if wire in required:
                name, annotation = layout(kind).places[wire]
                value = getattr(model, name)
                if value is None:
                    value = empty(annotation, vars(sys.modules[kind.__module__]))
                    setattr(model, name, value)
                sent.append((wire, value, None))
            else:
                sent.append(wire)
    return tuple(sent)


def _nulls(data: Data) -> tuple[str, ...]:
    """List the fields that an engine sent as null, by their JSON names."""
    return tuple([wire for wire, found in data.items() if found is None])


@cache
def layout(model: Any) -> Layout:
    """Return the layout of a class."""
    own = [each for each in fields(model) if each.name != "extra" and each.name[0] != "_"]
    names = tuple(each.name for each in own)
    annotations = tuple(str(each.type) for each in own)
    return Layout(
        names,
        frozenset({*names, "extra"}),
        model._wire,
        annotations,
        dict(zip(model._wire, zip(names, annotations, strict=True), strict=True)),
        attrgetter(*names, "extra"),
    )


def nested_models(model: type) -> dict[str, type]:
    """Return the classes of the fields that hold one model."""
    known = vars(sys.modules[model.__module__])
    of_class = layout(model)
    found: dict[str, type] = {}
    for name, annotation in zip(of_class.names, of_class.annotations, strict=True):
        value = known.get(annotation.removesuffix(" | None"))
        if isinstance(value, type) and issubclass(value, Model):
            found[name] = value
    return found
