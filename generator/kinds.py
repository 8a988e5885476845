"""The kinds of operations: results, their modules, and options of calls.

A new kind is a row of this table, a module of `moorage.streams`, and an action in overrides/spec.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["KINDS", "PROGRESS", "TIMEOUT", "Kind", "Option"]


class Option(NamedTuple):
    """A keyword of a method that is not sent to the engine: a setting of the call."""

    name: str
    annotation: str
    default: str
    doc: str


TIMEOUT = Option(
    "timeout",
    "float | None",
    "None",
    "Seconds to wait for the engine; defaults to `connect(timeout=)`.",
)
TIMEOUTS = (
    Option(
        "idle_timeout",
        "float | None",
        "None",
        "Raise `TimedOut` after this many seconds without data in either direction.",
    ),
    Option(
        "total_timeout",
        "float | None",
        "None",
        "Raise `TimedOut` after this many seconds in total.",
    ),
)
PROGRESS = Option(
    "progress",
    "Progress | None",
    "None",
    "Called with the number of bytes sent so far.",
)
RAISE_ERRORS = Option(
    "raise_errors",
    "bool",
    "True",
    "Raise the errors that the engine reports; False yields them as items.",
)


class Kind(NamedTuple):
    """One kind of operation; `x-moorage-kind` names it."""

    name: str
    gives: str
    """The annotation of the result; `{item}` is the type that a response is decoded to."""
    call: str
    """The transport's method, or the class of the stream, whose asynchronous form is `Async…`."""
    home: str = ""
    """The module of moorage that holds the class; empty for types of Python."""
    awaited: bool = True
    """Whether the asynchronous method is awaited; a stream is iterated instead."""
    described: bool = False
    """Whether the schema of a success describes an item."""
    item: str = "Any"
    """The type of an item that no schema describes."""
    decode: str | None = None
    """The function that decodes an item; None derives it from the schema."""
    options: tuple[Option, ...] = (TIMEOUT,)

    @property
    def names(self) -> tuple[str, ...]:
        """The names that generated code imports from the home."""
        if not self.home:
            return ()
        return (self.item,) if self.awaited else (self.call, f"Async{self.call}")

    def options_with(self, *, uploads: bool) -> tuple[Option, ...]:
        """Return the options of a method, which may upload a body that is sent as it is."""
        if not uploads:
            return self.options
        more = (each for each in self.options if each not in (TIMEOUT, *TIMEOUTS))
        return (*TIMEOUTS, PROGRESS, *more)


def _stream(name: str, call: str, home: str, *more: Option) -> Kind:
    return Kind(name, call, call, f"streams.{home}", awaited=False, options=(*TIMEOUTS, *more))


def _items(name: str, call: str, home: str, *more: Option) -> Kind:
    kind = _stream(name, call, home, *more)
    return kind._replace(gives=f"{call}[{{item}}]", described=True, item="dict[str, Any]")


KINDS = {
    kind.name: kind
    for kind in (
        Kind("json", "{item}", "json", described=True),
        Kind("nothing", "None", "nothing"),
        Kind("text", "str", "text"),
        Kind("headers", "{item}", "headers", item="dict[str, str]"),
        Kind(
            "path_stat",
            "{item}",
            "headers",
            home="archives.path_stat",
            item="PathStat",
            decode="PathStat.from_headers",
        ),
        _stream("frames", "Frames", "frames"),
        _items("json_stream", "JsonStream", "json_stream", RAISE_ERRORS),
        _items("events", "Events", "events"),
        _stream("download", "Download", "download"),
        _stream("hijack", "Session", "session"),
        _stream("websocket", "WebSocket", "websocket"),
    )
}
