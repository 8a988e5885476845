"""The arguments of a build: which go together, and what the engine calls them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from os import PathLike
from typing import Any

from moorage.archives.context import Context, text_of
from moorage.auth.auto import Auto
from moorage.model.base import Model
from moorage.model.encoding import encode
from moorage.parse.host_names import hosts
from moorage.parse.sizes import size
from moorage.verbs.buildkit_build import Given

__all__ = ["check", "check_mappings", "renamed"]


def _limits(ulimits: Iterable[Any]) -> str:
    """Encode limits of processes as JSON."""
    limits = [*ulimits]
    for each in limits:
        if not (isinstance(each, Model) and type(each).__name__ == "Ulimit"):
            raise TypeError(f"build: ulimits= is a list of Ulimit, not of {type(each).__name__}")
    return json.dumps(encode(limits))


# Options by our names: the engine's name, and the parser.
_OPTIONS = {
    "no_cache": ("nocache", None),
    "cache_from": ("cachefrom", list),
    "network": ("networkmode", None),
    "add_hosts": ("extrahosts", hosts),
    "shm_size": ("shmsize", size),
    "ulimits": ("ulimits", _limits),
}

# Our names for the engine's.
_OTHERS = {theirs: ours for ours, (theirs, _) in _OPTIONS.items() if theirs != ours} | {
    "buildargs": "args",
    "outputs": "output",
    "registry_config": "auth",
    "t": "tags",
    "version": "builder",
}


def check(given: Given, tags: str | Iterable[str] | None, remote: str | None) -> None:
    """Check the arguments that are files, destinations or credentials.

    Raises:
        TypeError: One is of another type, or there is no context, or two.
        ValueError: Some don't go together.
    """
    if (given.context is None) == (remote is None):
        raise TypeError("build takes a context: a folder or files, or else remote=")
    if not isinstance(given.context, str | PathLike | Mapping | Context | None):
        kind = type(given.context).__name__
        raise TypeError(f"build takes a folder, files by their names, or a Context, not {kind}")
    if isinstance(given.context, str) and "://" in given.context:
        raise ValueError("build: give the URL of a context as remote=")
    if not isinstance(given.auth, Mapping | Auto | None):
        kind = type(given.auth).__name__
        raise TypeError(f"build: auth= is a mapping of registries to RegistryAuth, not {kind}")
    if tags == "":
        raise ValueError("build: tags= is empty: give the name of the image, or None")
    if remote is not None and text_of(given.dockerfile) is not None:
        raise ValueError("build: with remote=, dockerfile= is a path in it, not a text")
    if isinstance(given.context, Context) and given.dockerfile is not None:
        raise ValueError("give dockerfile= to moorage.context(), which makes the context")
    if isinstance(given.context, Context) and given.contexts:
        raise ValueError("build: contexts= takes a folder or files beside it, not an archive")
    output = given.output
    if isinstance(output, str) and output != "image":
        raise TypeError(f'output is "image", a Path, a binary file or None, not {output!r:.100}')
    if not (output is None or isinstance(output, str | PathLike) or hasattr(output, "write")):
        raise TypeError(f"output is a Path or a binary file, not {type(output).__name__}")
    if tags and output != "image":
        raise ValueError("build: tags= name an image, and output= makes none")


def check_mappings(kinds: Mapping[str, type]) -> None:
    """Check the types of keywords that are mappings.

    Raises:
        TypeError: One is of another type.
    """
    for name, kind in kinds.items():  # no values, which a traceback may show
        if not issubclass(kind, Mapping | None):
            raise TypeError(f"build: {name}= is a mapping, not {kind.__name__}")


def renamed(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return parameters of `images.build` by the engine's names, encoded where ours differ.

    Raises:
        TypeError: A name is the engine's, and another here.
        ValueError: A value is malformed.
    """
    result: dict[str, Any] = {}
    for name, value in fields.items():
        if name in _OTHERS:
            raise TypeError(f"build: {name}= is called {_OTHERS[name]}= here")
        theirs, read = _OPTIONS.get(name, (name, None))
        result[theirs] = value if value is None or read is None else read(value)
    return result
