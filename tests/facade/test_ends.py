"""Ends that nobody planned: engines that are dropped, forks, and the interpreter's exit."""

from __future__ import annotations

import subprocess
import sys

import pytest

PROGRAM = """
import asyncio, gc, os, socket, sys, threading
import moorage
from moorage_api import v1_41

def serve(listener):
    # Connections are kept: an engine has them when it is dropped.
    while True:
        connection = listener.accept()[0]
        threading.Thread(target=answer, args=[connection], daemon=True).start()

def answer(connection):
    with connection:
        while connection.recv(65536):
            connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\n[]")

listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=[listener], daemon=True).start()
host = "tcp://127.0.0.1:%d" % listener.getsockname()[1]

def opened():
    engine = moorage.connect(v1_41.Engine, host=host)
    engine.containers.list()
    return engine

async def opened_async():
    engine = await moorage.connect_async(v1_41.AsyncEngine, host=host)
    await engine.containers.list()
    return engine
"""
ENDS = {
    "dropped": "engine = opened()\ndel engine\ngc.collect()",
    "dropped, async": "engine = asyncio.run(opened_async())\ndel engine\ngc.collect()",
    "dropped in a fork's parent": (
        "engine = opened()\n"
        "if os.fork() == 0:\n    del engine\n    gc.collect()\n    os._exit(0)\n"
        "os.wait()\ndel engine\ngc.collect()"
    ),
}
QUIET = {
    "closed": "opened().close()",
    "closed, async": "asyncio.run(asyncio.run(opened_async()).aclose())",
    "with": "with opened(): pass",
    "never used": "moorage.connect(v1_41.Engine, host=host)\ngc.collect()",
    "refused": (
        "try: moorage.connect(v1_41.Engine, host=host, timeout=-1)\nexcept ValueError: pass\n"
        "gc.collect()"
    ),
    "a namespace": "containers = opened().containers\ngc.collect()\ncontainers.list()\nos._exit(0)",
    "a fork's child": (
        "engine = opened()\n"
        "if os.fork() == 0:\n    engine.containers.list()\n    engine.close()\n    os._exit(0)\n"
        "assert os.wait()[1] == 0\nengine.containers.list()\nengine.close()"
    ),
}


def said(program: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, *options, "-c", PROGRAM + program],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("name", ENDS)
def test_an_engine_that_is_dropped_is_named(name: str) -> None:
    told = said(ENDS[name], "-W", "default")
    assert told.count("ResourceWarning: the engine at tcp://127.0.0.1:") == 1
    assert "was dropped before it was closed" in told
    assert "Traceback" not in told
    assert "unclosed" not in told
    assert said(ENDS[name]) == ""


@pytest.mark.parametrize("name", QUIET)
def test_what_ends_quietly(name: str) -> None:
    assert said(QUIET[name], "-W", "error") == ""


def test_the_interpreters_exit_is_quiet() -> None:
    for opening in ("opened()", "asyncio.run(opened_async())"):
        assert "Traceback" not in said(f"engine = {opening}", "-W", "default")
        assert said(f"engine = {opening}") == ""
