"""Results of phases, kept between builds: each under the digest of its inputs."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import TypeVar

from generator.fetch.cache import write_whole
from generator.versions import ROOT

__all__ = ["Memory", "digest", "inputs_digest", "tree_digest"]

T = TypeVar("T")

DEPENDENCIES = (
    *("grpcio-tools", "jinja2", "openapi-python-client", "pydantic", "python-jsonpath", "pyyaml"),
    "ruff",
)
CODE = (ROOT / "generator", ROOT / "overrides" / "moorage" / "versions" / "numbers.py")
WRITTEN = tuple(
    ROOT / "overrides" / each for each in ("spec", "names.yaml", "moorage/verbs", "protobuf")
)
TEMPLATES = ROOT / "overrides" / "templates"


class Memory:
    """A folder with the latest result of each phase for each version; without one, no memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder

    def recall(self, name: str, made_from: Iterable[str | bytes], make: Callable[[], T]) -> T:
        """Return the kept result of the same inputs, or make it and keep it.

        Args:
            name: The name to keep the result under, replacing the former one.
            made_from: All inputs of the result, besides the generator itself.
            make: Makes the result, which must be data that pickle takes.
        """
        if self._folder is None:
            return make()
        file = self._folder / name
        key = digest(_code_digest(), *made_from)
        known: list[T] = self._read(file, key)
        if known:
            return known[0]
        made = make()
        self._write(file, key, made)
        return made

    def latest(self, name: str, empty: Callable[[], T]) -> T:
        """Return the value kept under a name by this generator, or an empty one."""
        known: list[T] = []
        if self._folder is not None:
            known = self._read(self._folder / name, _code_digest())
        return known[0] if known else empty()

    def keep(self, name: str, made: object) -> None:
        """Keep something under a name, in place of the former."""
        if self._folder is not None:
            self._write(self._folder / name, _code_digest(), made)

    def holds(self, name: str, key: str) -> bool:
        """Return whether this key was noted under this name last."""
        return self._folder is not None and bool(self._read(self._folder / name, key))

    def note(self, name: str, key: str) -> None:
        """Note a key under a name, in place of the former one."""
        if self._folder is not None:
            self._write(self._folder / name, key, None)

    @staticmethod
    def _read(file: Path, key: str) -> list[T]:
        """Read a result; none of another key, and none of a file that is damaged."""
        try:
            seal, _, data = file.read_bytes().partition(b"\n")
        except OSError:
            return []
        # The seal covers key and data, so that only data written here is unpickled.
        return [pickle.loads(data)] if seal == _seal(key, data) else []  # noqa: S301

    @staticmethod
    def _write(file: Path, key: str, made: object) -> None:
        data = pickle.dumps(made, pickle.HIGHEST_PROTOCOL)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            write_whole(file, _seal(key, data) + b"\n" + data)
        except OSError:
            # A build that cannot keep its results is only slower the next time.
            return


def digest(*parts: str | bytes) -> str:
    """Return the digest of parts, in this order."""
    total = sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(b"%d:" % len(data) + data)
    return total.hexdigest()


def tree_digest(*places: Path) -> str:
    """Return the digest of files, and of all in folders: their names and bytes."""
    return digest(*(part for place in places for part in _contents(place)))


def inputs_digest(specs: dict[str, Path], pinned: Iterable[str]) -> str:
    """Return the digest of all inputs of the generated package."""
    return digest(
        _code_digest(),
        tree_digest(*WRITTEN, TEMPLATES),
        "\n".join(pinned),
        *(part for each, file in specs.items() for part in (each, file.read_bytes())),
    )


@cache
def _code_digest() -> str:
    versions = [f"{name} {version(name)}" for name in DEPENDENCIES]
    return digest(python_version(), *versions, tree_digest(*CODE))


def _seal(key: str, data: bytes) -> bytes:
    return digest(key, data).encode()


def _contents(place: Path) -> Iterator[str | bytes]:
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    for file in files:
        if file.is_file() and file.suffix != ".pyc":
            yield file.relative_to(place).as_posix()
            yield file.read_bytes()
