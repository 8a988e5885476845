"""The context of a build: a folder, or files by their names, as a tar archive."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from hashlib import sha256
from pathlib import Path, PurePosixPath
from tarfile import DIRTYPE, LENGTH_NAME, TarInfo
from typing import TypeAlias

from moorage.archives.ignore import IgnoreRules, Matched, patterns_of
from moorage.archives.stream import Entry, TarStream, entry_of, file_entry

__all__ = [
    "DEFAULT_NAMES",
    "IGNORE",
    "Context",
    "Dockerfile",
    "Files",
    "checked_name",
    "context",
    "find_dockerfile",
    "find_ignore",
    "name_among",
    "ignored_patterns",
    "root_of",
    "text_of",
]

Files: TypeAlias = Mapping[str, str | bytes | os.PathLike[str]]
"""The files of a context by their names in it: the content, or the path of a file or folder."""

Dockerfile: TypeAlias = str | bytes | os.PathLike[str]
"""A path, relative to the context, or the text itself: bytes, or a str with a line break."""

IGNORE = ".dockerignore"
DEFAULT_NAMES = ("Dockerfile", "dockerfile")
"""Default names of a Dockerfile; the first that exists is used."""


class Context(TarStream):
    """A build's context as a tar archive, which is made while it is read.

    Attributes:
        dockerfile: The Dockerfile's name in it.
    """

    def __init__(self, entries: Iterator[Entry], dockerfile: str) -> None:
        super().__init__(_plain_first(_owned_by_root(entries)))
        self.dockerfile = dockerfile


def context(
    path_or_files: str | os.PathLike[str] | Files, *, dockerfile: Dockerfile | None = None
) -> Context:
    """Make the context of a build, to be read once: `engine.images.build(context("."))`.

    Its .dockerignore applies as in the docker CLI; a file named like the Dockerfile with
    ".dockerignore" added takes precedence. Owner and group are 0, and the order is always the same,
    so the same files make the same archive.

    Args:
        path_or_files: The folder, or files by their names in the context.
        dockerfile: The path of the Dockerfile, relative to the context, which it may be outside
            of; or its text: bytes, or a str with a line break. Defaults to "Dockerfile".

    Returns:
        A file to read from, and an iterator over chunks of bytes. Its `dockerfile` is the name to
        give to the engine.

    Raises:
        FileNotFoundError: The folder or the Dockerfile does not exist.
        NotADirectoryError: The path is not a folder.
        ValueError: The .dockerignore has a malformed pattern, or a name leads out of the context.
    """
    if isinstance(path_or_files, Mapping):
        return _of_files(path_or_files, dockerfile)
    root = root_of(path_or_files)
    name, text = find_dockerfile(root, dockerfile)
    patterns = ignored_patterns(find_ignore(root, dockerfile, name if text is None else None))
    added: list[Entry] = []
    if text is not None:
        name = _name_of(text)
        there = root / IGNORE
        added = _added(name, text, there.read_bytes() if there.is_file() else None)
    # The engine needs both of these, and keeps them from COPY where they are ignored.
    rules = IgnoreRules([*patterns, f"!{IGNORE}", *([] if added else [f"!{_quoted(name)}"])])
    return Context(_walked(root, rules, added), name)


def root_of(path: str | os.PathLike[str]) -> Path:
    """Return the folder of a context.

    Raises:
        OSError: It is not a folder, or not there.
    """
    root = Path(path)
    if not root.is_dir():
        kind = NotADirectoryError if root.exists() else FileNotFoundError
        raise kind(f"the context {root} is not a folder")
    return root


def text_of(dockerfile: Dockerfile | None) -> bytes | None:
    """Return the text if it is a Dockerfile's text and not a path."""
    if isinstance(dockerfile, str) and "\n" in dockerfile:
        return dockerfile.encode()
    return dockerfile if isinstance(dockerfile, bytes) else None


def find_dockerfile(root: Path, dockerfile: Dockerfile | None) -> tuple[str, bytes | None]:
    """Return the Dockerfile's name in the context, or its text if it is not there.

    Raises:
        OSError: It does not exist, or can't be read.
    """
    if (text := text_of(dockerfile)) is not None:
        return "", text
    assert not isinstance(dockerfile, bytes)  # noqa: S101 - for type checkers
    names = DEFAULT_NAMES if dockerfile is None else (dockerfile,)
    paths = [path for name in names if (path := root / name).exists()]
    if not paths:
        raise FileNotFoundError(f"there is no {os.fspath(names[0])} in the context {root}")
    path = paths[0]
    # Links may lead out of the context on the engine's side: only the file's real place counts.
    real, top = path.resolve(), root.resolve()
    if real.is_dir():
        raise IsADirectoryError(f"{path} is a folder, and no Dockerfile")
    if real.is_relative_to(top):
        return real.relative_to(top).as_posix(), None
    return "", path.read_bytes()


def find_ignore(root: Path, dockerfile: Dockerfile | None, name: str | None) -> Path:
    """Return the .dockerignore that applies: the Dockerfile's own precedes the context's.

    Args:
        root: The folder of the context.
        dockerfile: The Dockerfile as it was given.
        name: Its name in the context, if it is there.
    """
    own = None
    if name is not None:
        own = root / f"{name}{IGNORE}"
    elif isinstance(dockerfile, os.PathLike) or (
        isinstance(dockerfile, str) and "\n" not in dockerfile
    ):
        own = root / f"{os.fspath(dockerfile)}{IGNORE}"
    return own if own is not None and own.is_file() else root / IGNORE


