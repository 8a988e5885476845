"""What mypy says of the examples in the documents; and the programs in examples/."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import indent

from generator.versions import ROOT
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


# docker-py takes 225 lines for the same five programs.
LONGEST = 168


def test_programs_are_short_and_plain() -> None:
    programs = sorted((ROOT / "examples").glob("*.py"))
    texts = [each.read_text(encoding="utf-8") for each in programs]
    assert len(programs) >= 4
    assert sum(len(text.splitlines()) for text in texts) <= LONGEST
    for text in texts:
        assert not any(isinstance(each, ast.Assert) for each in ast.walk(ast.parse(text)))
        assert ' or ""' not in text
