"""The default program of an image: a shell of a few commands.

With it, `sh -c "echo x; exit 3"`, `cat` and `sleep 60` do what tests expect. It knows
`;`, `&&`, `||`, braces, `$NAME`, `>`, `>>` and `>&2`, and no pipes, conditions or loops.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Sequence

from moorage.testing.objects.process import Process

__all__ = ["KNOWN", "shell"]

_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)\})")
_SHELLS = ("sh", "bash", "ash")
_UNKNOWN = 127
_NULL = "/dev/null"
_ENDLESS = 10.0**8


class _Exit(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


def shell(process: Process) -> int:
    """Run a process' command."""
    try:
        return _run(process, process.args)
    except _Exit as done:
        return done.code


def _run(process: Process, words: Sequence[str]) -> int:
    name = posixpath.basename(words[0]) if words else ":"
    if name == "busybox" and len(words) > 1:
        return _run(process, words[1:])
    if name == "exec" and len(words) > 1:
        raise _Exit(_run(process, words[1:]))
    if name in _SHELLS:
        if len(words) > 2 and words[1] == "-c":
            return _Script(process, words[2]).run()
        return _interactive(process)
    command = _COMMANDS.get(name)
    if command is None:
        process.error(f"sh: {words[0]}: not found\n")
        return _UNKNOWN
    return command(process, list(words[1:]))


def _interactive(process: Process) -> int:
    code = 0
    for line in process.lines():
        code = _Script(process, line.decode("utf-8", "replace")).run()
    return code


class _Script:
    """Commands with separators between them, read from left to right."""

    def __init__(self, process: Process, text: str) -> None:
        self._process = process
        lexer = shlex.shlex(text.replace("\n", " ; "), posix=True, punctuation_chars=";&|><")
        lexer.whitespace_split = True
        lexer.commenters = ""
        self._tokens = list(lexer)
        self._place = 0

    def run(self) -> int:
        """Run all commands; returns the exit code of the last."""
        return self._list(active=True)

    def _list(self, *, active: bool) -> int:
        code = 0
        while (token := self._peek()) is not None and token != "}":  # noqa: S105
            if token in (";", "&"):
                self._place += 1
                continue
            code = self._chain(active=active)
        return code

    def _chain(self, *, active: bool) -> int:
        code = self._command(active=active)
        while self._peek() in ("&&", "||"):
            wanted = (self._tokens[self._place] == "&&") == (code == 0)
            self._place += 1
            done = self._command(active=active and wanted)
            code = done if wanted else code
        return code

    def _command(self, *, active: bool) -> int:
        if self._peek() == "{":
            self._place += 1
            code = self._list(active=active)
            self._place += 1
            return code
        words = []
        while (token := self._peek()) is not None and token not in (";", "&", "&&", "||", "}"):
            words.append(token)
            self._place += 1
        return self._simple(words) if active and words else 0

    def _peek(self) -> str | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _simple(self, words: list[str]) -> int:
        process = self._process
        kept: list[str] = []
        sink: Callable[[bytes], object] | None = None
        rest = iter(words)
        for word in rest:
            if word == ">&":
                if next(rest, "") == "2":
                    sink = process.error
            elif word in (">", ">>"):
                sink = _into_file(process, next(rest, _NULL), append=word == ">>")
            else:
                kept.append(_VARIABLE.sub(lambda m: process.env.get(m[1] or m[2], ""), word))
        if sink is None:
            return _run(process, kept)
        process.redirect(sink)
        try:
            return _run(process, kept)
        finally:
            process.redirect(None)


def _into_file(process: Process, path: str, *, append: bool) -> Callable[[bytes], object]:
    content = bytearray(_content(process, path) if append else b"")

    def write(data: bytes) -> None:
        content.extend(data)
        if path != _NULL:
            process.files.write(_at(process, path), bytes(content))

    write(b"")
    return write


def _content(process: Process, path: str) -> bytes:
    try:
        return process.files.read(_at(process, path))
    except FileNotFoundError:
        return b""


def _at(process: Process, path: str) -> str:
    return posixpath.join(process.working_dir or "/", path)