def ignored_patterns(ignore: Path) -> list[str]:
    """Read the patterns of a .dockerignore, if it is there.

    Raises:
        ValueError: A pattern is malformed.
    """
    try:
        data = ignore.read_bytes()
    except FileNotFoundError:
        return []
    return _checked(ignore, data)


def _checked(ignore: str | Path, data: bytes) -> list[str]:
    patterns = patterns_of(data.decode("utf-8", "surrogateescape"))
    try:
        IgnoreRules(patterns)
    except ValueError as error:
        raise ValueError(f"{ignore}: {error}") from None
    return patterns


def _walked(root: Path, rules: IgnoreRules, added: list[Entry]) -> Iterator[Entry]:
    """Walk through the folder like the CLI: each folder before its content."""
    replaced = {each.info.name for each in added}
    pending: list[tuple[Iterator[os.DirEntry[str]], str, Matched | None]]
    pending = [(_listed(root), "", None)]
    while pending:
        listing, folder, parent = pending[-1]
        each = next(listing, None)
        if each is None:
            pending.pop()
            continue
        name = f"{folder}{each.name}"
        ignored, matched = rules.match(name, parent)
        is_folder = each.is_dir(follow_symlinks=False)
        if ignored and not (is_folder and rules.may_keep_inside(name)):
            continue
        if not ignored and name not in replaced:
            entry = entry_of(Path(each.path), name)
            if entry is not None:
                yield entry
        if is_folder:
            pending.append((_listed(Path(each.path)), f"{name}/", matched))
    yield from added


def _listed(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return iter(sorted(found, key=lambda each: os.fsencode(each.name)))


def _of_files(files: Files, dockerfile: Dockerfile | None) -> Context:
    named = {checked_name(name): content for name, content in files.items()}
    text = text_of(dockerfile)
    name = name_among(named, dockerfile) if text is None else _name_of(text)
    there = named.get(IGNORE)
    ignore = named.get(f"{name}{IGNORE}", there)
    patterns = [] if ignore is None else _checked(IGNORE, _content(ignore))
    added: list[Entry] = []
    if text is not None:
        added = _added(name, text, None if there is None else _content(there))
        named.pop(IGNORE, None)
    rules = IgnoreRules([*patterns, f"!{IGNORE}", *([] if added else [f"!{_quoted(name)}"])])
    entries = [
        each
        for name_, content in named.items()
        for each in _of_file(name_, content)
        if not rules.ignores(each.info.name)
    ]
    return Context(iter([*entries, *added]), name)


def _added(name: str, text: bytes, ignore: bytes | None) -> list[Entry]:
    """Add a Dockerfile that is not in the context; both files are kept from COPY by the engine."""
    kept = IGNORE.encode() if ignore is None else ignore
    return [file_entry(IGNORE, kept + f"\n{name}\n".encode()), file_entry(name, text)]


def _content(value: str | bytes | os.PathLike[str]) -> bytes:
    if isinstance(value, str):
        return value.encode()
    return value if isinstance(value, bytes) else Path(value).read_bytes()


def _of_file(name: str, content: str | bytes | os.PathLike[str]) -> Iterator[Entry]:
    if isinstance(content, str | bytes):
        yield file_entry(name, _content(content))
    else:
        path = Path(content)
        entry = entry_of(Path(os.path.realpath(path, strict=True)), name)
        if entry is not None:
            yield entry
        if path.is_dir():
            for inner in _walked(path, IgnoreRules([]), []):
                inner.info.name = f"{name}/{inner.info.name}"
                yield inner


def checked_name(name: str) -> str:
    """Return the name of a file in a context, cleaned.

    Raises:
        ValueError: It leads out of the context.
    """
    path = PurePosixPath(name)
    if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name:
        raise ValueError(f"{name!r:.200} is not a name in a context: it is relative, without ..")
    return path.as_posix()


def name_among(named: Collection[str], dockerfile: Dockerfile | None) -> str:
    """Return the Dockerfile's name among files; it is a path and not a text.

    Raises:
        FileNotFoundError: It is not there.
    """
    if dockerfile is None:
        name = next((each for each in DEFAULT_NAMES if each in named), DEFAULT_NAMES[0])
    else:
        name = PurePosixPath(os.fsdecode(dockerfile)).as_posix()
    if name not in named:
        raise FileNotFoundError(f"there is no {name} among the files")
    return name


def _name_of(text: bytes) -> str:
    # The same text has the same name, so that the same files make the same archive.
    return f".dockerfile.{sha256(text).hexdigest()[:20]}"


def _quoted(name: str) -> str:
    """Write a name as a pattern that matches nothing else."""
    return "".join(f"\\{each}" if each in "\\*?[]" else each for each in name)


def _owned_by_root(entries: Iterator[Entry]) -> Iterator[Entry]:
    for each in entries:
        each.info.uid = each.info.gid = 0
        yield each


def _plain_first(entries: Iterator[Entry]) -> Iterator[Entry]:
    """Put the context's own folder before a name that takes more than a header.

    BuildKit looks at the first 1,024 bytes to know an archive, and takes another for a Dockerfile.
    """
    for place, each in enumerate(entries):
        if place == 0 and len(os.fsencode(each.info.name)) >= LENGTH_NAME:
            top = TarInfo(".")
            top.type, top.mode = DIRTYPE, 0o755
            yield Entry(top)
        yield each
