"""Serve a folder on loopback, and become another program: `site_server.py FOLDER PORT PROGRAM …`.

It runs in a network namespace of its own, where loopback is down at first, and all there is.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

_GET_FLAGS, _SET_FLAGS, _UP = 0x8913, 0x8914, 1  # of <linux/sockios.h> and <net/if.h>


def raise_loopback() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asked = struct.pack("16sH14x", b"lo", 0)
        (flags,) = struct.unpack_from("16xH", fcntl.ioctl(asking, _GET_FLAGS, asked))
        fcntl.ioctl(asking, _SET_FLAGS, struct.pack("16sH14x", b"lo", flags | _UP))


def main() -> None:
    folder, port, *program = sys.argv[1:]
    raise_loopback()
    handler = partial(SimpleHTTPRequestHandler, directory=folder)
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), handler)
    parent = os.getpid()
    if os.fork():
        server.socket.close()
        os.execvp(program[0], program)
    # The pipes are the program's alone, so that their ends are seen.
    os.closerange(3, server.socket.fileno())
    server.timeout = 0.2
    while os.getppid() == parent:
        server.handle_request()


main()
