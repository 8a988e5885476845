"""The web service and the SDK in examples/, on a fake engine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

import moorage
from examples import service
from generator.versions import ROOT
from moorage.cli import main
from moorage.cli.status import DONE
from moorage.testing import FakeEngine

SDK = ROOT / "examples" / "sdk"


@asynccontextmanager
async def client(fake: FakeEngine) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the application to a client, without a server."""
    app = service.app
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://jobs") as made,
    ):
        yield made


def test_service(monkeypatch: pytest.MonkeyPatch) -> None:
    async def use() -> None:
        async with client(fake) as http:
            job: dict[str, Any] = {"image": "app", "command": ["echo", "hello"]}
            started = await http.post("/jobs", json=job)
            assert started.status_code == 201
            place = f"/jobs/{started.json()['id']}"
            assert (await http.get(f"{place}/log")).text == "hello\n"
            (listed,) = (await http.get("/jobs")).json()
            assert listed == {**started.json(), "state": "exited", "image": "app"}
            assert (await http.delete(place)).status_code == 204
            assert (await http.get("/jobs")).json() == []

            assert (await http.delete(place)).status_code == 404
            assert (await http.delete("/jobs/database")).status_code == 404  # it is no job
            missing = await http.post("/jobs", json={**job, "image": "missing"})
            assert missing.status_code == 404
            assert "missing" in missing.json()["detail"]
            with fake.down():
                assert (await http.get("/jobs")).status_code == 503

    with FakeEngine("1.44") as fake:
        fake.image("app")
        monkeypatch.setenv("DOCKER_HOST", fake.host)
        with moorage.connect() as engine:
            engine.containers.create(image="app", name="database")
        anyio.run(use)
        assert fake.problems == []
        assert {each.version for each in fake.requests if each.operation == "containers.list"} == {
            "1.44"
        }


def test_sdk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command of its README makes the copy, and its own tests pass with it."""
    project = tmp_path / "sdk"
    shutil.copytree(SDK, project, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    monkeypatch.chdir(project)
    (line,) = (
        line.split()
        for line in (SDK / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("    moorage vendor 1.44")
    )
    assert main(line[1:]) == DONE
    size = sum(file.stat().st_size for file in Path("src/acme/_engine").rglob("*.py"))
    assert 0.5e6 < size < 0.7e6  # 0.6 MB, says the README
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-pno:asyncio", "-pno:cacheprovider"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == pytest.ExitCode.OK, done.stdout + done.stderr
    assert main(["vendor", "--check", "src/acme/_engine"]) == DONE
