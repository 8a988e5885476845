"""The sample project in examples/downstream, as its maintainer runs its tests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

PROJECT = Path(__file__).parents[2] / "examples/downstream"
VERSIONS = ["1.25", "1.30", "1.37", "1.41", "1.42", "1.44", "1.47", "1.51"]
NEWEST = {"20.10": "1.41", "26.1": "1.45", "28.5": "1.51"}


@pytest.mark.usefixtures("private_machine")
def test_the_report_shows_what_fails_where(engines: Engines, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-pno:asyncio", "-pno:cacheprovider"),
            *(f"--engine-host={name}={engines.get(name).host}" for name in NEWEST),
            *("--engine-report", tmp_path / "r.json", "--engine-report", tmp_path / "r.html"),
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout + done.stderr
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["versions"] == VERSIONS
    assert [each["name"] for each in report["engines"]] == list(NEWEST)
    came = {
        (each["test"].partition("::")[2], each["host"], each["api"]): each
        for each in report["results"]
    }
    for (test, host, version), result in came.items():
        accepted = _key(version) <= _key(NEWEST[host])
        new = _key(version) >= _key("1.42")
        if not accepted:
            expected = "skipped"
            assert result["reason"] == f"engine {host} speaks API {_range(report, host)}"
        elif test == "test_removing_goes_on_when_the_engine_is_busy":
            expected = "skipped"
            assert "--engine-fake" in result["reason"]
        elif test == "test_space" and not new:
            expected = "failed"
            assert "images.list(shared_size=) needs API 1.42" in result["reason"]
        elif test == "test_anonymous_volumes_say_so" and not new:
            expected = "skipped"
            assert result["reason"] == "needs API >=1.42"
        else:
            expected = "passed"
        assert result["outcome"] == expected, result
    assert len(came) == 6 * 3 * 8

    page = (tmp_path / "r.html").read_text()
    (row,) = re.findall(r"test_space</th>(.*?)</tr>", page, re.DOTALL)
    words = re.findall(r">(\w+)(?:</a>)?</td>", row)
    failing = ["FAIL"] * 4
    assert words == [
        *(*failing, *["skip"] * 4),
        *(*failing, "ok", "ok", "skip", "skip"),
        *(*failing, *["ok"] * 4),
    ]


def _key(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _range(report: dict[str, list[dict[str, str]]], host: str) -> str:
    (engine,) = (each for each in report["engines"] if each["name"] == host)
    return f"{engine['min_api']} to {engine['max_api']}"
