"""`moorage versions`, on real engines."""

from __future__ import annotations

import json

import pytest

from moorage.cli import main
from moorage.versions.bundled import bundled_versions
from moorage.versions.numbers import version_key
from moorage.versions.releases import oldest_accepted
from tests.engines.conftest import EngineHost
from tests.facade.peer import Peer, answer


def test_what_an_engine_accepts(
    engine_host: EngineHost, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["versions", "--host", engine_host.host, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["engine"]["max"] == engine_host.max_api
    rows = {each["api"]: each for each in told["versions"]}
    assert set(bundled_versions()) <= set(rows)
    for version, row in rows.items():
        low, high = version_key(engine_host.min_api), version_key(engine_host.max_api)
        assert row["accepted"] == (low <= version_key(version) <= high)
        assert version_key(row["oldest_accepted"]) <= version_key(version)
    # The release that brought the newest version that it speaks is the engine's own, or older.
    brought = rows[engine_host.max_api]["release"].partition(".")[0]
    assert int(brought) <= int(told["engine"]["release"].partition(".")[0])
    # It is private, and so accepts what its release does by default.
    if engine_host.private:
        assert oldest_accepted(told["engine"]["release"]) == engine_host.min_api
    assert main(["versions", "--host", engine_host.host]) == 0
    printed = capsys.readouterr().out
    assert f"API {engine_host.min_api} to {engine_host.max_api}" in printed
    assert "\x1b" not in printed


def test_without_an_engine(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["versions", "--host", "unix:///nowhere"]) == 2
    assert "there is no socket" in capsys.readouterr().err
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert main(["versions"]) == 0
    said = capsys.readouterr()
    assert "there is no socket" in said.err
    assert said.out.startswith("API   engine    accepts  bundled\n1.25")
    assert main(["versions", "--host", "nonsense"]) == 2


@pytest.mark.parametrize(
    ("release", "oldest"),
    [
        *(("1.13.0", "1.12"), ("24.0.7", "1.12"), ("25.0", "1.24"), ("28.5.2", "1.24")),
        *(("29.0", "1.44"), ("29.2.1", "1.44"), ("29.3.0", "1.40"), ("30.1", "1.40")),
    ],
)
def test_what_a_release_accepts_by_default(release: str, oldest: str) -> None:
    assert oldest_accepted(release) == oldest


def test_archived_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert main(["versions"]) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith("API 1.0 to 1.24 have no machine-readable specification")
    assert main(["versions", "--json"]) == 0
    archived = json.loads(capsys.readouterr().out)["archived"]
    assert archived["api"] == "1.0 to 1.24"
    assert archived["documentation"] in last


@pytest.mark.parametrize("body", [{}, [], {"MinAPIVersion": "x", "ApiVersion": "1.44"}])
def test_what_is_no_engine(body: object, capsys: pytest.CaptureFixture[str]) -> None:
    with Peer(answer(200, body)) as peer:
        assert main(["versions", "--host", peer.host]) == 2
    assert "does not report its API versions" in capsys.readouterr().err
