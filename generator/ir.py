"""The intermediate representation (IR): one API version as plain data.

Two values are equal when they have the same shape. Prose is left out of the comparison, so that a
corrected typo does not make a new module.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = [
    "Api",
    "Body",
    "Choice",
    "Either",
    "Field",
    "ListOf",
    "MapOf",
    "Model",
    "Operation",
    "Parameter",
    "Process",
    "Ref",
    "Scalar",
    "Type",
    "refs",
]


@dataclass(frozen=True)
class Scalar:
    """A type of Python's own: "str", "int", "float", "bool", "bytes" or "Any"."""

    name: str


@dataclass(frozen=True)
class Choice:
    """An open enum: these values, or another of the same type that a newer engine invents."""

    values: tuple[str | int, ...]
    base: str


@dataclass(frozen=True)
class ListOf:
    """A JSON array."""

    item: Type


@dataclass(frozen=True)
class MapOf:
    """A JSON object whose keys are data."""

    value: Type


@dataclass(frozen=True)
class Ref:
    """A model of the same API version, by its name."""

    model: str


@dataclass(frozen=True)
class Either:
    """A type, or a scalar in its place; the scalar "None" is a meaningful null."""

    type: Type
    scalar: Scalar


Type: TypeAlias = Scalar | Choice | ListOf | MapOf | Ref | Either


@dataclass(frozen=True)
class Field:
    """A property of a model."""

    wire: str
    name: str
    type: Type
    required: bool
    doc: str = field(default="", compare=False)
    since: str = field(default="", compare=False)
    secret: bool = False
    """Whether its value must not show in the model's repr."""
    variables: bool = False
    """Whether it is a list of variables, "KEY=value", that may be given as a mapping."""
    empty: bool = False
    """Whether null and absence are read as the empty list or map."""


@dataclass(frozen=True)
class Model:
    """A schema with properties, which becomes a class."""

    name: str
    fields: tuple[Field, ...]
    doc: str = field(default="", compare=False)
    since: str = field(default="", compare=False)


@dataclass(frozen=True)
class Parameter:
    """A parameter of an operation; `encoding` is one of `generator.encodings`."""

    wire: str
    name: str
    type: Type
    place: str
    required: bool
    encoding: str
    doc: str = field(default="", compare=False)
    since: str = field(default="", compare=False)


@dataclass(frozen=True)
class Body:
    """The body of a request; its type is `bytes` where it is sent as it is."""

    name: str
    type: Type
    required: bool
    content_type: str
    doc: str = field(default="", compare=False)


@dataclass(frozen=True)
class Process:
    """Endpoints that describe a stream's process, and paths through their JSON."""

    path: str
    tty: tuple[str, ...]
    running: tuple[str, ...] = ()
    exit_code: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    restarts: tuple[str, ...] = ()
    detach_keys: tuple[str, ...] = ()
    pid: tuple[str, ...] = ()
    container: tuple[str, ...] = ()
    resize: str | None = None

    @property
    def ways(self) -> dict[str, tuple[str, ...]]:
        """The paths to facts, by name."""
        return {name: value for name, value in vars(self).items() if isinstance(value, tuple)}


@dataclass(frozen=True)
class Operation:
    """One operation: a method on an endpoint."""

    id: str
    namespace: str
    name: str
    method: str
    path: str
    kind: str
    parameters: tuple[Parameter, ...]
    body: Body | None
    result: Type | None
    """None where the answer has no JSON that a schema describes."""
    may_be_empty: bool
    """One of the statuses of success has no body."""
    upgrade: str | None = None
    """The protocol that a hijacked connection is upgraded to."""
    process: Process | None = None
    detach: str | None = None
    """The JSON name of the body's property that makes the engine answer at once."""
    doc: str = field(default="", compare=False)
    errors: tuple[tuple[str, str], ...] = field(default=(), compare=False)
    since: str = field(default="", compare=False)

    @property
    def body_model(self) -> str | None:
        """The name of the body's model, whose fields can be given one by one."""
        if self.body is not None and isinstance(self.body.type, Ref):
            return self.body.type.model
        return None


@dataclass(frozen=True)
class Api:
    """One API version."""

    version: str
    models: dict[str, Model]
    operations: tuple[Operation, ...]


def refs(type_: Type | None) -> Iterator[str]:
    """List the models that a type refers to."""
    match type_:
        case Ref(model):
            yield model
        case ListOf(item):
            yield from refs(item)
        case MapOf(value):
            yield from refs(value)
        case Either(either):
            yield from refs(either)
