"""Examples in the documents, and programs in examples/, pass mypy."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent

from generator.versions import ROOT
from moorage.check import check
from moorage.versions.bundled import bundled_versions
from tests.docs.tables import AIODOCKER, DOCKER_PY, rows
from tests.examples import DOCUMENTS, examples

# Examples leave out what one before them has said.
BEFORE = """\
from pathlib import Path

import moorage
from moorage_api.newest import Engine


async def example() -> None:
"""
GIVEN = "engine: Engine = moorage.connect()\n"


TABLES = """\
import moorage
from moorage_api.newest import AsyncEngine, ContainerSpec, Engine, TaskSpec


async def sent(
    engine: {engine},
    auth: moorage.RegistryAuth,
    context: bytes,
    labels: dict[str, str],
    task: TaskSpec,
) -> None:
"""


def tables(folder: Path) -> Iterator[Path]:
    """Write what the tables have; the fields of `found` may be None, which is not their subject."""
    for page, engine in ((DOCKER_PY, "Engine"), (AIODOCKER, "AsyncEngine")):
        code = [row.ours for row in rows(page) if row.ours and "found" not in row.ours]
        file = folder / f"{engine.lower()}.py"
        body = indent("\n".join(code), "    ")
        file.write_text(TABLES.format(engine=engine) + body, encoding="utf-8")
        yield file


def test_examples(tmp_path: Path) -> None:
    files = [*tables(tmp_path)]
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
PROGRAMS = ("ci_runner", "database", "log_shipper", "registry_mirror", "rolling_deployment")


def test_programs_are_short_and_plain() -> None:
    programs = [ROOT / "examples" / f"{name}.py" for name in PROGRAMS]
    texts = [each.read_text(encoding="utf-8") for each in programs]
    assert sum(len(text.splitlines()) for text in texts) <= LONGEST
    for text in texts:
        assert not any(isinstance(each, ast.Assert) for each in ast.walk(ast.parse(text)))
        assert ' or ""' not in text
