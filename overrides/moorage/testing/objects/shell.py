"""The default program of an image: a small shell.

It runs what tests commonly give a container: lists (`;`, `&&`, `||`, `!`), pipes, redirections,
quotes, `$NAME`, `$(…)`, `$((…))`, `if`, `for`, `while`, `until`, braces, `trap` and the commands of
`commands.py`. Everything else is refused: a command with 127, syntax with 2.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from io import BytesIO

from moorage.testing.objects.commands import COMMANDS
from moorage.testing.objects.console import Console
from moorage.testing.objects.process import SIGNALS, Process, Stopped
from moorage.testing.objects.words import Word, WrongSyntax, tokens

__all__ = ["KNOWN", "shell"]

_SHELLS = ("sh", "bash", "ash")
_UNKNOWN, _WRONG = 127, 2
_SEPARATORS = (";", "\n")
_CLOSING = ("}", ")", "then", "elif", "else", "fi", "do", "done", ";;")
_REFUSED = ("case", "function", "(", "<<", "&")
_REDIRECTIONS = (">", ">>", ">&", "<")
_ASSIGNMENT = re.compile(r"\w+=")
_Run = Callable[["_Shell"], int]


class _Exit(Exception):
    def __init__(self, code: int) -> None:
        self.code = code


class _Leave(Exception):
    """`break` or `continue`."""


def shell(process: Process) -> int:
    """Run a process' command."""
    process.catches = set()
    found = _Shell(process)
    try:
        return found.run(list(process.args))
    except _Exit as done:
        return done.code


class _Shell(Console):
    """A shell: variables, streams and built-in commands."""

    def __init__(self, process: Process) -> None:
        super().__init__(process)
        self._traps: dict[str, str] = {}

    def run(self, words: list[str]) -> int:
        """Run a command."""
        name = posixpath.basename(words[0]) if words else ":"
        builtin = getattr(self, f"_do_{name}", None)
        if name == "busybox" and len(words) > 1:
            return self.run(words[1:])
        if name in _SHELLS:
            return self._shell(words[1:])
        if builtin is not None:
            return int(builtin(words[1:]))
        if name not in COMMANDS:
            self.error(f"sh: {words[0]}: not found\n")
            return _UNKNOWN
        return COMMANDS[name](self, words[1:])

    def script(self, text: str) -> int:
        """Run a script; returns the exit code of its last command."""
        try:
            return _Parser(tokens(text)).script()(self)
        except WrongSyntax as error:
            self.error(f"sh: syntax error: {error}\n")
            return _WRONG

    def output(self, text: str) -> str:
        """Run a script and return its output."""
        written = bytearray()
        with self.streams(out=written.extend):
            try:
                self.code = self.script(text)
            except _Exit as done:
                self.code = done.code
        return written.decode("utf-8", "replace").rstrip("\n")

    def guarded(self, run: Callable[[], int]) -> int:
        """Run a function that a trapped signal may interrupt."""
        try:
            return run()
        except Stopped as stopped:
            if stopped.signal not in self._traps:
                raise
            self.script(self._traps[stopped.signal])
            return 128 + int(SIGNALS[stopped.signal])

    def _shell(self, words: list[str]) -> int:
        options = [each for each in words if each.startswith("-")]
        rest = [each for each in words if not each.startswith("-")]
        kept = self.name, self.args, dict(self.env), self.folder
        self.name, self.args = rest[1] if len(rest) > 1 else "sh", rest[2:]
        try:
            if any("c" in each for each in options) and rest:
                return self.script(rest[0])
            if rest:
                return self.script(self.content(rest[0]).decode("utf-8", "replace"))
            while line := self.stdin.readline():
                self.code = self.script(line.decode("utf-8", "replace"))
            return self.code
        except _Exit as done:
            return done.code
        finally:
            self.name, self.args, self.env, self.folder = kept

    def _do_exit(self, words: list[str]) -> int:
        raise _Exit(int(words[0]) if words else self.code)

    def _do_exec(self, words: list[str]) -> int:
        if words:
            raise _Exit(self.run(words))
        return 0

    def _do_break(self, _words: list[str]) -> int:
        raise _Leave("break")

    def _do_continue(self, _words: list[str]) -> int:
        raise _Leave("continue")

    def _do_eval(self, words: list[str]) -> int:
        return self.script(" ".join(words))

    def _do_cd(self, words: list[str]) -> int:
        self.folder = self.at(words[0] if words else self.env.get("HOME", "/"))
        return 0

    def _do_read(self, words: list[str]) -> int:
        line = self.stdin.readline().decode("utf-8", "replace")
        names = [each for each in words if not each.startswith("-")] or ["REPLY"]
        values = line.strip().split(None, len(names) - 1) if line else []
        self.env |= dict.fromkeys(names, "") | dict(zip(names, values, strict=False))
        return int(not line)

    def _do_export(self, words: list[str]) -> int:
        self.env |= {n: v for n, has, v in (each.partition("=") for each in words) if has}
        return 0

    def _do_trap(self, words: list[str]) -> int:
        action, *signals = words or ["-"]
        for each in signals:
            name = f"SIG{each.upper().removeprefix('SIG')}"
            self._traps[name] = action
            if self.process.catches is not None:
                self.process.catches.add(name)
        return 0


