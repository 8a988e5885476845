from __future__ import annotations

import contextlib
import ssl
from itertools import pairwise

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from moorage.wire.tls import NestedTls, Tls

AUTHORITY = trustme.CA()
SERVER = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
AUTHORITY.issue_cert("localhost").configure_cert(SERVER)
CLIENT = ssl.create_default_context()
AUTHORITY.configure_trust(CLIENT)


class Other:
    """The other side, by the standard library alone."""

    def __init__(self) -> None:
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.side = SERVER.wrap_bio(self.incoming, self.outgoing, server_side=True)

    def agree(self, tls: Tls) -> None:
        agreed = False
        done, data = tls.handshake()
        while not (done and agreed):
            self.incoming.write(data)
            try:
                self.side.do_handshake()
                agreed = True
            except ssl.SSLWantReadError:
                pass
            done, data = tls.handshake(self.outgoing.read())

    def ending(self) -> bytes:
        with contextlib.suppress(ssl.SSLWantReadError):
            self.side.unwrap()
        return self.outgoing.read()


def agreed() -> tuple[Tls, Other]:
    tls, other = Tls(CLIENT, "localhost"), Other()
    other.agree(tls)
    return tls, other


@given(st.lists(st.binary(min_size=1, max_size=40_000), max_size=3), st.lists(st.integers(0)))
def test_any_chunking_gives_the_same_bytes_and_end(pieces: list[bytes], places: list[int]) -> None:
    tls, other = agreed()
    for each in pieces:
        other.side.write(each)
    sent = other.outgoing.read() + other.ending()
    marks = sorted({0, len(sent), *(place % (len(sent) + 1) for place in places)})
    got, ends = b"", []
    for start, end in pairwise(marks):
        data, ended = tls.decrypt(sent[start:end])
        got += data
        ends.append(ended)
    assert got == b"".join(pieces)
    assert ends[-1]
    assert not any(ends[:-1])


def test_half_of_the_connection_goes_on() -> None:
    tls, other = agreed()
    other.incoming.write(tls.encrypt(memoryview(b"word")) + tls.ending())
    assert other.side.read(100) == b"word"
    assert other.side.read(100) == b""
    other.side.write(b"more")
    assert tls.decrypt(other.outgoing.read()) == (b"more", False)
    assert tls.decrypt(other.ending()) == (b"", True)


def test_a_connection_that_is_cut_has_no_end() -> None:
    tls, other = agreed()
    other.side.write(b"word")
    assert tls.decrypt(other.outgoing.read()) == (b"word", False)
    with pytest.raises(ssl.SSLEOFError):
        tls.decrypt(b"")


def test_another_authority_is_refused() -> None:
    tls, other = Tls(ssl.create_default_context(), "localhost"), Other()
    with pytest.raises(ssl.SSLCertVerificationError):
        other.agree(tls)


def test_the_end_of_the_outer_tls_is_no_end_of_the_inner() -> None:
    outer, proxy = agreed()
    tls, engine = NestedTls(CLIENT, "localhost", outer), Other()
    done, data = tls.handshake()
    for _ in range(4):
        proxy.incoming.write(data)
        with contextlib.suppress(ssl.SSLWantReadError):
            engine.incoming.write(proxy.side.read(65536))
        with contextlib.suppress(ssl.SSLWantReadError):
            engine.side.do_handshake()
        if inner := engine.outgoing.read():
            proxy.side.write(inner)
        if done:
            break
        done, data = tls.handshake(proxy.outgoing.read())
    assert done
    engine.side.write(b"word")
    proxy.side.write(engine.outgoing.read())
    assert tls.decrypt(proxy.outgoing.read()) == (b"word", False)
    with pytest.raises(ssl.SSLEOFError):
        tls.decrypt(proxy.ending())
