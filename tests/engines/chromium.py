"""A real Chromium without a window or a network, unpacked of Debian's packages as engines are.

It is driven by the DevTools protocol over a pipe: https://chromedevtools.github.io/devtools-protocol
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from moorage.private.debian import CODENAME, unpacked

__all__ = ["SITE", "Page", "chromium"]

FONTS = """<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{tree}/usr/share/fonts</dir><cachedir>{home}/fonts</cachedir></fontconfig>
"""
# The program has the pipes' ends as descriptors 3 and 4. Debian's sh knows one digit only.
ON_A_PIPE = 'exec 3<&"$0" 4>&"$1"; shift; exec "$@"'
PATIENCE = 30
SERVER = Path(__file__).with_name("site_server.py")
PORT = 8000
SITE = f"http://127.0.0.1:{PORT}"


class Page:
    """A tab of a browser.

    Args:
        reader: The stream of the browser's messages.
        writer: The stream of messages to it.
    """

    def __init__(self, reader: BinaryIO, writer: BinaryIO) -> None:
        self._reader = reader
        self._writer = writer
        self._session: dict[str, str] = {}
        self._sent = 0
        self.events: list[dict[str, Any]] = []
        """The browser's events, in its order."""
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        attached = self.send("Target.attachToTarget", targetId=target, flatten=True)
        self._session = {"sessionId": attached["sessionId"]}
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> Any:
        """Ask the browser for something, and return what it answers."""
        self._sent += 1
        message = {"id": self._sent, "method": method, "params": params} | self._session
        self._writer.write(json.dumps(message).encode() + b"\0")
        self._writer.flush()
        while (got := self._next()).get("id") != self._sent:
            self.events.append(got)
        assert "error" not in got, got
        return got["result"]

    def open(self, page: Path | str) -> None:
        """Load a file or an address, and wait until it is there."""
        self.events.clear()
        self.send("Page.navigate", url=page if isinstance(page, str) else page.as_uri())
        while not any(each["method"] == "Page.loadEventFired" for each in self.events):
            self.events.append(self._next())

    def look(self, width: int, height: int, *, scheme: str = "light") -> None:
        """Set the size of the view, and the scheme of colours that the user likes."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.send("Emulation.setEmulatedMedia", features=features)

    def run(self, script: str) -> Any:
        """Evaluate JavaScript, and return its value."""
        done = self.send("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in done, done
        return done["result"].get("value")

    def click(self, selector: str) -> None:
        """Click into the middle of an element, as a mouse does."""
        x, y = self.run(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
            "const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        """Press a key, as a keyboard does."""
        codes = {"Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, "")}
        code, text = codes[key]
        given = {"key": key, "code": key, "windowsVirtualKeyCode": code}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **given)
        self.send("Input.dispatchKeyEvent", type="keyUp", **given)

    def screenshot(self, path: Path) -> None:
        """Write what is to be seen as a PNG file."""
        path.write_bytes(base64.b64decode(self.send("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        """End the browser."""
        self._session = {}
        self.send("Browser.close")

    def _next(self) -> dict[str, Any]:
        data = bytearray()
        while not data.endswith(b"\0"):
            byte = self._reader.read(1)
            assert byte, "the browser has ended"
            data += byte
        message: dict[str, Any] = json.loads(data[:-1])
        return message


@contextlib.contextmanager
def chromium(folder: Path, home: Path, site: Path | None = None) -> Iterator[Page]:
    """Start a browser, and end it.

    Args:
        folder: The folder to unpack packages into.
        home: An empty folder for what it writes.
        site: A folder that is served at `SITE`, for this browser alone.
    """
    tree = unpacked(folder, "chromium", CODENAME, ["chromium-headless-shell"], whole=True)
    (home / "fonts.conf").write_text(FONTS.format(tree=tree, home=home))
    libraries = [*tree.glob("usr/lib/*-linux-gnu*"), *tree.glob("lib/*-linux-gnu*")]
    libraries += tree.glob("usr/lib/*-linux-gnu*/pulseaudio")
    to_read, to_browser = os.pipe()
    from_browser, to_write = os.pipe()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "KILL", "unshare", "--net"),
                *("bash", "-c", ON_A_PIPE, str(to_read), str(to_write)),
                *([sys.executable, str(SERVER), str(site), str(PORT)] if site else ()),
                str(tree / "usr/lib/chromium/chromium-headless-shell"),
                "--no-sandbox",  # of its own, which root can't have
                "--disable-gpu",
                "--disable-dev-shm-usage",  # a container's may be small
                "--remote-debugging-pipe",
                f"--user-data-dir={home}/profile",
            ],
            env={
                "FONTCONFIG_FILE": str(home / "fonts.conf"),
                "HOME": str(home),
                "LD_LIBRARY_PATH": os.pathsep.join(map(str, libraries)),
                "PATH": os.environ["PATH"],
            },
            pass_fds=(to_read, to_write),
            stdout=log,
            stderr=log,
        )
    os.close(to_read)
    os.close(to_write)
    try:
        with os.fdopen(from_browser, "rb") as reader, os.fdopen(to_browser, "wb") as writer:
            page = Page(reader, writer)
            yield page
            page.close()
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE if process.poll() is None else 0)
        process.kill()
        process.wait()
