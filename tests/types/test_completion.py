"""Completions of editors: by jedi, and by pyright's language server.

A value that one of them can't follow completes to nothing, and no type checker says so.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import jedi
import pytest

from generator.versions import ROOT
from tests.types.language_server import LanguageServer

WITH = "import moorage\nwith moorage.connect() as engine:\n    "
ASYNC = (
    "import moorage\nasync def main():\n    async with moorage.connect_async() as engine:\n        "
)
PINNED = "import moorage\nfrom moorage_api import v1_25, v1_44\n"
CASES = {
    "engine": ("import moorage\nengine = moorage.connect()\nengine.", {"containers", "execute"}),
    "with": (f"{WITH}engine.", {"containers", "execute", "request", "api_version"}),
    "pinned": (f"{PINNED}engine = moorage.connect(v1_44.Engine)\nengine.", {"distribution"}),
    "pinned with": (
        f"{PINNED}with moorage.connect(v1_44.Engine) as engine:\n    engine.",
        {"containers", "distribution"},
    ),
    "oldest with": (
        f"{PINNED}with moorage.connect(v1_25.Engine) as engine:\n    engine.",
        {"containers", "images"},
    ),
    "namespace": (f"{WITH}engine.containers.", {"list", "create", "logs"}),
    "item": (
        f"{WITH}for each in engine.containers.list():\n        each.",
        {"id", "names", "labels"},
    ),
    "answer": (f"{WITH}found = engine.containers.inspect('x')\n    found.", {"state", "config"}),
    "nested": (f"{WITH}found = engine.containers.inspect('x')\n    found.state.", {"exit_code"}),
    "session": (
        f"{WITH}with engine.exec.start('x') as session:\n        session.",
        {"write", "resize", "detach", "wait"},
    ),
    "logs": (f"{WITH}with engine.containers.logs('x') as logs:\n        logs.", {"read", "lines"}),
    "frame": (
        f"{WITH}for frame in engine.containers.logs('x'):\n        frame.",
        {"stream", "data"},
    ),
    "event": (f"{WITH}for event in engine.system.events():\n        event.", {"action", "actor"}),
    "executed": (f"{WITH}engine.execute('x', ['ls']).", {"stdout", "exit_code"}),
    "async with": (f"{ASYNC}engine.", {"containers", "execute", "aclose"}),
    "async pinned": (
        f"{PINNED}async def main():\n"
        "    async with moorage.connect_async(v1_44.AsyncEngine) as engine:\n        engine.",
        {"containers", "distribution"},
    ),
    "awaited": (
        "import moorage\nasync def main():\n"
        "    engine = await moorage.connect_async()\n    engine.",
        {"containers", "aclose"},
    ),
    "async namespace": (f"{ASYNC}engine.containers.", {"list", "create", "logs"}),
    "async session": (
        f"{ASYNC}async with engine.exec.start('x') as session:\n            session.",
        {"write", "resize", "detach"},
    ),
}  # fmt: skip

each_case = pytest.mark.parametrize(("source", "names"), CASES.values(), ids=list(CASES))


@each_case
def test_jedi(source: str, names: set[str], tmp_path: Path) -> None:
    project = jedi.Project(tmp_path, environment_path=sys.executable)
    completed = {each.name for each in jedi.Script(source, project=project).complete()}
    assert names <= completed
    assert "nothing" not in completed


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    folder = tmp_path_factory.mktemp("pyright")
    settings = {
        "extraPaths": [str(ROOT / "overrides"), str(ROOT / "generated")],
        "pythonVersion": "3.11",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    with LanguageServer(folder) as server:
        yield server


@each_case
def test_pyright(source: str, names: set[str], server: LanguageServer) -> None:
    *lines, last = source.split("\n")
    completed = server.complete(server.open(source), len(lines), len(last))
    assert names <= completed
    assert "nothing" not in completed
