"""A registry that ends in the middle of a layer."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from moorage.private import PrivateEngine

__all__ = ["dying_registry"]

LAYER = b"x" * (4 << 20)
TYPE = "application/vnd.docker."


@contextlib.contextmanager
def dying_registry(engine: PrivateEngine, address: str) -> Iterator[None]:
    """Run it in the network of an engine."""
    network = f"--net=/proc/{engine.pid}/ns/net"
    command = ["setpriv", "--pdeathsig", "KILL", "nsenter", network, sys.executable, "-I", __file__]
    with subprocess.Popen([*command, address], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"ready\n"
            yield
        finally:
            process.kill()


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


CONFIG = json.dumps(
    {
        "architecture": "amd64",
        "os": "linux",
        "config": {},
        "rootfs": {"type": "layers", "diff_ids": [_digest(LAYER)]},
    }
).encode()
MANIFEST = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": f"{TYPE}distribution.manifest.v2+json",
        "config": {
            "mediaType": f"{TYPE}container.image.v1+json",
            "size": len(CONFIG),
            "digest": _digest(CONFIG),
        },
        "layers": [
            {
                "mediaType": f"{TYPE}image.rootfs.diff.tar.gzip",
                "size": len(LAYER),
                "digest": _digest(LAYER),
            }
        ],
    }
).encode()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if "/manifests/" in self.path:
            self._answer(MANIFEST, f"{TYPE}distribution.manifest.v2+json")
        elif self.path.endswith(_digest(CONFIG)):
            self._answer(CONFIG, "application/octet-stream")
        elif self.path.endswith(_digest(LAYER)):
            self._head(len(LAYER), "application/octet-stream")
            self.wfile.write(LAYER[: len(LAYER) // 2])
            self.wfile.flush()
            os._exit(1)
        else:
            self._answer(b"{}", "application/json")

    do_HEAD = do_GET  # noqa: N815 - http.server's name

    def _head(self, length: int, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(length))
        self.send_header("Docker-Content-Digest", _digest(MANIFEST))
        self.end_headers()

    def _answer(self, body: bytes, kind: str) -> None:
        self._head(len(body), kind)
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


if __name__ == "__main__":
    host, _, port = sys.argv[1].partition(":")
    server = HTTPServer((host, int(port)), Handler)
    print("ready", flush=True)
    server.serve_forever()