class _Parser:
    """Parser of a script: each method returns a function that runs a part."""

    def __init__(self, found: Sequence[Word]) -> None:
        self._tokens = found
        self._place = 0

    def script(self) -> _Run:
        run = self._list()
        if (token := self._peek()) is not None:
            raise WrongSyntax(f"unexpected {token!r}")
        return run

    def _peek(self) -> str | None:
        return self._tokens[self._place].text if self._place < len(self._tokens) else None

    def _next(self) -> Word:
        if self._place == len(self._tokens):
            raise WrongSyntax("unexpected end")
        self._place += 1
        return self._tokens[self._place - 1]

    def _expect(self, text: str) -> None:
        while self._peek() == "\n":
            self._place += 1
        if (found := self._next().text) != text:
            raise WrongSyntax(f"unexpected {found!r}, not {text!r}")

    def _list(self) -> _Run:
        chains: list[_Run] = []
        while (token := self._peek()) is not None and token not in _CLOSING:
            if token in _SEPARATORS:
                self._place += 1
            else:
                chains.append(self._chain())

        def run(sh: _Shell) -> int:
            sh.code = 0 if chains else sh.code
            for each in chains:
                sh.code = each(sh)
            return sh.code

        return run

    def _chain(self) -> _Run:
        first, rest = self._pipe(), list[tuple[str, _Run]]()
        while self._peek() in ("&&", "||"):
            sign = self._next().text
            while self._peek() == "\n":
                self._place += 1
            rest.append((sign, self._pipe()))

        def run(sh: _Shell) -> int:
            sh.code = first(sh)
            for sign, each in rest:
                if (sign == "&&") == (sh.code == 0):
                    sh.code = each(sh)
            return sh.code

        return run

    def _pipe(self) -> _Run:
        negated = self._peek() == "!"
        self._place += negated
        parts = [self._command()]
        while self._peek() == "|":
            self._place += 1
            parts.append(self._command())

        def run(sh: _Shell) -> int:
            """Run commands in sequence, each with the previous one's output as its input."""
            source = sh.stdin
            for each in parts[:-1]:
                written = bytearray()
                with sh.streams(stdin=source, out=written.extend):
                    each(sh)
                source = BytesIO(written)
            with sh.streams(stdin=source):
                code = parts[-1](sh)
            return int(not code) if negated else code

        return run

    def _command(self) -> _Run:
        token = self._peek()
        if token not in ("{", "if", "for", "while", "until"):
            return self._simple()
        self._place += 1
        kinds = {"{": self._group, "if": self._if, "for": self._for}
        return self._redirected(kinds.get(str(token), partial(self._while, token in ("until",)))())

    def _group(self) -> _Run:
        run = self._list()
        self._expect("}")
        return run

    def _if(self) -> _Run:
        condition = self._list()
        self._expect("then")
        then, otherwise = self._list(), None
        if self._peek() == "elif":
            self._place += 1
            otherwise = self._if()
        else:
            if self._peek() == "else":
                self._place += 1
                otherwise = self._list()
            self._expect("fi")

        def run(sh: _Shell) -> int:
            if condition(sh) == 0:
                return then(sh)
            return otherwise(sh) if otherwise else 0

        return run

    def _body(self) -> _Run:
        while self._peek() in (";", "\n"):
            self._place += 1
        self._expect("do")
        run = self._list()
        self._expect("done")
        return run

    def _for(self) -> _Run:
        name, words = self._next().text, list[Word]()
        if self._peek() == "in":
            self._place += 1
            while self._peek() not in (";", "\n", None):
                words.append(self._next())
        body = self._body()

        def run(sh: _Shell) -> int:
            for value in [field for each in words for field in each.fields(sh)]:
                sh.env[name] = value
                if not _once(sh, body):
                    break
            return sh.code

        return run

    def _while(self, until: bool) -> _Run:
        condition, body = self._list(), self._body()

        def run(sh: _Shell) -> int:
            while (condition(sh) == 0) != until:
                sh.process.sleep(0)  # a signal ends a loop that does nothing else
                if not _once(sh, body):
                    break
            return 0

        return run

    def _simple(self) -> _Run:
        words: list[Word] = []
        redirections: list[tuple[str, str, Word]] = []
        while (token := self._peek()) is not None and not self._ends(words):
            if token in _REFUSED and (not words or self._tokens[self._place].operator):
                raise WrongSyntax(f"a fake engine's shell has no {token!r}")
            if self._tokens[self._place].operator and token not in _REDIRECTIONS:
                raise WrongSyntax(f"unexpected {token!r}")
            taken = self._next()
            if token in _REDIRECTIONS and taken.operator:
                redirections.append((taken.number, token, self._next()))
            else:
                words.append(taken)

        def run(sh: _Shell) -> int:
            place = 0
            while place < len(words) and _ASSIGNMENT.match(words[place].text):
                place += 1
            given = {}
            for each in words[:place]:
                name, _, value = each.text.partition("=")
                given[name] = " ".join(Word(value).fields(sh, split=False))
            named = [field for each in words[place:] for field in each.fields(sh)]
            if not named:
                sh.env |= given
                return sh.code if given and "$(" in words[0].text else 0
            before = dict(sh.env)
            sh.env |= given
            try:
                return sh.guarded(lambda: sh.run(named))
            finally:
                if given:
                    sh.env = before

        return _with_redirections(run, redirections) if redirections else run

    def _ends(self, words: list[Word]) -> bool:
        token = self._tokens[self._place]
        if token.operator:
            return token.text in (*_SEPARATORS, "&&", "||", "|", ")", ";;")
        return not words and token.text in _CLOSING

    def _redirected(self, run: _Run) -> _Run:
        found = []
        while self._peek() in _REDIRECTIONS:
            sign = self._next()
            found.append((sign.number, sign.text, self._next()))
        return _with_redirections(run, found) if found else run


