"""Progress: layers summed up, and the displays of it."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

import moorage
from moorage.progress import Progress, _Bars
from moorage_api import v1_44
from tests.facade.peer import Peer, answer, chunked

IMAGE = {"Id": "sha256:1", "RepoTags": ["x:1"]}


def line(status: str, layer: str | None = None, current: int = 0, total: int = 0) -> bytes:
    about: dict[str, Any] = {"status": status}
    if layer is not None:
        about |= {"id": layer, "progressDetail": {"current": current, "total": total}}
    return json.dumps(about).encode() + b"\r\n"


PULL = [
    line("Pulling from library/x", "1"),
    line("Pulling fs layer", "aaa"),
    line("Pulling fs layer", "bbb"),
    line("Already exists", "ccc"),
    line("Downloading", "aaa", 10, 100),
    line("Downloading", "bbb", 50, 50),
    line("Verifying Checksum", "bbb"),
    line("Download complete", "bbb"),
    line("Downloading", "aaa", 100, 100),
    line("Download complete", "aaa"),
    line("Extracting", "aaa", 5, 100),
    line("Pull complete", "aaa"),
    line("Extracting", "bbb", 50, 50),
    line("Pull complete", "bbb"),
    line("Digest: sha256:1"),
    line("Status: Downloaded newer image for x:1"),
]
FAILING = [*PULL[:5], json.dumps({"error": "no more", "errorDetail": {"message": "no"}}).encode()]


def pull(lines: list[bytes], on_progress: moorage.progress.OnProgress) -> None:
    peer = Peer(chunked(*lines), answer(200, IMAGE))
    with peer, moorage.connect(v1_44.Engine, host=peer.host) as engine:
        engine.pull("x:1", auth=None, on_progress=on_progress)


def test_layers_are_summed_up() -> None:
    seen: list[tuple[str, int, int]] = []
    pull(PULL, lambda now: seen.append((now.phase, now.done, now.total)))
    assert list(dict.fromkeys(phase for phase, _, _ in seen)) == [
        *("waiting", "downloading", "extracting", "complete")
    ]
    assert [counts for _, *counts in seen[4:9]] == [
        *([10, 100], [60, 150], [60, 150], [60, 150], [150, 150])
    ]
    assert seen[-1] == ("complete", 150, 150)


def test_a_retry_begins_anew() -> None:
    progress = Progress("pull", "x")
    item: Any = v1_44.CreateImageInfo
    for status, current in (("Downloading", 70), ("Retrying in 1 second", 0), ("Downloading", 20)):
        detail = v1_44.ProgressDetail(current=current, total=100 if current else 0)
        progress.take(item(id="a", status=status, progress_detail=detail))
    assert (progress.done, progress.total) == (20, 100)


def test_plain_lines_where_there_is_no_terminal() -> None:
    file = io.StringIO()
    pull(PULL, moorage.progress.rich(file))
    assert file.getvalue().splitlines() == [
        "pull x:1: aaa: waiting",
        "pull x:1: bbb: waiting",
        "pull x:1: ccc: complete",
        "pull x:1: aaa: downloading",
        "pull x:1: bbb: downloading",
        "pull x:1: bbb: downloaded",
        "pull x:1: aaa: downloaded",
        "pull x:1: aaa: extracting",
        "pull x:1: aaa: complete",
        "pull x:1: bbb: extracting",
        "pull x:1: bbb: complete",
        "pull x:1: complete",
    ]
    file = io.StringIO()
    with pytest.raises(moorage.OperationFailed):
        pull(FAILING, moorage.progress.rich(file))
    assert file.getvalue().splitlines()[-1] == "pull x:1: failed"


def test_bars() -> None:
    console = Console(record=True, force_terminal=True, file=io.StringIO(), width=80)
    pull(PULL, _Bars(console))
    _, _, last = console.export_text().rpartition("pull x:1 ")
    rows = [re.sub(r"━+", "━", " ".join(row.split())) for row in last.splitlines() if row]
    assert rows == [
        "━ 150/150 bytes complete",
        "aaa ━ 100/100 bytes complete",
        "bbb ━ 50/50 bytes complete",
        "ccc ━ 0/0 bytes complete",
    ]


def written(lines: list[bytes], monkeypatch: pytest.MonkeyPatch, term: str) -> str:
    """Show a pull on a terminal, and return what was written to it."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", term)
    leader, follower = pty.openpty()
    with os.fdopen(leader, "rb", buffering=0) as terminal, os.fdopen(follower, "w") as file:
        try:
            pull(lines, moorage.progress.rich(file))
        finally:
            file.flush()
            os.set_blocking(leader, False)
            parts = []
            while part := terminal.read(65536):
                parts.append(part)
    return b"".join(parts).decode()


def test_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = written(PULL, monkeypatch, "xterm-256color")
    hidden, shown = "\x1b[?25l", "\x1b[?25h"
    assert text.index(hidden) < text.index("━") < text.index(shown)
    assert text.endswith(f"complete\r\n{shown}")
    assert "150/150 bytes" in text[: text.index(shown)]
    plain = written(PULL, monkeypatch, "dumb")
    assert "\x1b" not in plain
    assert plain.splitlines()[-1] == "pull x:1: complete"


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_the_cursor_comes_back(error: type[BaseException]) -> None:
    file = io.StringIO()
    bars = _Bars(Console(force_terminal=True, file=file, width=80))
    count = 0

    def report(progress: Progress) -> None:
        nonlocal count
        count += 1
        bars(progress)
        if count == 5:
            raise error

    with pytest.raises(error):
        pull(PULL, report)
    assert file.getvalue().rindex("\x1b[?25h") > file.getvalue().rindex("\x1b[?25l")


def test_names_are_no_commands_to_a_terminal() -> None:
    file = io.StringIO()
    pull([line("Downloading", "a\x1b[2J\nb [red]", 1, 2)], moorage.progress.rich(file))
    assert file.getvalue().splitlines()[0] == r"pull x:1: a\x1b[2J\nb [red]: downloading"
    console = Console(force_terminal=True, file=file, width=80)
    pull([line("Downloading", "a\x1b[2J\nb [red]", 1, 2)], _Bars(console))
    assert "\x1b[2J" not in file.getvalue()
    assert r"a\x1b[2J\nb [red]" in file.getvalue()


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(ImportError, match=r"pip install 'moorage\[rich\]'"):
        moorage.progress.rich()


def test_a_build_has_steps(tmp_path: Path) -> None:
    lines = [
        *(b'{"stream":"Step 1/2 : FROM x\\n"}', b'{"stream":" ---> 1\\n"}'),
        *(b'{"stream":"Step 2/2 : RUN y\\n"}', b'{"aux":{"ID":"sha256:1"}}'),
        b'{"stream":"Successfully built 1\\n"}',
    ]
    file = io.StringIO()
    with Peer(chunked(*lines)) as peer, moorage.connect(v1_44.Engine, host=peer.host) as engine:
        built = engine.build(
            {"Dockerfile": "FROM x\nRUN y\n"},
            tags="t",
            builder="classic",
            auth=None,
            on_progress=moorage.progress.rich(file),
        )
    assert built.id == "sha256:1"
    assert file.getvalue().splitlines() == [
        "build t: context: sending",
        "build t: step 1/2: building",
        "build t: step 2/2: building",
        "build t: complete",
    ]
