"""Contexts of the CLI that are not as it writes them, and TLS material that can't be used."""

from __future__ import annotations

import hashlib
import json
import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

import moorage
from moorage.host import TLS, find_host

CANARY = "Xu7canaryQ"


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    return tmp_path


def context(config: Path, name: str, meta: Any) -> Path:
    """Write a context; returns the folder of its TLS material."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    path = config / "contexts/meta" / digest / "meta.json"
    path.parent.mkdir(parents=True)
    path.write_bytes(meta if isinstance(meta, bytes) else json.dumps(meta).encode())
    tls = config / "contexts/tls" / digest / "docker"
    tls.mkdir(parents=True)
    return tls


def docker(**endpoint: Any) -> dict[str, Any]:
    return {"Name": "x", "Endpoints": {"docker": endpoint}}


MALFORMED = [b"", b"{", b"\xff", b"[]", b"null", b'"x"', b"[" * 100_000, f'{{"{CANARY}'.encode()]


EMPTY = [b"", b"null"]
"""To the CLIs, a config.json; the files of contexts are always written whole."""


@pytest.mark.parametrize("data", MALFORMED)
def test_malformed_json(config: Path, data: bytes) -> None:
    context(config, "x", data)
    with pytest.raises(ValueError, match=rf"{config}/contexts/meta/.*/meta\.json is not the JSON"):
        find_host(context="x")
    (config / "config.json").write_bytes(data)
    if data in EMPTY:
        assert find_host().source == "the default socket"
        return
    with pytest.raises(ValueError, match=rf"{config}/config\.json is not the JSON") as caught:
        find_host()
    # The decoder's own error has all of the document, which may hold credentials.
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)
    assert CANARY not in str(caught.value)
    assert find_host("unix:///x").socket == "/x"


@pytest.mark.parametrize(
    "meta",
    [{}, {"Endpoints": []}, {"Endpoints": {"docker": 1}}, docker(Host=1), docker(Host=None)],
)
def test_a_context_without_a_host(config: Path, meta: Any) -> None:
    context(config, "x", meta)
    with pytest.raises(ValueError, match=r"meta\.json has no docker endpoint with a host"):
        find_host(context="x")


def test_a_malformed_host_in_a_context(config: Path) -> None:
    context(config, "x", docker(Host=f"tcp://me:{CANARY}@x:y"))
    with pytest.raises(ValueError, match=r"context 'x' of .*: 'tcp://…@x:…': ") as caught:
        find_host(context="x")
    assert CANARY not in str(caught.value)


def test_a_current_context_that_is_no_name(config: Path) -> None:
    (config / "config.json").write_text('{"currentContext": 1}')
    with pytest.raises(ValueError, match=rf"{config}/config\.json: currentContext is not a name"):
        find_host()


@pytest.mark.parametrize("name", ["../x", "a/b", "\0", "", "x" * 10_000, "\udcff"])
def test_odd_names_lead_nowhere(config: Path, name: str) -> None:
    context(config, "x", docker(Host="unix:///x"))
    (config / "contexts/meta/malformed").mkdir()
    (config / "contexts/meta/malformed/meta.json").write_text("{")
    with pytest.raises(ValueError, match=r"there is no context '.*; there are: 'x'$"):
        find_host(context=name)


def test_a_host_and_a_context() -> None:
    with pytest.raises(TypeError, match="give host= or context=, not both"):
        moorage.connect(host="unix:///x", context="x")


def test_no_context_at_all(config: Path) -> None:
    with pytest.raises(ValueError, match="there are: none"):
        find_host(context="x")


def test_a_config_that_this_user_may_not_see_names_no_context(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Root may see everything, so another reason stands for permissions here.
    monkeypatch.setenv("DOCKER_CONFIG", str(config / "file"))
    (config / "file").touch()
    assert find_host().source == "the default socket"


def test_a_sockets_context_has_no_use_for_its_tls(config: Path) -> None:
    tls = context(config, "x", docker(Host="unix:///x"))
    (tls / "ca.pem").write_text("nothing of the kind")
    assert find_host(context="x").tls is None


class Pem:
    """Files of a client."""

    def __init__(self, folder: Path) -> None:
        authority = trustme.CA()
        self.ca, self.cert, self.key, self.other, self.encrypted, self.empty = (
            folder / f"{name}.pem"
            for name in ("ca", "cert", "key", "other-key", "encrypted", "empty")
        )
        authority.cert_pem.write_to_path(str(self.ca))
        client = authority.issue_cert("client@example.com")
        client.cert_chain_pems[0].write_to_path(str(self.cert))
        client.private_key_pem.write_to_path(str(self.key))
        authority.issue_cert("x@example.com").private_key_pem.write_to_path(str(self.other))
        private = load_pem_private_key(self.key.read_bytes(), None)
        self.encrypted.write_bytes(
            private.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(CANARY.encode())
            )
        )
        self.empty.touch()


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Pem:
    return Pem(tmp_path_factory.mktemp("pem"))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"ca": "no.pem"}, r"/no\.pem can't be read: No such file"),
        ({"ca": "."}, r"can't be read: Is a directory"),
        ({"ca": "empty.pem"}, r"/empty\.pem holds no certificate in PEM form"),
        ({"ca": "key.pem"}, r"/key\.pem holds no certificate"),
        ({"cert": "no.pem"}, r"/no\.pem can't be read"),
        ({"cert": "cert.pem", "key": "no.pem"}, r"/no\.pem can't be read"),
        ({"cert": "cert.pem"}, r"/cert\.pem holds no certificate in PEM form, or .*cert.pem no"),
        ({"key": "key.pem"}, r"the key .*/key\.pem needs its certificate too"),
        ({"cert": "cert.pem", "key": "other-key.pem"}, r"/other-key\.pem is not the key of .*cert"),
        ({"cert": "empty.pem", "key": "key.pem"}, r"/empty\.pem holds no certificate"),
        ({"cert": "cert.pem", "key": "empty.pem"}, r"or .*/empty\.pem no key"),
        ({"cert": "cert.pem", "key": "encrypted.pem"}, r"/encrypted\.pem is encrypted: decrypt it"),
    ],
)  # fmt: skip
def test_files_that_can_not_be_used(pem: Pem, files: dict[str, str], says: str) -> None:
    ca, cert, key = (
        pem.ca.parent / files[name] if name in files else None for name in ("ca", "cert", "key")
    )
    tls = TLS(ca=ca, cert=cert, key=key)
    with pytest.raises(
        ValueError, match=f"^the argument host=: 'tcp://x': TLS: .*{says}"
    ) as caught:
        moorage.connect(host="tcp://x", tls=tls)
    secret = pem.key.read_text().splitlines()[1]
    assert secret not in f"{caught.value} {tls!r}"


def test_what_is_verified(pem: Pem) -> None:
    default = TLS().context()
    assert (default.verify_mode, default.check_hostname) == (ssl.CERT_REQUIRED, True)
    off = TLS(ca=str(pem.ca), cert=pem.cert, key=pem.key, verify=False).context()
    assert (off.verify_mode, off.check_hostname) == (ssl.CERT_NONE, False)
    (authority,) = TLS(ca=pem.ca).context().get_ca_certs()
    assert "trustme" in str(authority)
    https = find_host("https://x").tls
    assert https is not None
    assert https.verify_mode == ssl.CERT_REQUIRED


def test_an_authority_that_another_one_signed_is_trusted(tmp_path: Path) -> None:
    authority = trustme.CA().create_child_ca()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server)
    forth, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = server.wrap_bio(forth, back, server_side=True)
    ours = TLS(ca=tmp_path / "ca.pem").context().wrap_bio(back, forth, server_hostname="localhost")
    with pytest.raises(ssl.SSLWantReadError):
        ours.do_handshake()
    with pytest.raises(ssl.SSLWantReadError):
        theirs.do_handshake()
    ours.do_handshake()


@pytest.mark.parametrize(
    ("names", "verify_mode"),
    [
        ([], None),
        (["DOCKER_TLS_VERIFY"], ssl.CERT_REQUIRED),
        (["DOCKER_TLS"], ssl.CERT_NONE),
        (["DOCKER_TLS", "DOCKER_TLS_VERIFY"], ssl.CERT_REQUIRED),
    ],
)
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_the_environments_tls(
    config: Path, pem: Pem, names: list[str], verify_mode: int | None, by: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("DOCKER_CERT_PATH", str(pem.ca.parent))
    for name in names:
        monkeypatch.setenv(name, "0")  # whatever it is, the CLI takes it for yes
    if by == "environment":
        monkeypatch.setenv("DOCKER_HOST", "tcp://x")
    host = find_host("tcp://x" if by == "argument" else None)
    assert (host.tls and host.tls.verify_mode) == verify_mode
    assert host.port == (2376 if names else 2375)
    given = ssl.create_default_context()
    assert find_host("tcp://x", given).tls is given
    assert find_host("unix:///x").tls is None


def test_the_environments_tls_without_its_authority(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_TLS_VERIFY", "1")
    with pytest.raises(ValueError, match=rf"TLS: {config}/ca\.pem can't be read"):
        find_host()
    monkeypatch.setenv("DOCKER_HOST", "http://x")
    with pytest.raises(ValueError, match="a http:// host has no TLS"):
        find_host()
