"""Commands of a fake engine's containers: an outline of busybox."""

from __future__ import annotations

import posixpath
import re
import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

from moorage.testing.objects.console import NULL, Console
from moorage.testing.objects.process import SIGNALS, Process

__all__ = ["COMMANDS"]

_ENDLESS = 10.0**8
_ESCAPE = re.compile(r"\\(?:([abfnrtv\\])|0?([0-7]{1,3}))")
_LETTERS = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92}
_FORM = re.compile(r"%([-0-9.]*)([sdoxcb%])")


def _operands(words: list[str]) -> tuple[str, list[str]]:
    """Return the letters of all options, and the other words."""
    flags = [each for each in words if each.startswith("-") and each != "-"]
    return "".join(each[1:] for each in flags), [each for each in words if each not in flags]


def _unescaped(text: str) -> bytes:
    made, place = b"", 0
    for found in _ESCAPE.finditer(text):
        code = _LETTERS[found[1]] if found[1] else int(found[2], 8) & 255
        made += text[place : found.start()].encode() + bytes([code])
        place = found.end()
    return made + text[place:].encode()


def _echo(sh: Console, words: list[str]) -> int:
    flags = ""
    while words and re.fullmatch("-[neE]+", words[0]):
        flags += words.pop(0)
    text = " ".join(words)
    data = _unescaped(text) if "e" in flags else text.encode()
    sh.write(data + (b"" if "n" in flags else b"\n"))
    return 0


def _printf(sh: Console, words: list[str]) -> int:
    form, *values = words or [""]
    made, rest = b"", values
    while True:
        place, before = 0, len(rest)
        for found in _FORM.finditer(form):
            made += _unescaped(form[place : found.start()])
            place = found.end()
            if found[2] == "%":
                made += b"%"
                continue
            value, rest = (rest[0], rest[1:]) if rest else ("", rest)
            kind = "s" if found[2] in "bc" else found[2]
            data: Any = value if kind == "s" else int(value or "0", 0)
            text = f"%{found[1]}{kind}" % data
            made += _unescaped(text) if found[2] == "b" else text.encode()
        made += _unescaped(form[place:])
        if not rest or len(rest) == before:
            break
    sh.write(made)
    return 0


def _inputs(sh: Console, paths: list[str], command: str) -> tuple[bytes, int]:
    """Return the content of files, or of the standard input, and the exit code."""
    if not paths or paths == ["-"]:
        return sh.stdin.read(), 0
    data, code = b"", 0
    for path in paths:
        found = sh.content(path)
        data += found
        if not found and path != NULL and sh.process.files.find(sh.at(path)) is None:
            sh.error(f"{command}: can't open '{path}': No such file or directory\n")
            code = 1
    return data, code


def _cat(sh: Console, words: list[str]) -> int:
    _, paths = _operands(words)
    if isinstance(sh.stdin, Process) and (not paths or paths == ["-"]):
        while data := sh.stdin.read_some():
            sh.write(data)
        return 0
    content, code = _inputs(sh, paths, "cat")
    sh.write(content)
    return code


def _part(words: list[str]) -> tuple[str, int, list[str]]:
    """Parse the arguments of `head` and `tail`: unit, number and files."""
    unit, size, paths = "n", 10, list[str]()
    rest = iter(words)
    for each in rest:
        if found := re.fullmatch(r"-([nc]?)(\d*)", each):
            unit = found[1] or "n"
            size = int(found[2] or next(rest, "10"))
        elif not each.startswith("-"):
            paths.append(each)
    return unit, size, paths


def _head(sh: Console, words: list[str]) -> int:
    unit, size, paths = _part(words)
    if paths or isinstance(sh.stdin, BytesIO):
        if unit == "c" and paths[:1] == ["/dev/zero"]:
            sh.write(bytes(size))
            return 0
        data, code = _inputs(sh, paths, "head")
        lines = data.splitlines(keepends=True)
        sh.write(data[:size] if unit == "c" else b"".join(lines[:size]))
        return code
    for _ in range(size):
        piece = sh.stdin.read(1) if unit == "c" else sh.stdin.readline()
        sh.write(piece)
    return 0


def _tail(sh: Console, words: list[str]) -> int:
    unit, size, paths = _part(words)
    data, code = _inputs(sh, paths, "tail")
    lines = data.splitlines(keepends=True)
    sh.write(data[-size:] if unit == "c" else b"".join(lines[-size:]))
    return _endless(sh, words) if "-f" in words or "-F" in words else code


