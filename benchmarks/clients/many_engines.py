"""As many engines as are asked for, on sockets of a folder; they know the two calls of a list."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

VERSION = {"Version": "28.5.2", "ApiVersion": "1.51", "MinAPIVersion": "1.24"}
CONTAINER = {
    "Id": "5773fb140862dba489b37b63407e6852f2a45a3205ef19d33ec3706ee34ed1e8",
    "Names": ["/web"],
    "Image": "busybox:latest",
    "ImageID": "sha256:995edfa20a1f2f6a4e9a1c7d0c1f8a3f4b1a5c0c1c1e3c6f0a8f6d4b2a1c0e9d",
    "Command": "/bin/true",
    "Created": 1790000000,
    "Ports": [{"PrivatePort": 80, "Type": "tcp"}],
    "Labels": {"com.example.some-label": "some-value"},
    "State": "running",
    "Status": "Up 5 minutes",
    "HostConfig": {"NetworkMode": "none"},
    "NetworkSettings": {"Networks": {"none": {"IPAMConfig": None, "Gateway": "", "IPAddress": ""}}},
    "Mounts": [],
}
CONTAINERS = 10


def answer(first_line: bytes) -> bytes:
    method, path, _ = first_line.split(b" ")
    body = b""
    if b"/containers/json" in path:
        body = json.dumps([CONTAINER] * CONTAINERS).encode()
    elif b"/version" in path:
        body = json.dumps(VERSION).encode()
    elif b"/_ping" in path:
        body = b"OK"
    head = (
        b"HTTP/1.1 200 OK\r\nApi-Version: 1.51\r\nContent-Type: application/json\r\n"
        b"Content-Length: %d\r\n\r\n" % len(body)
    )
    return head + (b"" if method == b"HEAD" else body)


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(head.partition(b"\r\n")[0]))
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def main(folder: Path, count: int) -> None:
    for number in range(count):
        await asyncio.start_unix_server(serve, folder / f"{number}.sock")
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
