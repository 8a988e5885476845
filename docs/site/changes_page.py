"""A page for what each API version changed."""

from __future__ import annotations

from docs.site.facts import Facts
from docs.site.html import code
from moorage.diff.text import WORDS
from moorage_api.engines import ENGINES

__all__ = ["changes_page"]


def changes_page(version: str, before: str | None, facts: Facts, linked: set[str]) -> str:
    """Write what a version changed, in Markdown, operation by operation.

    Args:
        version: The version.
        before: The one before it; None for the oldest, which brought all that it has.
        facts: The changes of versions.
        linked: The operations that the reference has.
    """
    steps = facts.steps[version]
    release = f", which Docker {ENGINES[version]} brought" if version in ENGINES else ""
    parts = [f"# API {version}\n"]
    if before is None:
        parts.append(f"The oldest version that moorage has{release}. It has these operations:\n")
    elif not steps:
        parts.append(f"API {version}{release}, changed no operation.\n")
    else:
        parts.append(
            f"Changes of API {version}{release}, compared with [API {before}]({before}.md), as "
            "the published specifications say. The worst for a caller stand first.\n"
        )
    for step in steps:
        namespace, _, name = step.operation.partition(".")
        title = f"[{step.operation}](../{namespace}.md#{name})"
        parts.append(
            f"## {title if step.operation in linked else step.operation} "
            f"{{ #{step.operation.replace('.', '-')} }}\n\n{code(step.endpoint)}\n"
        )
        if before is not None:
            items = "\n".join(
                f'<li class="m-{each.impact}"><b>{WORDS[each.impact]}</b> {code(str(each))}</li>'
                for each in step.changes
            )
            parts.append(f'<ul class="m-changes">\n{items}\n</ul>\n')
    return "\n".join(parts)
