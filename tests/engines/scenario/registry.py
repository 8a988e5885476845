"""A registry in the network of a private engine: nothing else can reach it."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from moorage.private.debian import CODENAME, unpacked
from tests.engines.scenario.world import until

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

__all__ = ["ADDRESS", "PORT", "registry"]

PORT = 5000
ADDRESS = f"127.0.0.1:{PORT}"  # engines take plain HTTP from the loopback
CONFIG = """\
version: 0.1
storage: {inmemory: {}}
"""
LISTENS = f"http: {{addr: ':{PORT}'}}\n"
LISTENS_TLS = f"http: {{{{addr: ':{PORT}', tls: {{{{certificate: {{cert}}, key: {{key}}}}}}}}}}\n"
GUARD = """\
auth: {{htpasswd: {{realm: moorage, path: {accounts}}}}}
"""


@contextlib.contextmanager
def registry(
    engine: EngineHost,
    packages: Path,
    folder: Path,
    account: str | None = None,
    tls: tuple[Path, Path] | None = None,
) -> Iterator[None]:
    """Run Debian's registry in the network of an engine, with its files in a folder of its own.

    With an account, a line as htpasswd writes it, it serves nobody else. With a certificate and its
    key, it has TLS; engines don't verify it on the loopback.
    """
    tree = unpacked(packages, "registry", CODENAME, ["docker-registry"])
    config, log = folder / "registry.yml", folder / "registry.log"
    listens = LISTENS if tls is None else LISTENS_TLS.format(cert=tls[0], key=tls[1])
    text = CONFIG + listens
    if account is not None:
        accounts = folder / "htpasswd"
        accounts.write_text(account)
        text += GUARD.format(accounts=accounts)
    config.write_text(text)
    assert engine.private
    network = f"--net=/proc/{engine.private.pid}/ns/net"
    command = ["setpriv", "--pdeathsig", "KILL", "nsenter", network]
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*command, tree / "usr/bin/docker-registry", "serve", config],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        ) as process,
    ):
        try:
            until(lambda: "listening on" in log.read_text())
            yield
        finally:
            process.kill()
