"""A diff as one self-contained HTML page: no script, no network, no other file."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from moorage.diff.change import Change
from moorage.diff.compare import OperationDiff
from moorage.diff.text import WORDS, summary

__all__ = ["page"]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root {{
  color-scheme: light dark;
  --text: #1b1f24; --page: #ffffff; --faint: #59636e; --line: #d1d9e0;
  --breaking: #b3261e; --deprecated: #8a5a00; --compatible: #1a6e36;
}}
@media (prefers-color-scheme: dark) {{
  :root {{
    --text: #e6e9ed; --page: #14171a; --faint: #9aa4af; --line: #363d45;
    --breaking: #ff8a80; --deprecated: #f0b84c; --compatible: #6fd08c;
  }}
}}
body {{ font: 1rem/1.5 system-ui, sans-serif; color: var(--text); background: var(--page);
  max-width: 60rem; margin: 0 auto; padding: 1rem; }}
code {{ font-family: ui-monospace, monospace; font-size: .9em; overflow-wrap: anywhere; }}
h1 {{ font-size: 1.5rem; }}
h2 {{ display: inline; font-size: 1.05rem; }}
details {{ border-top: 1px solid var(--line); padding: .6rem 0; }}
summary {{ cursor: pointer; }}
summary code, footer {{ color: var(--faint); }}
ul {{ list-style: none; padding: 0; margin: .4rem 0 0; }}
li {{ padding: .15rem 0 .15rem .6rem; border-left: .25rem solid; margin: .2rem 0; }}
li > * {{ color: var(--text); }}
li > b {{ font-size: .85em; color: inherit; }}
.breaking {{ color: var(--breaking); }}
.deprecated {{ color: var(--deprecated); }}
.compatible {{ color: var(--compatible); }}
</style>
</head>
<body>
<h1>{title}</h1>
<p>{summary}.</p>
{operations}
<footer><p>As the published specifications say, before any correction.</p></footer>
</body>
</html>
"""

_OPERATION = """<details{open}>
<summary><h2 class="{impact}">{name}</h2> <code>{endpoint}</code></summary>
<ul>
{changes}
</ul>
</details>"""


def page(
    before: str, after: str, operations: Sequence[OperationDiff], *, wire: bool = False
) -> str:
    """Write the result of `between`, in its order; compatible changes are folded."""
    return _PAGE.format(
        title=escape(f"Docker Engine API {before} to {after}"),
        summary=escape(summary(operations).capitalize()),
        operations="\n".join(_operation(each, wire) for each in operations),
    )


def _operation(operation: OperationDiff, wire: bool) -> str:
    return _OPERATION.format(
        open="" if operation.impact == "compatible" else " open",
        impact=operation.impact,
        name=escape(operation.name),
        endpoint=escape(operation.endpoint),
        changes="\n".join(_change(each, wire) for each in operation.changes),
    )


def _change(change: Change, wire: bool) -> str:
    impact, text = change.impact, escape(change.described(wire=wire))
    return f'<li class="{impact}"><b>{WORDS[impact]}</b> <code>{text}</code></li>'
