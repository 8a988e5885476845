"""Words of a script: tokens, and their expansion."""

from __future__ import annotations

import ast
import fnmatch
import operator
import posixpath
import re
from collections.abc import Callable, Iterator
from typing import Any

from attrs import frozen

from moorage.testing.objects.console import Console

__all__ = ["Word", "WrongSyntax", "tokens"]

_OPERATOR = re.compile(r"[0-9]?(?:>>|>&|>|<<|<)|&&|\|\||;;|[;&|()\n]")
_BLANK = re.compile(r"(?:[ \t]|\\\n)+|(?:(?<=\s)|^)#[^\n]*")
_VARIABLE = re.compile(r"\$(?:(\w+|[?#@*$])|\{(\w+|[?#@*])(?:(:?[-+]|##?|%%?)(.*))?\})", re.DOTALL)
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Lt: operator.lt,
    ast.Gt: operator.gt,
    ast.Eq: operator.eq,
}


class WrongSyntax(Exception):
    """A script is malformed, or uses unsupported syntax."""


@frozen
class Word:
    """A word with its quotes, or an operator.

    Attributes:
        number: The stream number of a redirection; empty if it has none.
    """

    text: str
    operator: bool = False
    number: str = ""

    def fields(self, sh: Console, *, split: bool = True) -> list[str]:
        """Expand the word: into several words, or none, where it is not quoted."""
        made: list[str] = []
        current: str | None = None
        for text, whole in _pieces(self.text, sh, quoted=False):
            if whole or not split:
                current = (current or "") + text
                continue
            first, *more = re.split(r"\s+", text)
            current = (current or "") + first if first else current
            for each in more:
                made += [current] if current is not None else []
                current = each or None
        made += [current] if current is not None else []
        if split and re.search(r"[*?[]", self.text) and not re.search(r"['\"\\]", self.text):
            return [name for each in made for name in _matching(sh, each) or [each]]
        return made


def tokens(text: str) -> list[Word]:
    """Split a script into words and operators.

    Raises:
        WrongSyntax: A quote or a parenthesis is not closed.
    """
    found: list[Word] = []
    place = 0
    while place < len(text):
        if blank := _BLANK.match(text, place):
            place = blank.end()
        elif sign := _OPERATOR.match(text, place):
            number = sign[0][0] if sign[0][0].isdigit() else ""
            found.append(Word(sign[0][len(number) :], True, number))
            place = sign.end()
        else:
            end = place
            while end < len(text) and text[end] not in " \t\n;&|<>()":
                end = _end(text, end)
            found.append(Word(text[place:end]))
            place = end
    return found


def _end(text: str, place: int) -> int:
    """Return the end of a character, a quotation or a substitution."""
    if text[place] == "\\":
        return min(place + 2, len(text))
    if text[place] in "'\"`":
        quote, end = text[place], place + 1
        while text[end : end + 1] != quote:
            if end >= len(text):
                raise WrongSyntax(f"unterminated {quote}")
            end = end + 1 if quote == "'" else _inside(text, end)
        return end + 1
    return _inside(text, place)


def _inside(text: str, place: int) -> int:
    if text[place] == "\\":
        return place + 2
    opening = text[place : place + 2]
    if opening not in ("$(", "${"):
        return place + 1
    depth, end = 1, place + 2
    while depth:
        if end >= len(text):
            raise WrongSyntax(f"unterminated {opening}")
        depth += {opening[1]: 1, ")" if opening == "$(" else "}": -1}.get(text[end], 0)
        end = _end(text, end)
    return end


def _pieces(text: str, sh: Console, *, quoted: bool) -> Iterator[tuple[str, bool]]:
    """Yield the expanded parts of a word, and whether each stays whole."""
    place = 0
    while place < len(text):
        end = _inside(text, place) if quoted and text[place] != "`" else _end(text, place)
        part = text[place:end]
        if part[0] == "'" and not quoted:
            yield part[1:-1], True
        elif part[0] == '"' and not quoted:
            yield "", True
            yield from ((each, True) for each, _ in _pieces(part[1:-1], sh, quoted=True))
        elif part[0] == "\\" and len(part) == 2:
            keeps = quoted and part[1] not in '$"\\`\n'
            yield part if keeps else part[1].replace("\n", ""), True
        elif part.startswith("$((") and part.endswith("))"):
            yield _calculated(part[3:-2], sh), True
        elif part.startswith("$("):
            yield sh.output(part[2:-1]), quoted
        elif part[0] == "`":
            yield sh.output(part[1:-1]), quoted
        elif part.startswith("${"):
            if (variable := _VARIABLE.fullmatch(part)) is None:
                raise WrongSyntax(f"a fake engine's shell has no {part}")
            yield _value(variable, sh), quoted
        elif variable := _VARIABLE.match(text, place):
            yield _value(variable, sh), quoted
            end = variable.end()
        else:
            yield part, True
        place = end


def _value(found: re.Match[str], sh: Console) -> str:
    name = found[1] or found[2]
    special = {"?": str(sh.code), "#": str(len(sh.args)), "$": str(sh.process.pid)}
    if name in special:
        value: str | None = special[name]
    elif name in ("@", "*"):
        value = " ".join(sh.args)
    elif name.isdigit():
        place = int(name) - 1
        value = sh.name if place < 0 else sh.args[place] if place < len(sh.args) else None
    else:
        value = sh.env.get(name)
    sign, rest = found[3] or "", found[4] or ""
    if sign[-1:] in ("-", "+"):
        there = bool(value) if sign[0] == ":" else value is not None
        if there == (sign[-1] == "+"):
            return " ".join(Word(rest).fields(sh, split=False))
        return "" if sign[-1] == "+" else value or ""
    if sign.startswith("#"):
        return (value or "").removeprefix(rest)
    return (value or "").removesuffix(rest) if sign else value or ""


def _calculated(text: str, sh: Console) -> str:
    def value(node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int(number)):
                return number
            case ast.Name(id=name):
                return int(sh.env.get(name) or 0)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -value(operand)
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
                return int(_ARITHMETIC[type(sign)](value(left), value(right)))
            case ast.Compare(left=left, ops=[sign], comparators=[right]) if (
                type(sign) in _ARITHMETIC
            ):
                return int(_ARITHMETIC[type(sign)](value(left), value(right)))
        raise WrongSyntax(f"a fake engine's shell can't calculate {text!r}")

    try:
        return str(value(ast.parse(text.replace("$", "").strip(), mode="eval").body))
    except (SyntaxError, ValueError, ZeroDivisionError):
        raise WrongSyntax(f"arithmetic: {text!r}") from None


def _matching(sh: Console, pattern: str) -> list[str]:
    """Return the paths that match a pattern with wildcards."""
    full, tail = sh.at(pattern), len(sh.at("x")) - 1
    known = [*sh.process.files.nodes, *(f"/proc/{each.pid}" for each in sh.process.peers())]
    found = sorted(
        each
        for each in known
        if each != "/"
        and each.count("/") == full.count("/")
        and fnmatch.fnmatchcase(each, full)
        and posixpath.basename(each).startswith(".") == posixpath.basename(full).startswith(".")
    )
    return found if pattern.startswith("/") else [each[tail:] for each in found]
