"""What mypy says of the examples in the documents."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

from moorage.bundled import bundled_versions
from moorage.check import check
from tests.examples import DOCUMENTS, examples

# Examples leave out what one before them has said.
BEFORE = """\
from pathlib import Path

import moorage
from moorage_api.newest import Engine


async def example() -> None:
"""
GIVEN = "engine: Engine = moorage.connect()\n"


def test_examples(tmp_path: Path) -> None:
    files = []
    for document in DOCUMENTS:
        for place, code in examples(document).items():
            given = "" if " as engine:" in code else GIVEN
            file = tmp_path / f"{place}.py"
            file.write_text(BEFORE + indent(given + code, "    "), encoding="utf-8")
            files.append(file)
    assert len(files) >= 5
    report = check(files, [bundled_versions()[-1]])
    assert [f"{each.mistake.file.stem}: {each.mistake}" for each in report.findings] == []
