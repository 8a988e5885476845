"""The docstrings of verbs, laid out for methods."""

from __future__ import annotations

import re
import textwrap

from generator.python import WIDTH

__all__ = ["method_doc"]


def method_doc(doc: str) -> str:
    """Lay out a verb's docstring for a method, which has no parameter `engine`."""
    entries: list[str] = []
    for line in doc.splitlines():
        lead = len(line) - len(line.lstrip())
        last = entries[-1] if entries else ""
        before = len(last) - len(last.lstrip())
        paragraph = last.strip() and line.strip() and last not in _SECTIONS
        if paragraph and (lead > before or (lead == before and not _ENTRY.match(line))):
            entries[-1] += f" {line.strip()}"
        else:
            entries.append(line)
    kept = [each for each in entries if not each.startswith("    engine: ")]
    if "Args:" in kept and kept[kept.index("Args:") + 1 :][:1] in ([], [""]):
        at = kept.index("Args:")
        del kept[at : at + 2]
    return "\n".join(_wrapped(each) for each in kept).strip()


_ENTRY = re.compile(r"\s+\w+: ")
_SECTIONS = ("Args:", "Returns:", "Raises:", "Yields:")


def _wrapped(entry: str) -> str:
    lead = entry[: len(entry) - len(entry.lstrip())]
    after = lead + " " * 4 if _ENTRY.match(entry) else lead
    return textwrap.fill(
        entry, WIDTH - 8, subsequent_indent=after, break_long_words=False, break_on_hyphens=False
    )
