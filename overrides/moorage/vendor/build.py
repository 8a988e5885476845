"""All files of a copy, and the notices of its origin."""

from __future__ import annotations

from importlib import import_module, metadata
from pathlib import Path

from moorage.vendor.closure import closure, place
from moorage.vendor.errors import VendorError
from moorage.vendor.lock import LOCK, Lock, Options, digest
from moorage.vendor.package import facade, init, notice
from moorage.vendor.prose import named, shortened, stripped, without_comments
from moorage.vendor.relative import relative
from moorage.vendor.shake import shaken
from moorage.vendor.sources import Sources, find
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import span

__all__ = ["build"]

_RUFF = b"""\
# Files that are formatted again are no longer as the lock has them.
lint.select = ["E9", "F"]
format.exclude = ["*"]
"""


_LENIENT = """\
# {why}
# pyright: basic
"""
_WHY = {True: "JSON is Any.", False: "JSON is Any, and arguments are checked twice."}


def build(options: Options) -> dict[str, bytes]:
    """Make a copy: its files, by their paths in it, with the lock.

    Raises:
        VendorError: The installation lacks the version, or the version a namespace, or that has no
            types.
    """
    if not Path(import_module("moorage").__path__[0]).is_dir():
        raise VendorError("moorage is in a zip file, from which no copy can be made: install it")
    if options.version not in bundled_versions():
        raise VendorError(
            f"{options.version!r} is not an API version that this moorage has: "
            f"it has {span(bundled_versions())}"
        )
    sources = Sources(options.version, options.only, options.verbs)
    taken = _taken(options, sources)
    moorage = metadata.version("moorage")
    taken["moorage"] = init(options, moorage, sources, taken)
    files = {}
    for module, text in taken.items():
        where = place(module)
        package = module == "moorage" or getattr(find(module), "name", "") == "__init__.py"
        path = where.replace(".", "/")
        path = f"{path}/__init__.py".lstrip("/") if package else f"{path}.py"
        copied = _copied(text, where, options)
        if module != "moorage":
            copied = _lenient(module) + named(copied)
        files[path] = relative(copied, where, place, package=package).encode()
    for folder in {path.rpartition("/")[0] for path in files} - {""}:
        files.setdefault(f"{folder}/__init__.py", b"")
    spec = import_module("moorage_api.sources").SHA256[options.version]
    files["LICENSE"] = _licence()
    files["ruff.toml"] = _RUFF
    files["NOTICE"] = notice(options, moorage, spec).encode()
    hashes = {path: digest(data) for path, data in files.items()}
    return {**files, LOCK: Lock(moorage, spec, options, hashes).text().encode()}


def _taken(options: Options, sources: Sources) -> dict[str, str]:
    """Return the texts of the copy's modules, by their installed names."""
    models = {module for module in sources.names.values() if ".models." in module}
    if options.only:
        verbs = [sources.methods] if sources.verbs else []
        reached = closure([*sources.namespaces.values(), *verbs], sources)
        models &= reached.keys()
    offered = [(home, name) for name, home in sources.names.items() if home in models]
    if options.types_only:
        if not offered:
            raise VendorError(f"API {options.version} has no types of {', '.join(options.only)}")
    else:
        offered += [(sources.engine, "Engine"), (sources.engine, "AsyncEngine")]
        offered += [(home, name) for name, home in facade(sources).items()]
    return shaken(closure(sorted({home for home, _ in offered}), sources), offered)


def _lenient(module: str) -> str:
    """Return the comment that relaxes pyright's strict mode; namespaces need none."""
    if ".namespaces." in module or ".methods." in module:
        return ""
    return _LENIENT.format(why=_WHY[".models." in module])


def _copied(text: str, where: str, options: Options) -> str:
    namespace = where.startswith("namespaces.")
    if options.only:
        return stripped(text, namespace=namespace)
    return shortened(text) if namespace else without_comments(text)


def _licence() -> bytes:
    for file in metadata.files("moorage") or ():
        if file.name == "LICENSE":
            return Path(str(file.locate())).read_bytes()
    raise VendorError("moorage's licence is not installed with it: reinstall moorage")
