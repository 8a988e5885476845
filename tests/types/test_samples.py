"""Type checkers understand programs that use the typed surface.

In the samples, `# error` marks the lines that are wrong, and `# is T` tells what type the
argument of `reveal_type` is; every other line is right. So is every line of the examples.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import pytest

from generator.versions import ROOT

SAMPLES = Path(__file__).with_name("samples")
Said: TypeAlias = dict[tuple[str, int], str]
"""`error`, or the type that is revealed, by the file and the line."""


def expected() -> Said:
    said = {}
    for file in sorted(SAMPLES.glob("*.py")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if line.endswith("  # error"):
                said[file.name, number] = "error"
            elif found := re.search(r"  # is (.*)$", line):
                said[file.name, number] = found[1]
    return said


def mypy(cache: Path) -> Said:
    config = f"--config-file={ROOT / 'pyproject.toml'}"
    # The samples are excluded from the checks of the project, but not when they are named.
    files = [*SAMPLES.glob("*.py"), *(ROOT / "examples").glob("*.py")]
    done = run("mypy", config, f"--cache-dir={cache}", *map(str, files))
    found = re.findall(r"^(\S+?):(\d+): (error|note): (.*)$", done.stdout, re.MULTILINE)
    assert found, done.stdout + done.stderr
    said = {}
    for file, line, kind, text in found:
        if kind == "error":
            said[Path(file).name, int(line)] = "error"
        elif revealed := re.match(r'Revealed type is "(.*)"$', text):
            said[Path(file).name, int(line)] = short(revealed[1])
    return said


def pyright(_cache: Path) -> Said:
    done = run("pyright", "--outputjson", f"--project={SAMPLES}", f"--pythonpath={sys.executable}")
    said = {}
    for each in json.loads(done.stdout)["generalDiagnostics"]:
        where = Path(each["file"]).name, each["range"]["start"]["line"] + 1
        if each["severity"] == "error":
            said[where] = "error"
        elif revealed := re.match(r'Type of ".*" is "(.*)"$', each["message"], re.DOTALL):
            said[where] = short(revealed[1])
    return said


def short(text: str) -> str:
    """Take the modules from the names of a type, and mypy's marks and the items of a NamedTuple."""
    name = re.sub(r"\b(?:\w+\.)+(\w+)", r"\1", text).replace("?", "")
    return re.sub(r"^tuple\[.*, fallback=(.*)\]$", r"\1", name)


def run(module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_samples(checker: Callable[[Path], Said], tmp_path: Path) -> None:
    wanted = expected()
    assert len(wanted) > 50
    assert checker(tmp_path) == wanted
