"""Configurations, and what the docker CLI sends to an engine because of them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any, TypeAlias

__all__ = [
    "AUTHS",
    "AUTH_VARIABLES",
    "DETACH_KEYS",
    "HEADERS",
    "PROXIES",
    "VARIABLES",
    "Config",
    "install",
]

Config: TypeAlias = str | dict[str, Any]


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


FILE = {"a.b": {"auth": encoded("me:pw")}}
LONG = encoded("me:" + "p" * 60)
ME = {"username": "me", "password": "pw"}
ENV = {"username": "env", "password": "pw"}
OF_ENV = {"a.b": {"auth": encoded("env:pw")}}
HELPER = {"username": "hu", "password": "hs"}

_HELPERS = {
    "ok": """echo '{"ServerURL": "a.b", "Username": "hu", "Secret": "hs"}'""",
    "token": """echo '{"ServerURL": "a.b", "Username": "<token>", "Secret": "hs"}'""",
    "bad": "echo sick; exit 1",
    "killed": "kill -KILL $$",
    "silent": "exit 0",
    "garbage": "echo zzz",
    "none": "echo credentials not found in native keychain; exit 1",
    "unnamed": "echo no credentials server URL; exit 1",
}


def one(**entry: str) -> Config:
    return {"auths": {"a.b": entry}}


AUTHS: dict[str, tuple[Any, dict[str, str]]] = {
    "nothing": ({}, {}),
    "0 bytes": ("", {}),
    "white space": (" \n", {}),
    "null": ("null", {}),
    "more behind it": (json.dumps({"auths": FILE}) + " x", ME),
    "an entry": ({"auths": FILE}, ME),
    "another's entry": ({"auths": {"c.d": FILE["a.b"]}}, {}),
    "a URL as its key": ({"auths": {"https://a.b/v1/": FILE["a.b"]}}, ME),
    "the plain key of two": (
        {"auths": {"https://a.b/v1/": {"auth": encoded("x:x")}} | FILE},
        ME,
    ),
    "keys in capitals": ({"AUTHS": FILE}, ME),
    "user and password": (one(**ME), ME),
    "auth before user and password": (one(username="x", password="y", auth=encoded("me:pw")), ME),
    "a colon in the password": (
        one(auth=encoded("me:p:w")),
        {"username": "me", "password": "p:w"},
    ),
    "no password": (one(auth=encoded("me:")), {"username": "me"}),
    "NULs at the end": (one(auth=encoded("me:pw\0\0")), ME),
    "line ends": (
        one(auth=f"{LONG[:20]}\n{LONG[20:40]}\r\n{LONG[40:]}"),
        {"username": "me", "password": "p" * 60},
    ),
    "an identity token": (
        one(auth=encoded("me:pw"), identitytoken="t"),
        ME | {"identitytoken": "t"},
    ),
    "a registry token": (one(registrytoken="t"), {"registrytoken": "t"}),
    "a store": ({"credsStore": "ok", "auths": FILE}, HELPER),
    "a store's token": ({"credsStore": "token"}, {"identitytoken": "hs"}),
    "a store that has none": ({"credsStore": "none", "auths": FILE}, {}),
    "a helper before a store": ({"credsStore": "bad", "credHelpers": {"a.b": "ok"}}, HELPER),
    "another's helper": ({"credsStore": "ok", "credHelpers": {"c.d": "bad"}}, HELPER),
    "no helper before a store": (
        {"credsStore": "ok", "credHelpers": {"a.b": ""}, "auths": FILE},
        ME,
    ),
    "a helper that fails, before a store": (
        {"credsStore": "ok", "credHelpers": {"a.b": "bad"}},
        {},
    ),
    "a helper that has none": ({"credHelpers": {"a.b": "none"}, "auths": FILE}, {}),
} | {
    f"a {what} that is {name}, with{'' if auths else 'out'} an entry": (
        {key: value, "auths": auths},
        ME if auths else {},
    )
    for what, key in (("store", "credsStore"), ("helper", "credHelpers"))
    for name in ("missing", "bad", "killed", "silent", "garbage", "unnamed")
    for auths in (FILE, {})
    for value in [name if what == "store" else {"a.b": name}]
}
"""The configuration, and the credentials for a.b, by a name."""

HEADERS: dict[str, tuple[Config, dict[str, str]]] = {
    "one": ({"HttpHeaders": {"X-A": "1"}}, {"X-A": "1"}),
    "two": ({"HttpHeaders": {"X-A": "1", "X-B": "2, 3"}}, {"X-A": "1", "X-B": "2, 3"}),
    "an empty one": ({"HttpHeaders": {"X-A": ""}}, {"X-A": ""}),
    "white space": ({"HttpHeaders": {"X-A": " 1 "}}, {"X-A": "1"}),
    "keys in lower case": ({"httpheaders": {"X-A": "1"}}, {"X-A": "1"}),
    "what frames a request": (
        {"HttpHeaders": {"X-A": "1", "content-length": "9", "HOST": "evil"}},
        {"X-A": "1"},
    ),
    "the CLI's own name": ({"HttpHeaders": {"User-Agent": "x", "X-A": "1"}}, {"X-A": "1"}),
    "none": ({"HttpHeaders": {}}, {}),
    "null": ({"HttpHeaders": None}, {}),
    "a file that is broken": ("{", {}),
}
"""The configuration, and the headers that begin with X-, by a name."""

VARIABLES: dict[str, tuple[str, dict[str, str] | None]] = {
    "goes before the file": ("X-B=2", {"X-B": "2"}),
    "is not set": ("", {"X-A": "1"}),
    "several": ("X-B=2,X-C=3", {"X-B": "2", "X-C": "3"}),
    "quotes": ('X-B=2,"X-C=4,5"', {"X-B": "2", "X-C": "4,5"}),
    "white space": (" X-D = 6 ", {"X-D": "6"}),
    "an equals sign in it": ("X-B=a=b", {"X-B": "a=b"}),
    "nothing": ("X-B=", {"X-B": ""}),
    "only the first line": ("X-B=2\nX-C=3", {"X-B": "2"}),
    "no equals sign": ("X-B", None),
    "no name": ("=2", None),
    "half a quote": ('X-B="2', None),
}
"""DOCKER_CUSTOM_HEADERS beside X-A: 1 in the file, by a name; None where it is refused."""


AUTH_VARIABLES: dict[str, tuple[str, dict[str, str]]] = {
    "an entry": (json.dumps({"auths": OF_ENV}), ENV),
    "another's entry": (json.dumps({"auths": {"c.d": OF_ENV["a.b"]}}), ME),
    "no entry": ('{"auths": {}}', ME),
    "not set": ("", ME),
    "not JSON": ("zzz", ME),
    "another field": (json.dumps({"auths": OF_ENV, "x": 1}), ME),
    "an entry's other field": ('{"auths": {"a.b": {"username": "x", "password": "y"}}}', ME),
    "no auth": ('{"auths": {"a.b": {}}}', ME),
}
"""DOCKER_AUTH_CONFIG beside an entry of config.json, and the credentials for a.b, by a name."""

PROXY = "http://me:pw@proxy:3128"
PROXIES: dict[str, tuple[Config, list[str], list[str]]] = {
    "none": ({}, ["A=b"], ["A=b"]),
    "the default": (
        {"proxies": {"default": {"httpProxy": PROXY, "noProxy": "x,y"}}},
        [],
        [f"HTTP_PROXY={PROXY}", f"http_proxy={PROXY}", "NO_PROXY=x,y", "no_proxy=x,y"],
    ),
    "all but one that is given": (
        {"proxies": {"default": {"httpsProxy": PROXY, "ftpProxy": PROXY}}},
        ["https_proxy=own", "A=b"],
        ["https_proxy=own", "A=b", f"HTTPS_PROXY={PROXY}", f"FTP_PROXY={PROXY}",
         f"ftp_proxy={PROXY}"],
    ),
    "one that is unset": (
        {"proxies": {"default": {"httpProxy": PROXY}}},
        ["HTTP_PROXY"],
        ["HTTP_PROXY", f"http_proxy={PROXY}"],
    ),
    "the host's": (
        {"proxies": {"default": {"httpProxy": "other"}, "HOST": {"noProxy": "x"}}},
        [],
        ["NO_PROXY=x", "no_proxy=x"],
    ),
    "another host's": ({"proxies": {"tcp://x:1": {"noProxy": "x"}}}, [], []),
    "empty": ({"proxies": {"default": {"httpProxy": ""}}}, [], []),
    "null": ({"proxies": None}, [], []),
    "malformed": ("{", [], []),
    "of another type": ({"proxies": {"default": {"httpProxy": 5}}}, [], []),
}  # fmt: skip
"""The configuration, with HOST for the engine's, and variables given and sent, by a name."""


DETACH_KEYS: dict[str, tuple[Config, str | None, str | None]] = {
    "none": ({}, None, None),
    "the file's": ({"detachKeys": "ctrl-a,b"}, None, "ctrl-a,b"),
    "keys in other letters": ({"DETACHKEYS": "ctrl-e"}, None, "ctrl-e"),
    "those that are given": ({"detachKeys": "ctrl-a"}, "ctrl-b", "ctrl-b"),
    "empty": ({"detachKeys": ""}, None, None),
    "null": ({"detachKeys": None}, None, None),
    "of another type": ({"detachKeys": 5}, None, None),
    "a file that is broken": ("{", None, None),
}
"""The configuration, and the keys given and sent for terminals, by a name."""


def install(folder: Path, config: Config) -> Path:
    """Write config.json and the helpers; returns the helpers' folder."""
    programs = folder / "programs"
    programs.mkdir()
    for name, script in _HELPERS.items():
        path = programs / f"docker-credential-{name}"
        path.write_text(f"#!/bin/sh\nread a\n{script}\n")
        path.chmod(0o755)
    (folder / ".docker").mkdir()
    text = config if isinstance(config, str) else json.dumps(config)
    (folder / ".docker/config.json").write_text(text)
    return programs
