"""Print a list of containers: a socket, and no client."""

import json
import socket
import sys

with socket.socket(socket.AF_UNIX) as engine:
    engine.connect(sys.argv[1].removeprefix("unix://"))
    engine.sendall(b"GET /v1.51/containers/json?all=1 HTTP/1.0\r\nHost: engine\r\n\r\n")
    received = b""
    while more := engine.recv(65536):
        received += more
for container in json.loads(received.partition(b"\r\n\r\n")[2]):
    print(container["Id"], container["State"])