def _grep(sh: Console, words: list[str]) -> int:
    flags, (pattern, *paths) = _operands(words)
    data, _ = _inputs(sh, paths, "grep")
    wanted = re.compile(pattern.encode(), re.IGNORECASE if "i" in flags else 0)
    lines = [e for e in data.splitlines() if bool(wanted.search(e)) != ("v" in flags)]
    if "c" in flags:
        sh.write(f"{len(lines)}\n")
    elif "q" not in flags:
        sh.write(b"".join(each + b"\n" for each in lines))
    return int(not lines)


def _wc(sh: Console, words: list[str]) -> int:
    flags, paths = _operands(words)
    data, code = _inputs(sh, paths, "wc")
    counts = {"l": data.count(b"\n"), "w": len(data.split()), "c": len(data)}
    shown = [counts[each] for each in "lwc" if each in (flags or "lwc")]
    sh.write(" ".join([*map(str, shown), *paths]) + "\n")
    return code


def _sleep(sh: Console, words: list[str]) -> int:
    try:
        sh.process.sleep(sum(float(each.rstrip("s")) for each in words))
    except ValueError:
        sh.process.sleep(_ENDLESS)
    return 0


def _endless(sh: Console, _words: list[str]) -> int:
    sh.process.sleep(_ENDLESS)
    return 0


_NUMBERS: dict[str, Callable[[int, int], bool]] = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def _test(sh: Console, words: list[str]) -> int:
    node = sh.process.files.find(sh.at(words[1])) if len(words) > 1 else None
    match [each for each in words if each != "]"]:
        case ["!", *rest]:
            return int(not _test(sh, rest))
        case ["-e" | "-r" | "-w" | "-x", _]:
            return int(node is None)
        case ["-f" | "-d" as kind, _]:
            return int(node is None or node.kind != {"-f": "file", "-d": "folder"}[kind])
        case ["-h" | "-L", path]:
            link = sh.process.files.find(sh.at(path), last=False)
            return int(link is None or link.kind != "link")
        case ["-s", _]:
            return int(node is None or not node.data)
        case ["-t", _]:
            return int(not sh.process.tty)
        case ["-n", text] | [text]:
            return int(not text)
        case ["-z", text]:
            return int(bool(text))
        case [one, "=" | "==", other]:
            return int(one != other)
        case [one, "!=", other]:
            return int(one == other)
        case [one, sign, other] if sign in _NUMBERS:
            return int(not _NUMBERS[sign](int(one or 0), int(other or 0)))
    return 1


def _touch(sh: Console, words: list[str]) -> int:
    for path in words:
        sh.process.files.write(sh.at(path), sh.content(path))
    return 0


def _mkdir(sh: Console, words: list[str]) -> int:
    for path in _operands(words)[1]:
        sh.process.files.make_folder(sh.at(path))
    return 0


def _rm(sh: Console, words: list[str]) -> int:
    for path in _operands(words)[1]:
        sh.process.files.remove(sh.at(path))
    return 0


def _cp(sh: Console, words: list[str]) -> int:
    *paths, target = _operands(words)[1]
    try:
        sh.process.files.copy_from(sh.process.files, [sh.at(e) for e in paths], sh.at(target))
    except FileNotFoundError as error:
        sh.error(f"cp: can't stat '{error}': No such file or directory\n")
        return 1
    return 0


def _ln(sh: Console, words: list[str]) -> int:
    flags, paths = _operands(words)
    if "s" not in flags or len(paths) != 2:
        sh.error("ln: a fake engine's shell knows `ln -s TARGET LINK`\n")
        return 1
    target, path = paths
    node = sh.process.files.find(sh.at(path))
    if node is not None and node.kind == "folder":
        path = posixpath.join(path, posixpath.basename(target))
    if "f" not in flags and sh.process.files.find(sh.at(path), last=False) is not None:
        sh.error(f"ln: {path}: File exists\n")
        return 1
    sh.process.files.link(sh.at(path), target)
    return 0


def _readlink(sh: Console, words: list[str]) -> int:
    node = sh.process.files.find(sh.at(words[-1]), last=False) if words else None
    if node is None or node.kind != "link":
        return 1
    sh.write(f"{node.target}\n")
    return 0


def _mv(sh: Console, words: list[str]) -> int:
    return _cp(sh, words) or _rm(sh, _operands(words)[1][:-1])