def _echo(process: Process, words: list[str]) -> int:
    end = "\n"
    if words[:1] == ["-n"]:
        words, end = words[1:], ""
    process.write(" ".join(words) + end)
    return 0


def _printf(process: Process, words: list[str]) -> int:
    form = words[0].replace("\\n", "\n").replace("\\t", "\t") if words else ""
    process.write(form % tuple(words[1:]) if "%" in form else form)
    return 0


def _cat(process: Process, words: list[str]) -> int:
    if not words or words == ["-"]:
        while data := process.read_some():
            # A terminal sends Ctrl-D at the end.
            process.write(data.partition(b"\x04")[0] if process.tty else data)
            if process.tty and b"\x04" in data:
                break
        return 0
    code = 0
    for path in words:
        try:
            process.write(process.files.read(_at(process, path)))
        except FileNotFoundError:
            process.error(f"cat: can't open '{path}': No such file or directory\n")
            code = 1
    return code


def _sleep(process: Process, words: list[str]) -> int:
    try:
        process.sleep(sum(float(each.rstrip("s")) for each in words))
    except ValueError:
        process.sleep(_ENDLESS)
    return 0


def _endless(process: Process, _words: list[str]) -> int:
    process.sleep(_ENDLESS)
    return 0


def _test(process: Process, words: list[str]) -> int:
    match [each for each in words if each != "]"]:
        case ["-e" | "-f" | "-d", path]:
            return int(process.files.find(_at(process, path)) is None)
        case ["-n", text]:
            return int(not text)
        case ["-z", text]:
            return int(bool(text))
        case [one, "=" | "==", other]:
            return int(one != other)
        case [one, "!=", other]:
            return int(one == other)
    return 1


def _touch(process: Process, words: list[str]) -> int:
    for path in words:
        process.files.write(_at(process, path), _content(process, path))
    return 0


def _mkdir(process: Process, words: list[str]) -> int:
    for path in words:
        if not path.startswith("-"):
            process.files.make_folder(_at(process, path))
    return 0


def _rm(process: Process, words: list[str]) -> int:
    for path in words:
        if not path.startswith("-"):
            process.files.remove(_at(process, path))
    return 0


def _ls(process: Process, words: list[str]) -> int:
    code = 0
    for path in [each for each in words if not each.startswith("-")] or [process.working_dir]:
        if process.files.find(_at(process, path)) is None:
            process.error(f"ls: {path}: No such file or directory\n")
            code = 1
        for name in process.files.names(_at(process, path)):
            process.write(f"{name}\n")
    return code


def _env(process: Process, _words: list[str]) -> int:
    for name, value in process.env.items():
        process.write(f"{name}={value}\n")
    return 0


def _exit(_process: Process, words: list[str]) -> int:
    raise _Exit(int(words[0]) if words else 0)


def _saying(text: Callable[[Process], str]) -> Callable[[Process, list[str]], int]:
    def run(process: Process, _words: list[str]) -> int:
        process.write(f"{text(process)}\n")
        return 0

    return run


def _quiet(code: int) -> Callable[[Process, list[str]], int]:
    return lambda _process, _words: code


_COMMANDS: dict[str, Callable[[Process, list[str]], int]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "sleep": _sleep,
    "tail": _endless,
    "top": _endless,
    "wait": _endless,
    "test": _test,
    "[": _test,
    "touch": _touch,
    "mkdir": _mkdir,
    "rm": _rm,
    "ls": _ls,
    "env": _env,
    "exit": _exit,
    "pwd": _saying(lambda process: process.working_dir),
    "hostname": _saying(lambda process: process.env.get("HOSTNAME", "")),
    "whoami": _saying(lambda process: process.user or "root"),
    "uname": _saying(lambda _process: "Linux"),
    "false": _quiet(1),
    **dict.fromkeys((":", "true", "httpd", "trap", "cd", "set", "export", "chmod"), _quiet(0)),
}

KNOWN = frozenset({*_COMMANDS, *_SHELLS, "busybox"})
"""The commands of every image."""
