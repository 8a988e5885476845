"""Answers that no engine should give, and a peer that gives each of them on a socket of its own.

`python -m tests.facade.hostile FOLDER` listens on FOLDER/NAME for every kind, says "ready", and
ends with its standard input.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from attrs import frozen

__all__ = ["BOMB", "KINDS", "Kind", "page", "path_stat", "reply"]

_CHUNK = 65536
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_JSON = "application/json"
_FRAMES = "application/vnd.docker.multiplexed-stream"
_RAW = "application/vnd.docker.raw-stream"
_STAT = "X-Docker-Container-Path-Stat"

BOMB = gzip.compress(bytes(1 << 26), 1)
"""64 MB of zeros, in 0.3 MB."""


@frozen
class Kind:
    """One kind of answer."""

    name: str
    data: bytes
    """The same for each request, whatever is asked."""
    stays: bool = False
    """Whether the connection stays open after it, so that only a timeout ends the wait."""
    honest: bool = False
    """Whether what a stream asks on its way is answered as an engine does."""
    accepts: bool = False
    """Whether a websocket's handshake goes before it."""


def reply(
    status: int = 200,
    body: bytes = b"",
    *headers: tuple[str, str],
    kind: str | None = _JSON,
    length: str | None = "",
) -> bytes:
    """Make an answer; a length of None leaves the header out, and an empty one is the true one."""
    fields = [*headers]
    if kind is not None:
        fields.append(("Content-Type", kind))
    if length is not None:
        fields.append(("Content-Length", length or str(len(body))))
    lines = [f"HTTP/1.1 {status} Reason", *(f"{name}: {value}" for name, value in fields), "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def page(status: int, text: str = "no upstream") -> bytes:
    """Make the page that a proxy shows."""
    body = f"<html><head><title>{status}</title></head><body><h1>{text}</h1></body></html>"
    return reply(status, body.encode(), kind="text/html")


def path_stat(value: bytes) -> bytes:
    """Make the answer that tells of a file."""
    return reply(200, b"", (_STAT, value.decode("latin-1")))


def _chunked(body: bytes, kind: str = _JSON) -> bytes:
    return reply(200, body, ("Transfer-Encoding", "chunked"), kind=kind, length=None)


def _frame(kind: int, data: bytes, length: int | None = None) -> bytes:
    return struct.pack(">BxxxI", kind, len(data) if length is None else length) + data


def _plain() -> Iterator[tuple[str, bytes]]:
    """Yield what is no answer of HTTP/1.1 at all, and malformed status lines."""
    good = reply(200, b"[]")
    after = good.partition(b"\r\n")[2]
    yield "nothing", b""
    yield "one-byte", b"H"
    yield "line-end", b"\r\n"
    yield "line-ends-then-good", b"\r\n\r\n" + good
    yield "nul", b"\0" * 100
    yield "binary", bytes(range(256)) * 40
    yield "http2-preface", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    yield "http2-settings", b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x64\0\4\0\1\0\0\0\6\0\1\0\0\0"
    yield "http2-status", b"HTTP/2 200 OK\r\n" + after
    yield "http09", b"<html>hello</html>"
    yield "http09-json", b"[]"
    yield "ssh", b"SSH-2.0-OpenSSH_9.7 Debian-2\r\n"
    yield "ssh-short", b"SSH-2.0"
    yield "smtp", b"220 mail.example ESMTP Postfix\r\n"
    yield "ftp", b"220 (vsFTPd 3.0.5)\r\n"
    yield "mysql", b"\x4a\0\0\0\x0a8.0.36\0" + b"x" * 60
    yield "redis", b"-ERR unknown command\r\n"
    yield "tls-alert", b"\x15\x03\x01\x00\x02\x02\x16"
    yield "tls-alert-cut", b"\x15\x03\x01"
    yield "tls-handshake", b"\x16\x03\x03\x00\x7a\x02\x00\x00\x76\x03\x03" + bytes(111)
    yield "request", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    yield "lower-case", b"http/1.1 200 OK\r\n" + after
    yield "status-version-0.9", b"HTTP/0.9 200 OK\r\n" + after
    yield "status-version-1.0", b"HTTP/1.0 200 OK\r\n" + after
    yield "status-version-1.2", b"HTTP/1.2 200 OK\r\n" + after
    yield "status-version-3", b"HTTP/3.0 200 OK\r\n" + after
    yield "status-none", b"HTTP/1.1\r\n" + after
    yield "status-text", b"HTTP/1.1 OK\r\n" + after
    yield "status-0", b"HTTP/1.1 000 OK\r\n" + after
    yield "status-20", b"HTTP/1.1 20 OK\r\n" + after
    yield "status-2000", b"HTTP/1.1 2000 OK\r\n" + after
    yield "status-999", b"HTTP/1.1 999 OK\r\n" + after
    yield "status-negative", b"HTTP/1.1 -200 OK\r\n" + after
    yield "status-arabic", "HTTP/1.1 ٢٠٠ OK\r\n".encode() + after
    yield "status-huge", b"HTTP/1.1 " + b"2" * 5000 + b" OK\r\n" + after
    yield "status-spaces", b"HTTP/1.1  200  OK\r\n" + after
    yield "status-tab", b"HTTP/1.1\t200\tOK\r\n" + after
    yield "status-no-reason", b"HTTP/1.1 200\r\n" + after
    yield "status-latin-reason", b"HTTP/1.1 200 \xe9\xff\r\n" + after
    yield "status-nul-reason", b"HTTP/1.1 500 a\0b\r\n" + after
    yield "status-endless", b"HTTP/1.1 200 " + b"x" * 600_000
    yield "status-line-feed", b"HTTP/1.1 200 OK\n" + after.replace(b"\r\n", b"\n")
    yield "status-carriage-return", b"HTTP/1.1 200 OK\r" + after
    yield "head-only-start", b"HTTP/1.1 200 OK\r\nContent-Ty"
    yield "head-no-end", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"


def _statuses() -> Iterator[tuple[str, bytes]]:
    """Yield statuses that are not for an engine, or not for the call."""
    good = reply(200, b"[]")
    yield "100-only", b"HTTP/1.1 100 Continue\r\n\r\n"
    yield "100-good", b"HTTP/1.1 100 Continue\r\n\r\n" + good
    yield "103-good", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + good
    yield "199-good", b"HTTP/1.1 199 Odd\r\n\r\n" + good
    yield "100-with-length", b"HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nabcde" + good
    yield "100-flood", b"HTTP/1.1 100 Continue\r\n\r\n" * 5_000
    yield "100-flood-then-good", b"HTTP/1.1 102 Processing\r\n\r\n" * 5_000 + good
    yield "101", b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"
    yield "101-h2c", b"HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n\0\0\0"
    yield "101-bare", b"HTTP/1.1 101 Switching\r\n\r\n" + good
    yield "101-length", reply(101, b"[]")
    yield "201", reply(201, b"{}")
    yield "202-empty", reply(202)
    yield "204", reply(204, length=None)
    yield "204-with-body", reply(204, b"[]")
    yield "204-chunked", reply(204, b"2\r\n[]\r\n0\r\n\r\n", ("Transfer-Encoding", "chunked"))
    yield "205", reply(205)
    yield "206", reply(206, b"[]", ("Content-Range", "bytes 0-1/9"))
    yield "299", reply(299, b"[]")
    yield "300", reply(300, b"[]")
    yield "301", reply(301, b"", ("Location", "http://127.0.0.1:1/"))
    yield "302-loop", reply(302, b"", ("Location", "/v1.41/containers/json"))
    yield "303-no-location", reply(303)
    yield "304", reply(304, length=None)
    yield "304-with-body", reply(304, b"[]")
    yield "307", reply(307, b"", ("Location", "file:///etc/passwd"))
    yield "308-malformed", reply(308, b"", ("Location", "http://[::1"))
    yield "401-basic", reply(401, b"", ("WWW-Authenticate", "Basic realm=x"))
    yield "407", reply(407, b"", ("Proxy-Authenticate", "Basic"))
    yield "408-unasked", reply(408, b"", ("Connection", "close"))
    yield "417", reply(417)
    yield "421", reply(421, b"wrong host", kind="text/plain")
    yield "426", reply(426, b"", ("Upgrade", "HTTP/2.0"))
    yield "429", reply(429, b"slow down", ("Retry-After", "99999999999"), kind="text/plain")
    yield "499", reply(499)
    yield "511", page(511, "log in to the network")
    yield "599", reply(599)
    for status in (200, 400, 403, 404, 500, 502, 503, 504):
        yield f"page-{status}", page(status)
        yield f"text-{status}", reply(status, b"no upstream\n", kind="text/plain")
    yield "page-untyped", reply(200, b"<!doctype html><p>hello", kind=None)
    yield "page-huge", page(502, "x" * 1_000_000)
    for piece in ("<", "<a", "< ", "<!--", "<script>", "<script ", "<head>", "<title>", "<title "):
        unclosed = piece.encode() * (200_000 // len(piece))
        yield f"page-unclosed-{piece}", reply(502, unclosed, kind="text/html")
    yield "page-charset", reply(502, b"\xff\xfe<h1>", kind="text/html; charset=klingon")
    yield (
        "https-wanted",
        reply(400, b"Client sent an HTTP request to an HTTPS server.\n", kind="text/plain"),
    )


def _headers() -> Iterator[tuple[str, bytes]]:
    """Yield heads that are malformed, or that say one thing and another."""
    yield "headers-none", b"HTTP/1.1 200 OK\r\n\r\n"
    yield "headers-none-body", b"HTTP/1.1 200 OK\r\n\r\n[]"
    yield "header-huge", reply(200, b"[]", ("X-A", "a" * 1_000_000))
    yield "headers-many", reply(200, b"[]", *((f"X-{each}", "a") for each in range(5_000)))
    yield "headers-same", reply(200, b"[]", *[("X-A", "a")] * 5_000)
    yield "header-latin", reply(200, b"[]", ("X-A", "\xe9\xff"), ("Content-Type", "\xe9"))
    yield (
        "header-utf8",
        reply(200, b"[]", ("X-€".encode().decode("latin-1"), "€".encode().decode("latin-1"))),
    )
    yield "header-no-colon", b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n[]"
    yield "header-no-name", b"HTTP/1.1 200 OK\r\n: a\r\n\r\n[]"
    yield "header-space-in-name", b"HTTP/1.1 200 OK\r\nX A: a\r\nContent-Length: 2\r\n\r\n[]"
    yield "header-space-before-colon", b"HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\n[]"
    yield "header-folded", b"HTTP/1.1 200 OK\r\nX-A: a\r\n b\r\nContent-Length: 2\r\n\r\n[]"
    yield "header-folded-first", b"HTTP/1.1 200 OK\r\n X-A: a\r\nContent-Length: 2\r\n\r\n[]"
    yield "header-nul", b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n[]"
    yield "header-nul-name", b"HTTP/1.1 200 OK\r\nX\0A: a\r\nContent-Length: 2\r\n\r\n[]"
    yield "header-escape", reply(500, b"\x1b[2J\x1b]0;x\7", ("X-A", "\x1b[31m"))
    yield "header-bare-cr", b"HTTP/1.1 200 OK\r\nX-A: a\rContent-Length: 2\r\n\r\n[]"
    yield "header-bare-lf", b"HTTP/1.1 200 OK\r\nX-A: a\nContent-Length: 2\r\n\r\n[]"
    for name, length in {
        "digits": "1" * 5000,
        "zeros": "0" * 5000 + "2",
        "negative": "-1",
        "plus": "+2",
        "hex": "0x2",
        "underscore": "1_0",
        "float": "2.0",
        "exponent": "1e3",
        "word": "two",
        "list-same": "2, 2",
        "list": "2, 3",
        "comma": "2,",
        "arabic": "\xb2",
        "space": "2 2",
        "short": "1",
        "long": "3",
        "huge": str(1 << 62),
        "over-64-bits": str(1 << 70),
    }.items():
        yield f"length-{name}", reply(200, b"[]", length=length)
    yield "length-empty", b"HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n[]"
    yield "length-twice-same", reply(200, b"[]", ("Content-Length", "2"))
    yield "length-twice", reply(200, b"[]", ("Content-Length", "1"))
    for name, coding in {
        "unknown": "foo",
        "gzip": "gzip",
        "gzip-chunked": "gzip, chunked",
        "twice": "chunked, chunked",
        "chunked-gzip": "chunked, gzip",
        "identity": "identity",
        "identity-chunked": "identity, chunked",
        "odd": "xchunked",
        "empty": "",
        "case": "CHUNKED",
        "parameter": "chunked;a=b",
    }.items():
        body = b"2\r\n[]\r\n0\r\n\r\n"
        yield f"coding-{name}", reply(200, body, ("Transfer-Encoding", coding), length=None)
    both = b"2\r\n[]\r\n0\r\n\r\n"
    yield "coding-and-length", reply(200, both, ("Transfer-Encoding", "chunked"))
    yield "coding-and-short-length", reply(200, both, ("Transfer-Encoding", "chunked"), length="3")
    yield (
        "coding-two-headers",
        reply(
            200, both, ("Transfer-Encoding", "gzip"), ("Transfer-Encoding", "chunked"), length=None
        ),
    )
    for name, coding, body in (
        ("gzip", "gzip", gzip.compress(b"[]")),
        ("gzip-bomb", "gzip", BOMB),
        ("gzip-broken", "gzip", b"\x1f\x8b\x08nonsense"),
        ("gzip-false", "gzip", b"[]"),
        ("deflate", "deflate", zlib.compress(b"[]")),
        ("br", "br", b"\x0b\x01\x80[]\x03"),
        ("zstd", "zstd", b"\x28\xb5\x2f\xfd\x20\x02\x11\0\0[]"),
        ("many", "gzip, " * 50 + "gzip", b"[]"),
        ("identity", "identity", b"[]"),
        ("unknown", "klingon", b"[]"),
    ):
        yield f"encoded-{name}", reply(200, body, ("Content-Encoding", coding))
    yield "encoded-error", reply(500, BOMB, ("Content-Encoding", "gzip"))
    for name, kind in {
        "none": None,
        "empty": "",
        "xml": "application/xml",
        "image": "image/png",
        "malformed": ";;=/",
        "charset": "application/json; charset=utf-16",
        "unknown-charset": "text/plain; charset=klingon",
        "nul-charset": "text/plain; charset=\0",
        "long": "a/" + "b" * 50_000,
        "stream": _FRAMES,
    }.items():
        yield f"type-{name}", reply(200, b"[]", kind=kind)
    yield "type-twice", reply(200, b"[]", ("Content-Type", "text/html"))
    yield "version-malformed", reply(200, b"OK", ("Api-Version", "one"), kind="text/plain")
    yield "version-digits", reply(200, b"OK", ("Api-Version", "1." + "4" * 5000), kind="text/plain")
    yield "version-arabic", reply(200, b"OK", ("Api-Version", "1.\xb2"), kind="text/plain")
    yield "version-negative", reply(200, b"OK", ("Api-Version", "1.-4"), kind="text/plain")
    yield "close-mid-way", reply(200, b"[{", ("Connection", "close"), length="9")
    yield "upgrade-unasked", reply(200, b"[]", ("Connection", "Upgrade"), ("Upgrade", "h2c"))
    yield "keep-alive-junk", reply(200, b"[]", ("Keep-Alive", "timeout=-1, max=x")) + b"junk"
    yield "junk-line-ends", reply(200, b"[]") + b"\r\n\r\n"
    yield "second-answer", reply(200, b"[]") + reply(200, b'{"smuggled":1}')


def _chunks() -> Iterator[tuple[str, bytes]]:
    """Yield bodies whose chunks are malformed, or cut at each of their places."""
    for name, body in {
        "none": b"",
        "no-size": b"\r\n",
        "word": b"x\r\n[]\r\n0\r\n\r\n",
        "negative": b"-2\r\n[]\r\n0\r\n\r\n",
        "plus": b"+2\r\n[]\r\n0\r\n\r\n",
        "prefix": b"0x2\r\n[]\r\n0\r\n\r\n",
        "underscore": b"1_0\r\n[]",
        "huge": b"f" * 16 + b"\r\n[]",
        "digits": b"5" * 5000 + b"\r\n[]",
        "zeros": b"0" * 3000 + b"2\r\n[]\r\n0\r\n\r\n",
        "large": b"fffffffff\r\n[]",
        "short": b"1\r\n[]\r\n0\r\n\r\n",
        "long": b"3\r\n[]\r\n0\r\n\r\n",
        "no-end": b"2\r\n[]0\r\n\r\n",
        "line-feeds": b"2\n[]\n0\n\n",
        "extension": b"2;a=b\r\n[]\r\n0\r\n\r\n",
        "extension-huge": b"2;" + b"a" * 500_000 + b"\r\n[]\r\n0\r\n\r\n",
        "extension-quoted": b'2;a="\r\n"\r\n[]\r\n0\r\n\r\n',
        "nul": b"2\0\r\n[]\r\n0\r\n\r\n",
        "trailer": b"2\r\n[]\r\n0\r\nX-A: b\r\n\r\n",
        "trailer-length": b"2\r\n[]\r\n0\r\nContent-Length: 9\r\n\r\n",
        "trailer-malformed": b"2\r\n[]\r\n0\r\nno colon\r\n\r\n",
        "trailer-huge": b"2\r\n[]\r\n0\r\n" + b"a" * 500_000,
        "trailers-many": b"2\r\n[]\r\n0\r\n" + b"X-A: b\r\n" * 5_000 + b"\r\n",
        "tiny": b"1\r\n[\r\n" + b"1\r\n \r\n" * 5000 + b"1\r\n]\r\n0\r\n\r\n",
        "after": b"2\r\n[]\r\n0\r\n\r\nHTTP/1.1 500 x\r\n\r\n",
        "text": b"[]",
    }.items():
        yield f"chunk-{name}", _chunked(body)
    whole = b"2\r\n[]\r\n0\r\n\r\n"
    for place in range(1, len(whole)):
        yield f"chunks-cut-{place}", _chunked(whole[:place])


def _documents() -> Iterator[tuple[str, bytes]]:
    """Yield bodies that are not JSON, or no JSON that the call is answered by."""
    nested = {each: b"[" * each + b"]" * each for each in (400, 990, 5000, 100_000)}
    for name, body in {
        "empty": b"",
        "spaces": b" \r\n",
        "string-empty": b'""',
        "null": b"null",
        "string": b'"x"',
        "number": b"5",
        "zero": b"0",
        "false": b"false",
        "true": b"true",
        "nan": b"NaN",
        "infinity": b"-Infinity",
        "nan-list": b"[NaN]",
        "message": b'{"message":"x"}',
        "object": b"{}",
        "list": b"[]",
        "list-null": b"[null]",
        "list-numbers": b"[1,2]",
        "list-strings": b'["x"]',
        "list-lists": b"[[]]",
        "list-nan": b'[{"Created":NaN,"SizeRw":Infinity}]',
        "digits": b"9" * 5000,
        "digits-field": b'[{"Created":' + b"9" * 5000 + b"}]",
        "exponent": b'[{"Created":1e999}]',
        "fields-wrong": b'[{"Id":5,"Names":"x","Ports":{},"Labels":[]}]',
        "fields-null": b'{"Id":null,"Config":null,"State":null,"Mounts":null}',
        "fields-text": b'{"Config":"x","State":"x","Mounts":"x","NetworkSettings":5,"Path":[1]}',
        "fields-list": b'{"Config":[[]],"State":[1],"Mounts":[1,null],"HostConfig":{"Binds":5}}',
        "state-unknown": b'{"State":{"Running":"maybe","ExitCode":"x"},"ExitCode":"x","Running":5}',
        "duplicates": b'[{"Id":"a","Id":"b","Id":3}]',
        "many": b"[" + b"{}," * 50_000 + b"{}]",
        "invalid-utf8": b'["\xff\xfe"]',
        "surrogate": b'[{"Id":"\\ud800"}]',
        "bom": b"\xef\xbb\xbf[]",
        "utf16": "[]".encode("utf-16"),
        "utf32": "[]".encode("utf-32"),
        "nul": b"[]\0",
        "control": b'["\n"]',
        "cut": b'[{"Id":"a"',
        "cut-string": b'["a',
        "cut-escape": b'["\\u12',
        "two": b"[][]",
        "comma": b"[1,]",
        "quotes": b"['x']",
        "words": b"no JSON at all",
        "comment": b"[] // x",
        "python": b"[None, True]",
        "deep-400": nested[400],
        "deep-990": nested[990],
        "deep-5000": nested[5000],
        "deep-100000": nested[100_000],
        "deep-open": b"[" * 100_000,
        "deep-map": b'{"a":' * 100_000,
        "deep-in-object": b'{"Config":{"Labels":' + nested[990] + b"}}",
    }.items():
        yield f"json-{name}", reply(200, body)


def _errors() -> Iterator[tuple[str, bytes]]:
    """Yield errors in many shapes."""
    deep = '{"message":' * 990 + '"x"' + "}" * 990
    for name, body in {
        "empty": b"",
        "message": b'{"message":"x"}',
        "null": b'{"message":null}',
        "number": b'{"message":3}',
        "nested": b'{"message":{"message":"x"}}',
        "list": b'{"message":["a"]}',
        "deep": deep.encode(),
        "deeper": b'{"message":' + b"[" * 100_000,
        "text": b"no such thing\n",
        "null-body": b"null",
        "string": b'"x"',
        "number-body": b"5",
        "list-body": b'[{"message":"x"}]',
        "object": b"{}",
        "podman": b'{"cause":"c","message":"m","response":500}',
        "podman-null": b'{"cause":null,"message":null,"response":"x"}',
        "detail": b'{"errorDetail":{"message":"denied","code":1},"error":"denied"}\n',
        "detail-null": b'{"errorDetail":null,"error":null}',
        "detail-text": b'{"errorDetail":"x"}',
        "lines": b'{"status":"x"}\n{"errorDetail":{"message":"denied"},"error":"denied"}\n',
        "huge": b'{"message":"' + b"x" * 1_000_000 + b'"}',
        "invalid-utf8": b'{"message":"\xff\xfe"}',
        "latin": b"d\xe9j\xe0 vu",
        "surrogate": b'{"message":"\\ud800"}',
        "nul": b'{"message":"a\\u0000b"}',
        "digits": b'{"message":' + b"9" * 5000 + b"}",
        "version-new": b'{"message":"client version 9.9 is too new"}',
        "version-odd": b'{"message":"client version is too new"}',
        "cut": b'{"message":"x',
    }.items():
        yield f"error-{name}", reply(400 if name.startswith("version") else 500, body)
    yield "error-length-cut", reply(500, b'{"message":"x', length="99")
    yield (
        "error-chunk-cut",
        reply(500, b'5\r\n{"mes', ("Transfer-Encoding", "chunked"), length=None),
    )
    yield "error-endless", reply(404, b"x", length=None)
    yield "error-podman-200", reply(200, b'{"cause":"c","message":"m","response":409}')


def _stats() -> Iterator[tuple[str, bytes]]:
    """Yield headers that tell nothing of a file."""
    yield "stat-none", reply()
    yield "stat-empty", path_stat(b"")
    yield "stat-no-base64", path_stat(b"no base64!")
    yield "stat-padding", path_stat(b"e30")
    yield "stat-latin-header", path_stat(b"\xe9\xff")
    yield "stat-twice", reply(200, b"", (_STAT, "e30="), (_STAT, "e30="))
    for name, data in {
        "empty-object": b"{}",
        "list": b"[]",
        "null": b"null",
        "number": b"5",
        "text": b"x",
        "latin": b"\xff",
        "nulls": b'{"name":null,"size":null,"mode":null,"mtime":null,"linkTarget":null}',
        "texts": b'{"name":"x","size":"x","mode":"x","mtime":"x","linkTarget":"x"}',
        "nan": b'{"name":"x","size":NaN,"mode":1,"mtime":"x"}',
        "infinity": b'{"name":"x","size":Infinity,"mode":1e999,"mtime":"x"}',
        "negative": b'{"name":"x","size":-1,"mode":-1,"mtime":"x"}',
        "digits": b'{"name":"x","size":' + b"9" * 5000 + b',"mode":1,"mtime":"x"}',
        "digits-text": b'{"name":"x","size":"' + b"9" * 5000 + b'","mode":1,"mtime":"x"}',
        "deep": b"[" * 100_000,
        "deep-closed": b"[" * 20_000 + b"]" * 20_000,
        "deep-link": b'{"name":"x","size":1,"mode":1,"mtime":"x","linkTarget":'
        + b"[" * 400
        + b"]" * 400
        + b"}",
    }.items():
        yield f"stat-{name}", path_stat(base64.b64encode(data))


def _streams() -> Iterator[tuple[str, bytes]]:
    """Yield frames and JSON lines that are malformed or cut."""
    for name, body in {
        "none": b"",
        "header-cut": b"\1\0\0",
        "data-cut": _frame(1, b"abc", 9),
        "stream-3": _frame(3, b"x"),
        "stream-4": _frame(4, b"x"),
        "stream-255": _frame(255, b"x"),
        "stdin": _frame(0, b"x"),
        "padding": b"\1\1\1\1\0\0\0\1x",
        "length-huge": _frame(1, b"x", 0xFFFFFFFF),
        "length-zero": _frame(1, b"") * 1000,
        "text": b"plain text\n" * 100,
        "ones": b"\1" * 1000,
        "json": b'{"message":"x"}\n',
        "page": b"<html></html>" * 20,
    }.items():
        yield (
            f"frames-{name}",
            _chunked(b"%x\r\n%s\r\n" % (len(body), body) * bool(body) + b"0\r\n\r\n", _FRAMES),
        )
        yield f"frames-{name}-until-end", reply(200, body, kind=_FRAMES, length=None)
        yield f"frames-{name}-raw", reply(200, body, kind=_RAW, length=None)
        yield (
            f"frames-{name}-upgraded",
            (b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n" + body),
        )
    deep = b"[" * 100_000
    for name, body in {
        "none": b"",
        "blank": b"\n\n\n",
        "words": b"no JSON\n",
        "cut": b'{"status":"x"}\n{"sta',
        "null": b"null\n",
        "number": b"5\n",
        "string": b'"x"\n',
        "list": b"[1]\n",
        "lists": b"[][][]",
        "nan": b"NaN\n",
        "glued": b'{"status":"a"}{"status":"b"}',
        "junk": b'{"status":"a"}junk',
        "deep": deep,
        "deep-closed": deep + b"]" * 100_000,
        "fields": b'{"status":5,"progressDetail":"x","id":[],"aux":5,"error":{}}\n',
        "detail": b'{"errorDetail":{"message":null,"code":"x"},"error":null}\n',
        "detail-text": b'{"errorDetail":"x"}\n',
        "detail-list": b'{"errorDetail":[1],"error":[2]}\n',
        "error-number": b'{"error":5}\n',
        "error-empty": b'{"error":""}\n',
        "time": b'{"time":"x","timeNano":"y","Actor":5}\n',
        "time-digits": b'{"time":' + b"9" * 5000 + b',"timeNano":1e999}\n',
        "digits": b"9" * 5000 + b"\n",
        "invalid-utf8": b'{"status":"\xff"}\n',
        "surrogate": b'{"status":"\\udfff"}\n',
        "bom": b'\xef\xbb\xbf{"status":"x"}\n',
        "nul": b"\0\n",
        "long": b'{"status":"' + b"x" * 1_000_000 + b'"}\n',
        "separator": b'\x1e{"status":"x"}\n',
        "utf16": '{"status":"x"}\n'.encode("utf-16"),
    }.items():
        yield f"lines-{name}", reply(200, body, length=None)


def _sockets() -> Iterator[tuple[str, bytes]]:
    """Yield what comes after a websocket's handshake."""
    for name, data in {
        "end": b"",
        "text": b"\x81\1x",
        "binary": b"\x82\1x",
        "cut": b"\x82\x05ab",
        "masked": b"\x82\x81abcdx",
        "reserved": b"\xf2\1x",
        "opcode": b"\x83\1x",
        "continuation": b"\x80\1x",
        "ping-long": b"\x89\x7e\1\0" + b"x" * 256,
        "invalid-utf8": b"\x81\1\xff",
        "huge": b"\x82\x7f" + b"\xff" * 8,
        "large": b"\x82\x7f\0\0\0\1\0\0\0\0x",
        "close": b"\x88\0",
        "close-1": b"\x88\1x",
        "close-code": b"\x88\2\0\1",
        "close-reason": b"\x88\4\3\xe8\xff\xfe",
        "http": b"HTTP/1.1 200 OK\r\n\r\n",
        "pings": b"\x89\0" * 5000,
    }.items():
        yield f"websocket-{name}", data


def _handshakes() -> Iterator[tuple[str, bytes]]:
    """Yield wrong answers to a websocket's handshake."""
    head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    yield "handshake-no-accept", head + b"\r\n\x82\1x"
    yield "handshake-wrong-accept", head + b"Sec-WebSocket-Accept: AAAA\r\n\r\n\x82\1x"
    yield "handshake-latin-accept", head + b"Sec-WebSocket-Accept: \xe9\xff\r\n\r\n"
    yield "handshake-extension", head + b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    yield "handshake-protocol", head + b"Sec-WebSocket-Protocol: klingon\r\n\r\n"
    yield "handshake-malformed", head + b"Sec-WebSocket-Extensions: ;;,=\r\n\r\n"
    yield "handshake-cut", head


def _stalls() -> Iterator[tuple[str, bytes]]:
    """Yield what is sent before nothing more comes."""
    yield "stall", b""
    yield "stall-head", b"HTTP/1.1 200 OK\r\nContent-"
    yield "stall-body", reply(200, b"[", length="9")
    yield "stall-chunk", _chunked(b"9\r\n[")


def _kinds() -> Iterator[Kind]:
    for table in (_plain, _statuses, _headers, _chunks, _documents, _errors, _stats, _handshakes):
        for name, data in table():
            yield Kind(name, data)
    for name, data in _streams():
        yield Kind(name, data, honest=True)
    for name, data in _sockets():
        yield Kind(name, data, accepts=True)
    for name, data in _stalls():
        yield Kind(name, data, stays=True)


KINDS = tuple(_kinds())


def _accept(head: bytes) -> bytes:
    key = head.lower().partition(b"sec-websocket-key: ")[2].partition(b"\r\n")[0]
    start = head.lower().find(b"sec-websocket-key: ") + len(b"sec-websocket-key: ")
    digest = hashlib.sha1(head[start : start + len(key)] + _GUID, usedforsecurity=False).digest()
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        b"Sec-WebSocket-Accept: " + base64.b64encode(digest) + b"\r\n\r\n"
    )


_PROCESS: dict[str, Any] = {
    "Config": {"Tty": False},
    "ProcessConfig": {"tty": False},
    "State": {"Status": "exited", "Running": False, "ExitCode": 0},
    "Running": False,
    "ExitCode": 0,
}


class _Serving:
    def __init__(self, kind: Kind) -> None:
        self.kind = kind

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            await self._answer(reader, writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"\r\ntransfer-encoding: chunked" in lower:
            await reader.readuntil(b"0\r\n\r\n")
        elif b"\r\ncontent-length: " in lower:
            text = lower.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0]
            await reader.readexactly(int(text))
        data = self.kind.data
        if self.kind.honest and b"/json HTTP" in head:
            data = reply(200, json.dumps(_PROCESS).encode())
        elif self.kind.accepts:
            data = _accept(head) + data
        for place in range(0, len(data), _CHUNK):
            writer.write(data[place : place + _CHUNK])
            await writer.drain()
        if self.kind.stays:
            await reader.read()


async def _serve(folder: Path) -> None:
    for kind in KINDS:
        await asyncio.start_unix_server(_Serving(kind), str(folder / kind.name))
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1])))