def _ls(sh: Console, words: list[str]) -> int:
    code, files = 0, sh.process.files
    flags, paths = _operands(words)
    for path in paths or ["."]:
        node = files.find(sh.at(path))
        if node is None:
            sh.error(f"ls: {path}: No such file or directory\n")
            code = 1
        names = files.names(sh.at(path)) if node and node.kind == "folder" else [path]
        if not {*flags} & {*"aA"}:
            names = [each for each in names if not each.startswith(".")]
        sh.write("".join(f"{name}\n" for name in names if node))
    return code


def _env(sh: Console, words: list[str]) -> int:
    if words:
        sh.write(sh.env.get(words[0], "") + "\n")
        return int(words[0] not in sh.env)
    sh.write("".join(f"{name}={value}\n" for name, value in sh.env.items()))
    return 0


def _seq(sh: Console, words: list[str]) -> int:
    first, last = (int(each) for each in (["1", *words] if len(words) == 1 else words[:2]))
    sh.write("".join(f"{each}\n" for each in range(first, last + 1)))
    return 0


def _kill(sh: Console, words: list[str]) -> int:
    flags, pids = _operands(words)
    signal = next((n for n in (f"SIG{flags}", flags) if n in SIGNALS), "SIGTERM")
    names = {number: name for name, number in SIGNALS.items() if name.startswith("SIG")}
    peers = list(sh.process.peers())
    found = [e for i, e in enumerate(peers) if {str(e.pid), "" if i else "1"} & {*pids}]
    for each in found:
        each.signal(names[SIGNALS[signal]])
    if not found:
        sh.error(f"sh: can't kill pid {' '.join(pids)}: No such process\n")
    return int(not found)


def _ps(sh: Console, _words: list[str]) -> int:
    rows = [f"{each.pid:5} root {' '.join(each.args)}\n" for each in sh.process.peers()]
    sh.write("".join(["  PID USER COMMAND\n", *rows]))
    return 0


def _id(sh: Console, words: list[str]) -> int:
    user = sh.process.user.partition(":")[0] or "0"
    number = "0" if user == "root" else user
    sh.write(f"{number}\n" if words else f"uid={number} gid={number}\n")
    return 0


def _stty(sh: Console, words: list[str]) -> int:
    terminal = sh.process.terminal
    if terminal is None:
        sh.error("stty: standard input: Inappropriate ioctl for device\n")
        return 1
    if words == ["size"]:
        if not terminal.rows:
            sh.error("stty: standard input\n")
            return 0
        sh.write(f"{terminal.rows} {terminal.columns}\n")
        return 0
    try:
        terminal.set(words)
    except ValueError as error:
        sh.error(f"stty: invalid number '{error}'\n")
        return 1
    return 0


def _saying(text: Callable[[Console], str]) -> Callable[[Console, list[str]], int]:
    def run(sh: Console, _words: list[str]) -> int:
        sh.write(f"{text(sh)}\n")
        return 0

    return run


def _quiet(code: int) -> Callable[[Console, list[str]], int]:
    return lambda _sh, _words: code


COMMANDS: dict[str, Callable[[Console, list[str]], int]] = {
    "echo": _echo,
    "printf": _printf,
    "cat": _cat,
    "head": _head,
    "tail": _tail,
    "grep": _grep,
    "wc": _wc,
    "sleep": _sleep,
    "top": _endless,
    "test": _test,
    "[": _test,
    "touch": _touch,
    "mkdir": _mkdir,
    "rm": _rm,
    "cp": _cp,
    "mv": _mv,
    "ls": _ls,
    "ln": _ln,
    "readlink": _readlink,
    "env": _env,
    "printenv": _env,
    "seq": _seq,
    "kill": _kill,
    "ps": _ps,
    "id": _id,
    "stty": _stty,
    "pwd": _saying(lambda sh: sh.folder),
    "hostname": _saying(lambda sh: sh.env.get("HOSTNAME", "")),
    "whoami": _saying(lambda sh: sh.process.user or "root"),
    "uname": _saying(lambda _sh: "Linux"),
    "date": _saying(lambda _sh: time.strftime("%a %b %e %H:%M:%S UTC %Y", time.gmtime())),
    "false": _quiet(1),
    **dict.fromkeys((":", "true", "httpd", "set", "chmod", "sync"), _quiet(0)),
}
"""Functions of the commands, which return the exit code."""
