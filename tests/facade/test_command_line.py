"""The command `moorage` as a whole: its version, its statuses, and pipes that close early."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from moorage.cli import hello, main
from moorage.cli.status import CLOSED_PIPE, DONE, FAILED, FOUND, STATUSES
from moorage.host import parse_host
from moorage.private import PrivateEngineError
from moorage.private.releases import RELEASES
from tests.facade.peer import Peer, answer

VERBS = ("check", "conformance", "diff", "hello", "history", "vendor", "versions")


def test_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code in (None, DONE)
    assert capsys.readouterr() == (f"moorage {version('moorage')}\n", "")


@pytest.mark.parametrize("arguments", [[], *([verb] for verb in VERBS)])
def test_every_help_tells_the_statuses(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--help"])
    assert end.value.code in (None, DONE)
    said = " ".join(capsys.readouterr().out.split())
    # The help is wrapped, also after a hyphen.
    assert STATUSES.replace("- ", "-") in said.replace("- ", "-")
    assert len(re.findall(r"status is 0", said)) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["diff", "1.43", "1.44"], FOUND),
        (["diff", "1.44", "1.44"], DONE),
        (["diff", "1.44", "9.99"], FAILED),
        (["diff", "1.44", "nonsense"], FAILED),
        (["diff", "1.43", "1.44", "--html", "{}/none/page.html"], FAILED),
        (["history", "containers.create"], DONE),
        (["history", "containers.none"], FAILED),
        (["vendor", "9.99", "{}/copy"], FAILED),
        (["vendor", "--check", "{}/none"], FAILED),
        (["versions", "--host", "unix:///nowhere"], FAILED),
        (["conformance", "--host", "unix:///nowhere"], FAILED),
        (["check", "{}/none"], FAILED),
        (["vendor", "1.44", "{}/x", "--types-only", "--only", "session"], FAILED),
    ],
)
def test_statuses(
    arguments: list[str], status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([each.format(tmp_path) for each in arguments]) == status
    assert (capsys.readouterr().err != "") == (status == FAILED)


@pytest.mark.parametrize(
    "arguments",
    [
        *([], ["nonsense"], ["diff"], ["vendor", "--force", "x"]),
        ["vendor", "1.44", "x", "--types-only", "--verbs", "run"],
    ],
)
def test_wrong_arguments(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == FAILED
    assert "usage:" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [
        ["versions"],
        ["diff", "1.25", "1.44"],
        ["diff", "1.25", "1.44", "--json"],
        ["history", "containers.create"],
        ["--version"],
    ],
)
def test_a_pipe_that_nobody_reads(arguments: list[str], tmp_path: Path) -> None:
    """The reader has left before anything is written, which is the hardest case."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "moorage", *arguments],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/none", "DOCKER_CONTEXT": ""},
            text=True,
            check=False,
            timeout=60,
        )
    finally:
        os.close(writer)
    assert done.returncode == CLOSED_PIPE
    quiet = [line for line in done.stderr.splitlines() if not line.startswith("moorage versions: ")]
    assert quiet == []


