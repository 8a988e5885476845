"""Make clean prose from a specification's descriptions, which are Markdown with some HTML."""

from __future__ import annotations

import re

__all__ = ["plain"]

REPLACED = (
    (re.compile(r"\r\n?"), "\n"),
    (re.compile(r"</?p>|<br\s*/?>"), "\n\n"),
    (re.compile(r"<sup>(.*?)</sup>"), r"^\1"),
    # Links within the specification lead nowhere here.
    (re.compile(r"\[([^\]]*)\]\(#[^)]*\)"), r"\1"),
    (re.compile(r"\[([^\]]*)\]\((\w+://[^)\s]*)\)"), r"\1 (\2)"),
    (re.compile(r"\*\*([^*\n]+)\*\*"), r"\1"),
    (re.compile(r"(?m)^(\s*)> ?"), r"\1"),
    (re.compile(r"(?m)^#+ +(.*?):?$"), r"\n\1:\n"),
)
STARTS = re.compile(r"\s*([-*]|\d+\.)\s|\s*\||\s{4}")
FENCE = "```"


def plain(text: str) -> str:
    """Return a description as plain text, which ends with a full stop.

    Each paragraph and each item of a list is one line; fenced blocks stay unchanged.
    """
    for pattern, better in REPLACED:
        text = pattern.sub(better, text)
    lines: list[str] = []
    fenced = joins = False
    for line in text.strip().split("\n"):
        if line.strip().startswith(FENCE):
            fenced, joins = not fenced, False
            lines.append(line.rstrip())
        elif fenced:
            lines.append(line.rstrip())
        elif not line.strip():
            joins = False
            if lines and lines[-1]:
                lines.append("")
        elif joins and not STARTS.match(line):
            lines[-1] = f"{lines[-1]} {line.strip()}"
        else:
            lines.append(line.rstrip())
            joins = True
    if not lines:
        return ""
    if re.match(r"[a-z]+( |$)", lines[0]):
        lines[0] = lines[0][0].upper() + lines[0][1:]
    if lines[-1][-1:].isalnum() or lines[-1][-1:] in "`'\")%":
        lines[-1] += "." if lines[-1].strip() != FENCE else ""
    return "\n".join(lines)