def _once(sh: _Shell, body: _Run) -> bool:
    """Run the body of a loop; returns whether the loop goes on."""
    try:
        body(sh)
    except _Leave as left:
        return str(left) == "continue"
    return True


def _with_redirections(run: _Run, redirections: Sequence[tuple[str, str, Word]]) -> _Run:
    def redirected(sh: _Shell) -> int:
        with _redirecting(sh, redirections):
            return run(sh)

    return redirected


@contextmanager
def _redirecting(sh: _Shell, redirections: Sequence[tuple[str, str, Word]]) -> Iterator[None]:
    stdin, out, err = sh.stdin, sh.out, sh.err
    for number, sign, word in redirections:
        path = word.fields(sh)[0]
        if sign == "<":
            stdin = BytesIO(sh.content(path))
            continue
        streams = {"1": out, "2": err}
        if number not in ("", *streams) or (sign == ">&" and path not in streams):
            raise WrongSyntax(f"a fake engine's shell has no stream {number or path}")
        target = streams[path] if sign == ">&" else sh.into(path, sign == ">>")
        if number == "2":
            err = target
        else:
            out = target
    with sh.streams(stdin=stdin, out=out, err=err):
        yield


KNOWN = frozenset(
    {*COMMANDS, *_SHELLS, "busybox", *(n[4:] for n in vars(_Shell) if n.startswith("_do_"))}
)
"""The commands of every image."""
