"""What editors complete: by jedi, and by pyright's language server.

A value that one of them can't follow completes to nothing, and no type checker says so.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jedi
import pytest

from generator.versions import ROOT

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


@pytest.fixture(scope="module", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let jedi read the sources as they are now."""
    before = jedi.settings.cache_directory
    jedi.settings.cache_directory = str(tmp_path_factory.mktemp("jedi"))
    yield
    jedi.settings.cache_directory = before


@each_case
def test_jedi(source: str, names: set[str], tmp_path: Path) -> None:
    project = jedi.Project(tmp_path, environment_path=sys.executable)
    completed = {each.name for each in jedi.Script(source, project=project).complete()}
    assert names <= completed
    assert "nothing" not in completed


class Server:
    """Pyright's language server, by its protocol: JSON with a head of lines, on its pipes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )
        self._count = 0
        folders = [{"uri": folder.as_uri(), "name": "x"}]
        self._ask(
            "initialize",
            processId=os.getpid(),
            rootUri=folder.as_uri(),
            workspaceFolders=folders,
            capabilities={},
        )
        self._send(method="initialized", params={})

    def complete(self, source: str) -> set[str]:
        """Return the names that are completed at the end of a source."""
        uri = (self._folder / f"x{self._count}.py").as_uri()
        text = {"uri": uri, "languageId": "python", "version": 1, "text": source}
        self._send(method="textDocument/didOpen", params={"textDocument": text})
        *lines, last = source.split("\n")
        place = {"line": len(lines), "character": len(last)}
        found = self._ask("textDocument/completion", textDocument={"uri": uri}, position=place)
        return {each["label"] for each in found["items"]}

    def close(self) -> None:
        self._ask("shutdown")
        self._send(method="exit")
        self._process.communicate(timeout=30)

    def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._send(id=self._count, method=method, params=params)
        while True:
            message = self._receive()
            if "method" not in message and message["id"] == self._count:
                return message["result"]
            if "method" in message and "id" in message:
                # It asks for the client's configuration, among other things.
                items = message.get("params", {}).get("items", ())
                self._send(id=message["id"], result=[None] * len(items))

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> Any:
        pipe = self._process.stdout
        assert pipe
        length = 0
        while line := pipe.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server has ended"
        return json.loads(pipe.read(length))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("pyright")
    settings = {
        "extraPaths": [str(ROOT / "overrides"), str(ROOT / "generated")],
        "pythonVersion": "3.11",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    server = Server(folder)
    yield server
    server.close()


@each_case
def test_pyright(source: str, names: set[str], server: Server) -> None:
    completed = server.complete(source)
    assert names <= completed
    assert "nothing" not in completed
