"""The source texts of a copy: installed modules, for one version and some namespaces."""

from __future__ import annotations

import ast
from collections.abc import Collection
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path

from moorage.vendor.edits import Edits
from moorage.vendor.errors import VendorError
from moorage.vendor.fold import fold
from moorage.vendor.fold_verbs import FoldedVerbs, verb_homes, verb_types
from moorage.vendor.needs import namespaces_of
from moorage.vendor.trim import with_verbs, without_namespaces
from moorage.versions.numbers import package_name

__all__ = ["Sources", "find", "imported"]

_INSTEAD = {
    "moorage.availability": "moorage.vendor.instead.availability",
    "moorage.connect": "moorage.vendor.instead.connect",
    "moorage.model.field_availability": "moorage.vendor.instead.field_availability",
}

_TELL_PROGRESS = {
    *("build", "load", "pull", "push"),
    *("deploy", "rollback", "scale", "wait_converged"),
}
_WAIT_FOR_SERVICES = {
    *("deploy", "put_config", "put_secret", "rollback", "scale", "wait_converged"),
}
_FRAMES = {"Frames", "Session", "WebSocket"}
_STREAMS = [
    prefix + name
    for prefix in ("", "Async")
    for name in ("Download", "Events", "Frames", "JsonStream", "Session", "WebSocket")
]


def find(module: str) -> Path | None:
    """Return the file of an installed module; None if there is none."""
    root, *inside = module.split(".")
    folder = Path(next(iter(import_module(root).__path__))).joinpath(*inside)
    for file in (folder / "__init__.py", folder.with_name(folder.name + ".py")):
        if file.is_file():
            return file
    return None


@cache
def _read(module: str) -> str:
    file = find(module)
    if file is None:
        raise VendorError(f"the module {module} is not installed: reinstall moorage")
    return file.read_text(encoding="utf-8")


def imported(tree: ast.AST) -> dict[str, str]:
    """Return the names imported from moorage, and the module of each."""
    return {
        each.name: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for each in node.names
        if node.module.partition(".")[0] in ("moorage", "moorage_api")
    }


class Sources:
    """The modules for one version.

    Raises:
        VendorError: The version lacks a namespace or a verb, or `only` a namespace of a verb.
    """

    def __init__(self, version: str, only: Collection[str], verbs: Collection[str] = ()) -> None:
        self.only: bool = bool(only)
        self.package: str = f"moorage_api.{package_name(version)}"
        self.engine: str = f"{self.package}.engine"
        self.names: dict[str, str] = imported(ast.parse(_read(self.package)))
        """The public names of the version's package, and the module of each."""
        all_ = {
            module.rpartition(".")[2]: module
            for module in imported(ast.parse(_read(self.engine))).values()
            if ".namespaces." in module
        }
        if missing := sorted(set(only) - set(all_)):
            raise VendorError(
                f"API {version} has no namespace {missing[0]!r}; it has {', '.join(sorted(all_))}"
            )
        self.namespaces: dict[str, str] = {
            name: all_[name] for name in all_ if not only or name in only
        }
        self.verbs: set[str] = set(verbs)
        self.methods: str = f"{self.package}.methods"
        """The module of the copy's verbs; when installed, they are in several."""
        homes = verb_homes(_read(self.engine))
        if missing := sorted(self.verbs - set(homes)):
            raise VendorError(
                f"API {version} has no verb {missing[0]!r}; it has {', '.join(sorted(homes))}"
            )
        self._check_needs(all_)
        chosen = [homes[name] for name in homes if name in self.verbs]
        fields = {name: home for name, home in self.names.items() if home.endswith(".methods")}
        for name in fields:
            del self.names[name]
        wanted = verb_types(self.verbs, _read)
        taken = {name: home for name, home in fields.items() if name in wanted}
        self._verbs = FoldedVerbs(chosen, taken, self.names, _read)
        self.names |= dict.fromkeys(taken, self.methods)
        self.has_credentials: bool = any(
            "RegistryAuth" in text
            for text in [*map(self.text, self.namespaces.values()), *self._verbs.classes]
        )
        """Whether an operation takes credentials; otherwise no look-up is needed."""

    def _check_needs(self, all_: Collection[str]) -> None:
        for verb in sorted(self.verbs):
            needed = namespaces_of(f"moorage.verbs.{verb}", _read, all_)
            if missing := sorted(needed - self.namespaces.keys()):
                wanted = ",".join(sorted(needed | self.namespaces.keys()))
                raise VendorError(
                    f"the verb {verb!r} calls {', '.join(missing)} too: --only {wanted}"
                )

    @cached_property
    def _used(self) -> set[str]:
        """The names that the namespaces import, from any module."""
        return {
            name
            for module in self.namespaces.values()
            for name in imported(ast.parse(self.text(module)))
        }

    @property
    def offers(self) -> dict[str, bool]:
        """The names of the façade that only some operations need, and whether the copy has any."""
        streams = not self.only or not _FRAMES.isdisjoint(self._used)
        stats = not self.only or not {"PathStat", "Download"}.isdisjoint(self._used)
        return {
            "Executed": not self.verbs.isdisjoint({"execute", "run", "running"}),
            "EnvVar": "build" in self.verbs,
            "Running": "running" in self.verbs,
            "AsyncRunning": "running" in self.verbs,
            "EditConflict": "edit_service" in self.verbs,
            "ServiceFailed": not self.verbs.isdisjoint(_WAIT_FOR_SERVICES),
            "Reference": not self.verbs.isdisjoint({"pull", "push"}),
            "context": "build" in self.verbs,
            "parse": False,
            "progress": not self.verbs.isdisjoint(_TELL_PROGRESS),
            "auth": self.has_credentials,
            "RegistryAuth": self.has_credentials,
            "Frame": streams,
            "Line": streams,
            "Output": streams,
            "PathStat": stats,
            **{name: not self.only or name in self._used for name in _STREAMS},
        }

    def text(self, module: str) -> str:
        """Return a module's text for the copy; its imports still name installed modules.

        Raises:
            VendorError: It is not installed.
        """
        if module in _INSTEAD:
            return _read(_INSTEAD[module]).replace("moorage_api.newest", self.engine)
        if ".namespaces." in module:
            return _folded(module)
        if module == self.methods:
            return self._verbs.text()
        text = _read(module)
        if module == self.engine:
            trimmed = with_verbs(text, self.methods, self._verbs.names)
            return without_namespaces(trimmed, self.namespaces)
        if module.startswith("moorage.verbs."):
            return self._pinned(text)
        if module == "moorage.auth" and not self.has_credentials:
            return '"""Credentials for registries."""\n'
        return text

    def _pinned(self, text: str) -> str:
        """Make a verb's module import the version's types instead of the newest ones."""
        edits = Edits(text)
        for node in ast.walk(edits.tree):
            if isinstance(node, ast.ImportFrom) and node.module == "moorage_api.newest":
                lines = [
                    f"from {self.names[name]} import {name}"
                    if name in self.names
                    # The version lacks keywords of this type: no value is possible.
                    else f"from typing import Never as {name}"
                    for name in (each.name for each in node.names)
                ]
                edits.replace(node, "\n    ".join(lines))
        return edits.text()


@cache
def _folded(namespace: str) -> str:
    return fold(namespace, _read)