@pytest.mark.parametrize(
    "arguments", [["versions"], ["diff", "1.25", "1.44"], ["--version"], ["diff", "--help"]]
)
def test_a_disk_that_is_full(arguments: list[str], tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123
        done = subprocess.run(
            [sys.executable, "-m", "moorage", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            env=os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/none", "DOCKER_CONTEXT": ""},
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == FAILED
    said = [line for line in done.stderr.splitlines() if not line.startswith("moorage versions: ")]
    assert said == ["moorage: cannot write the output: No space left on device"]


def test_words_of_an_engine_control_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    said = {"Version": "\x1b[31m\ud800\n\u202e", "MinAPIVersion": "1.24", "ApiVersion": "1.41"}
    with Peer(answer(200, said)) as peer:
        assert main(["versions", "--host", peer.host]) == DONE
    first = capsys.readouterr().out.splitlines()[0]
    assert first.startswith(r"engine \x1b[31m\ud800\n\u202e at unix://")
    with Peer(answer(500, {"message": "\x1b]0;x\x07\udfff"})) as peer:
        assert main(["versions", "--host", peer.host]) == FAILED
    assert r"\x1b]0;x\x07\udfff" in capsys.readouterr().err


def test_names_of_files_control_no_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    assert main(["vendor", "1.44", "--types-only", "--only", "exec", str(copy)]) == DONE
    (copy / "\x1b[31m").touch()
    (copy / "errors.py").unlink()
    os.mkfifo(copy / "errors.py")  # whoever reads it waits
    assert main(["vendor", "--check", str(copy)]) == FOUND
    assert main(["vendor", "--update", "--force", str(copy)]) == FAILED
    program = tmp_path / "\x1b[31m.py"
    program.write_text("x = (")
    assert main(["check", "--api", "1.44", str(program)]) == FOUND
    out, err = capsys.readouterr()
    assert re.search(r"foreign +\S+/copy/\\x1b\[31m\nedited +\S+/copy/errors.py\n", out)
    assert r"/\x1b[31m.py:1: " in out
    assert r"move away \x1b[31m" in err
    assert "\x1b" not in out + err


def test_a_name_that_is_no_text_is_printed(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff/x"
    done = subprocess.run(
        [sys.executable, "-m", "moorage", "vendor", "--check", name],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == FAILED
    assert b"Traceback" not in done.stderr
    assert rb"\udcff/x" in done.stderr


def test_hello_asks_before_it_unpacks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    started: list[str] = []

    def private(suite: str) -> Any:
        started.append(suite)
        raise PrivateEngineError("not here")

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(hello, "find_host", lambda *_: parse_host("unix:///none"))
    monkeypatch.setattr(hello, "DEFAULT_SOURCE", parse_host("unix:///none").source)
    monkeypatch.setattr(hello, "is_socket", lambda _: False)
    monkeypatch.setattr(hello, "why_not", lambda: None)
    monkeypatch.setattr(hello, "private_engine", private)
    # A checkout has engines already, and asks nobody.
    assert main(["hello"]) == FAILED
    assert started == ["bookworm"]
    monkeypatch.setattr(hello, "_is_checkout", lambda: False)
    assert main(["hello"]) == FAILED  # nobody is at this terminal
    said = capsys.readouterr()
    assert f"unpacked into {tmp_path}/.engines? [y/N]" in said.out
    assert "nothing was unpacked; --yes does it" in said.err
    assert started == ["bookworm"]
    assert main(["hello", "--yes"]) == FAILED
    answers = iter(["n\n", "y\n"])
    person = SimpleNamespace(isatty=lambda: True, readline=lambda: next(answers))
    monkeypatch.setattr(sys, "stdin", person)
    assert [main(["hello"]), main(["hello"])] == [FAILED, FAILED]
    newest = RELEASES[max(RELEASES)]
    assert started == ["bookworm", newest, newest]
    assert list(tmp_path.iterdir()) == []


def test_completion(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--completion", "bash"])
    assert not ended.value.code
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    (tmp_path / "file.txt").touch()
    for words, there in (
        (["ve"], {"vendor", "versions"}),
        (["diff", "--"], {"--html", "--json", "--wire"}),
        (["vendor", "--t"], {"--to", "--types-only"}),
    ):
        asked = f"""
source {script}
COMP_WORDS=(moorage {" ".join(words)}) COMP_CWORD={len(words)}
_shtab_moorage moorage {words[-1]}
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
        done = subprocess.run(
            ["bash", "-c", asked], capture_output=True, text=True, check=True, cwd=tmp_path
        )
        assert there <= {*done.stdout.split()}


def test_completion_without_its_extra(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "shtab", None)
    with pytest.raises(SystemExit) as ended:
        main(["--completion", "zsh"])
    assert ended.value.code == FAILED
    assert "pip install 'moorage[completion]'" in capsys.readouterr().err


def test_a_pipe_that_is_read_in_part() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "moorage", "diff", "1.25", "1.55", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(50).startswith("{")
        process.stdout.close()
        assert process.stderr.read() == ""
        assert process.wait(60) == CLOSED_PIPE


def test_what_is_whole_is_not_a_closed_pipe() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "moorage", "diff", "1.44", "1.44", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (DONE, "")
    assert json.loads(done.stdout)
