"""A web server in an engine's network, of files, some of which ask for a password."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from moorage.private import PrivateEngine

__all__ = ["web"]

SERVER = """
import base64, functools, http.server, sys

class Handler(http.server.SimpleHTTPRequestHandler):
    def do_GET(self):
        wanted = base64.b64encode(sys.argv[2].encode()).decode()
        given = self.headers.get("Authorization", "").rpartition(" ")[2]
        if self.path.startswith("/private/") and given != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", "Basic realm=x")
            self.end_headers()
        else:
            super().do_GET()

    def log_message(self, *_):
        pass

handler = functools.partial(Handler, directory=sys.argv[1])
with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""


@contextlib.contextmanager
def web(engine: PrivateEngine, folder: Path, user: str) -> Iterator[str]:
    """Serve a folder to an engine; gives the URL.

    Args:
        engine: The engine.
        folder: The files; those in its folder `private` are for the user.
        user: The user's name and password, with a colon between.
    """
    command = [sys.executable, "-c", SERVER, str(folder), user]
    with subprocess.Popen(
        ["nsenter", f"--net=/proc/{engine.pid}/ns/net", *command],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()
