from __future__ import annotations

import os
import select
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moorage.private import PrivateEngineError, private_engine
from moorage.private.debian import unpacked
from moorage.private.sources import one_liners, paragraphs
from tests.engines.containers import container, wait

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost

API = {"20.10": ("1.12", "1.41"), "26.1": ("1.24", "1.45"), "28.5": ("1.24", "1.51")}
FOLDER = Path(__file__).parents[2] / ".engines"

STARTS_AN_ENGINE = """
import sys
from pathlib import Path
from moorage.private import private_engine
with private_engine(folder=Path(sys.argv[1])) as engine:
    print(engine.pid, engine.host, flush=True)
    sys.stdin.read()
"""


def test_the_engines_speak_what_they_are_expected_to(engine_host: EngineHost) -> None:
    if engine_host.name in API:
        assert (engine_host.min_api, engine_host.max_api) == API[engine_host.name]


@pytest.mark.parametrize("init", [False, True])
def test_a_container_runs(engine_host: EngineHost, image: str, init: bool) -> None:
    host = {"Init": init, "NetworkMode": "none"}
    command = ("sh", "-c", "echo I am $$")
    with (
        container(engine_host, image, *command, Tty=True, HostConfig=host) as name,
        engine_host.http() as client,
    ):
        assert wait(engine_host, name) == 0
        said = client.get(f"/containers/{name}/logs", params={"stdout": "1"}).text
    # The first process is the shell itself, or tini, whose child it is.
    assert said.startswith("I am ")
    assert (said.split() == ["I", "am", "1"]) is not init


def test_an_archive_is_the_same_each_time(busybox_tar: bytes) -> None:
    with tarfile.open(fileobj=BytesIO(busybox_tar)) as archive:
        assert archive.getmember("bin/sh").linkname == "busybox"
        assert archive.getmember("bin/busybox").mode == 0o755
        assert {entry.mtime for entry in archive} == {0}


@pytest.mark.usefixtures("private_machine")
class TestPrivateEngine:
    def test_nothing_is_left_of_it(self) -> None:
        before = _things()
        with private_engine(folder=FOLDER) as engine:
            home = engine.log.parent
            pid = os.pidfd_open(engine.pid)
            assert Path(f"/proc/{engine.pid}/exe").readlink().name == "dockerd"
            network = Path(f"/proc/{engine.pid}/ns/net").readlink()
        assert _has_ended(pid, within=0)
        assert network not in [*_open_files()]
        assert not home.exists()
        # Engines of other tests, and of other runs of them, come and go.
        ours = {each for each in _things() - before if not _is_of_another(each, home.name)}
        assert ours == set()

    def test_it_dies_with_the_process_that_started_it(self) -> None:
        starter = subprocess.Popen(
            [sys.executable, "-c", STARTS_AN_ENGINE, str(FOLDER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with starter:
            assert starter.stdout
            number, host = starter.stdout.readline().split()
            pid = os.pidfd_open(int(number))
            starter.kill()
        assert _has_ended(pid, within=30)
        # A process that is killed can't tidy up: what it leaves is one folder, to be told by name.
        home = Path(host.removeprefix("unix://")).parent
        assert home.name.startswith("moorage-")
        subprocess.run(["rm", "-r", str(home)], check=True)

    def test_one_that_does_not_start_says_why(self) -> None:
        with (
            pytest.raises(
                PrivateEngineError, match=r"(?s)ended before it was ready:.*no-such-flag"
            ),
            private_engine(extra_args=["--no-such-flag"], folder=FOLDER),
        ):
            pytest.fail("it started")

    def test_a_package_that_is_not_to_be_had(self, tmp_path: Path) -> None:
        with pytest.raises(PrivateEngineError, match="suite no-such-suite"):
            unpacked(tmp_path, "tree", "no-such-suite", ["docker.io"])
        assert list(tmp_path.iterdir()) == []

    def test_only_root_starts_one(self) -> None:
        code = f"import moorage.private, os; os.setuid(65534)\n{STARTS_AN_ENGINE}"
        done = subprocess.run(
            [sys.executable, "-c", code, str(FOLDER)], capture_output=True, text=True, check=False
        )
        assert "PrivateEngineError: a private engine needs root" in done.stderr


def test_repositories_in_one_line_each() -> None:
    text = """
    # deb http://commented.example/debian bookworm main
    deb http://one.example/debian bookworm main contrib  # and a remark
    deb [arch=amd64 signed-by=/k/a.gpg,/k/b.gpg trusted=yes] http://two.example/ bookworm main
    deb http://flat.example/ ./
    """
    one, two = one_liners(text)
    assert one == {
        "Types": "deb",
        "URIs": "http://one.example/debian",
        "Suites": "bookworm",
        "Components": "main contrib",
    }
    assert two["URIs"] == "http://two.example/"
    assert two["Signed-By"] == "/k/a.gpg /k/b.gpg"
    assert two["Trusted"] == "yes"


def test_repositories_inparagraphs() -> None:
    text = """\
# a remark
Types: deb
URIs: http://one.example/debian
Suites: bookworm bookworm-updates
# in between
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Enabled: no
URIs: http://two.example/debian
"""
    (entry,) = paragraphs(text)
    assert entry["Suites"].split() == ["bookworm", "bookworm-updates"]
    assert entry["Signed-By"].splitlines()[1:] == [
        " -----BEGIN PGP PUBLIC KEY BLOCK-----",
        " .",
        " abc",
    ]


def _things() -> set[Path]:
    """List the folders of the machine in which an engine could leave something."""
    places = map(Path, ("/run", "/opt", "/etc", "/var/lib", "/sys/fs/cgroup"))
    return {each for place in places for each in place.iterdir()}


def _open_files() -> Iterator[Path]:
    """List the files that this process has open; threads close some meanwhile."""
    for descriptor in [*Path("/proc/self/fd").iterdir()]:
        with suppress(FileNotFoundError):
            yield descriptor.readlink()


def _is_of_another(path: Path, name: str) -> bool:
    return path.name.startswith("moorage-") and path.name != name


def _has_ended(pid: int, within: float) -> bool:
    """Return whether the process of a pid file descriptor ends in time, and close it."""
    try:
        return bool(select.select([pid], [], [], within)[0])
    finally:
        os.close(pid)
