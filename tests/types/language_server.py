"""A client for pyright's language server, as an editor is one."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self


class LanguageServer:
    """Pyright's server.

    Args:
        folder: The workspace.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "pyright.langserver", "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
        )
        workspace = {"uri": folder.as_uri(), "name": folder.name}
        self._ask(
            "initialize",
            processId=None,
            rootUri=folder.as_uri(),
            workspaceFolders=[workspace],
            capabilities={
                "workspace": {"configuration": True, "workspaceFolders": True},
                "textDocument": {"hover": {"contentFormat": ["plaintext"]}},
            },
        )
        self._tell("initialized")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def open(self, text: str) -> str:
        """Open a new file with this text, and return its URI."""
        uri = (self._folder / f"program{self._count}.py").as_uri()
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._tell("textDocument/didOpen", textDocument=document)
        return uri

    def at(self, what: str, uri: str, line: int, column: int) -> Any:
        """Ask for "definition", "hover" or "completion" at a place; lines count from 0."""
        position = {"line": line, "character": column}
        return self._ask(f"textDocument/{what}", textDocument={"uri": uri}, position=position)

    def complete(self, uri: str, line: int, column: int) -> set[str]:
        """Return the names that may follow at a place."""
        return {each["label"] for each in self.at("completion", uri, line, column)["items"]}

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        self._send(id=self._count, method=method, params=parameters)
        while True:
            message = self._receive()
            if "method" in message and "id" in message:
                self._send(id=message["id"], result=_answer(message))
            elif message.get("id") == self._count:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, **parameters: Any) -> None:
        self._send(method=method, params=parameters)

    def _send(self, **message: Any) -> None:
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length, "the language server ended"
        message: dict[str, Any] = json.loads(self._process.stdout.read(length))
        return message


def _answer(request: dict[str, Any]) -> Any:
    """Answer what the server asks: its settings, and leave to do what it announces."""
    if request["method"] != "workspace/configuration":
        return None
    settings = {"python": {"pythonPath": sys.executable}}
    return [settings.get(item.get("section")) for item in request["params"]["items"]]
