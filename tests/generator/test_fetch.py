"""Specs are fetched from the first source that has the pinned bytes, or a line says why not."""

from __future__ import annotations

import hashlib
import io
import os
import platform
import shutil
import signal
import socket
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
from rich.console import Console

import generator.__main__ as command_line
from generator.errors import BuildError, InterruptedBuildError
from generator.fetch import debian, fetch, upstream
from generator.fetch.cache import holds
from generator.fetch.debian import Debian
from generator.versions import Pin, load_pins, rendered, spec_name

SPECS = {f"1.{minor}": f'basePath: "/v1.{minor}"\n'.encode() * 500 for minor in range(25, 33)}


def pin_of(version: str, data: bytes) -> Pin:
    path = f"docs/api/v{version}.yaml"
    return Pin(version, debian.COMMIT, path, hashlib.sha256(data).hexdigest())


PINS = {version: pin_of(version, data) for version, data in SPECS.items()}
ONE = {"1.30": PINS["1.30"]}

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A copy of the upstream repository, on this machine."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.at_once = 0
        self.most_at_once = 0
        lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                with lock:
                    server.asked.append(self.path)
                    server.at_once += 1
                    server.most_at_once = max(server.most_at_once, server.at_once)
                try:
                    server.answer(self)
                finally:
                    with lock:
                        server.at_once -= 1

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/moby"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if request.path in self.answers:
            self.answers[request.path](request)
        elif request.path in self.files:
            data = self.files[request.path]
            request.send_response(200)
            request.send_header("Content-Length", str(len(data)))
            request.end_headers()
            request.wfile.write(data)
        else:
            request.send_error(404)

    def add(self, pin: Pin, data: bytes) -> None:
        self.files[f"/moby/{pin.commit}/{pin.path}"] = data


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.http.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setenv("MOORAGE_SPEC_UPSTREAM", server.url)
    yield server
    server.http.shutdown()
    thread.join()
    server.http.server_close()


@pytest.fixture(autouse=True)
def nothing_is_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start with no mirror, no upstream and no apt."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    monkeypatch.delenv("MOORAGE_SPEC_MIRROR", raising=False)
    monkeypatch.setenv("MOORAGE_SPEC_UPSTREAM", address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(debian, "APT_TOOLS", "/nowhere")


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "mirror"
    folder.mkdir()
    monkeypatch.setenv("MOORAGE_SPEC_MIRROR", str(folder))
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def check_skipped(line: str, version: str, *reasons: str) -> None:
    """A skipped version's line names the version, each source's reason and the way out."""
    assert "\n" not in line
    assert line.startswith(f"v{version} cannot be fetched: ")
    way_out = f": set MOORAGE_SPEC_MIRROR to a folder that holds v{version}.yaml"
    assert line.endswith(way_out)
    for reason in reasons:
        assert reason in line


# The sources, in order.


def test_the_mirror_comes_first(cache: Path, mirror: Path, server: Server) -> None:
    for version, data in SPECS.items():
        (mirror / spec_name(version)).write_bytes(data)
    done = fetch(PINS, cache)
    assert {version: path.read_bytes() for version, path in done.files.items()} == SPECS
    assert list(done.files) == list(PINS)
    assert set(done.sources.values()) == {f"mirror {mirror}"}
    assert not done.skipped
    assert not done.refused
    assert not server.asked


def test_upstream_has_what_the_mirror_has_not(cache: Path, mirror: Path, server: Server) -> None:
    for version, data in SPECS.items():
        server.add(PINS[version], data)
    (mirror / "v1.30.yaml").write_bytes(SPECS["1.30"])
    done = fetch(PINS, cache)
    assert {version: path.read_bytes() for version, path in done.files.items()} == SPECS
    assert done.sources["1.30"] == f"mirror {mirror}"
    assert done.sources["1.31"] == f"upstream {server.url}"
    assert len(server.asked) == len(PINS) - 1


def test_upstream_is_asked_for_several_at_a_time(cache: Path, server: Server) -> None:
    together = threading.Barrier(upstream.AT_A_TIME, timeout=10)

    def answer(data: bytes) -> Answer:
        def send(request: BaseHTTPRequestHandler) -> None:
            together.wait()
            request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + data)

        return send

    six = dict(list(PINS.items())[: upstream.AT_A_TIME])
    for version, pin in six.items():
        server.answers[f"/moby/{pin.commit}/{pin.path}"] = answer(SPECS[version])
    assert list(fetch(six, cache).files) == list(six)
    assert server.most_at_once == upstream.AT_A_TIME


def test_a_pin_may_have_an_url_of_its_own(cache: Path, server: Server) -> None:
    pin = Pin("1.30", debian.COMMIT, "x", PINS["1.30"].sha256, f"{server.url}/own?a=b")
    server.files["/moby/own?a=b"] = SPECS["1.30"]
    assert fetch({"1.30": pin}, cache).files["1.30"].read_bytes() == SPECS["1.30"]


def test_the_real_specs_come_from_upstream(
    cache: Path, server: Server, specs: dict[str, Path]
) -> None:
    pins = {version: pin for version, pin in load_pins().items() if version in specs}
    for version, file in specs.items():
        server.add(pins[version], file.read_bytes())
    done = fetch(pins, cache)
    assert list(done.files) == list(pins)
    assert all(holds(cache, pin) for pin in pins.values())
    assert set(done.sources.values()) == {f"upstream {server.url}"}
    assert names(cache) == sorted(spec_name(version) for version in pins)


# The cache.


def test_what_is_there_is_not_fetched_again(cache: Path, mirror: Path, server: Server) -> None:
    (mirror / "v1.30.yaml").write_bytes(SPECS["1.30"])
    fetch(ONE, cache)
    before = (cache / "v1.30.yaml").stat()
    shutil.rmtree(mirror)
    done = fetch(ONE, cache)
    assert list(done.files) == ["1.30"]
    assert not done.sources
    assert (cache / "v1.30.yaml").stat().st_ino == before.st_ino
    assert not server.asked


def test_a_damaged_file_is_fetched_anew(cache: Path, mirror: Path) -> None:
    (mirror / "v1.30.yaml").write_bytes(SPECS["1.30"])
    cache.mkdir()
    (cache / "v1.30.yaml").write_bytes(SPECS["1.30"][:-1])
    done = fetch(ONE, cache)
    assert done.files["1.30"].read_bytes() == SPECS["1.30"]
    (line,) = done.refused
    assert line.startswith("v1.30: ")
    assert "is damaged; taken from mirror" in line


def test_a_damaged_file_is_not_used_even_if_no_source_is_there(cache: Path) -> None:
    cache.mkdir()
    (cache / "v1.30.yaml").write_bytes(b"damaged")
    done = fetch(ONE, cache)
    assert not done.files
    check_skipped(done.skipped["1.30"], "1.30", f"{cache / 'v1.30.yaml'} is damaged")


@pytest.fixture
def _not_root() -> Iterator[None]:
    """Root may write everywhere: for this test it is nobody."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65534)
    yield
    if root:
        os.seteuid(0)


@pytest.fixture
def read_only_cache() -> Iterator[Path]:
    # Not in tmp_path, which only its owner may enter.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        cache = Path(folder) / "cache"
        cache.mkdir(mode=0o555)
        yield cache


@pytest.mark.usefixtures("_not_root")
def test_a_read_only_cache_is_an_error(read_only_cache: Path, server: Server) -> None:
    server.add(PINS["1.30"], SPECS["1.30"])
    with pytest.raises(
        BuildError, match=r"^v1\.30: cannot store the spec of upstream .* writable$"
    ):
        fetch(ONE, read_only_cache)
    assert not names(read_only_cache)


@pytest.mark.parametrize("place", ["/proc/moorage", "file/cache"])
def test_a_cache_that_cannot_be_made_is_an_error(place: str, tmp_path: Path, mirror: Path) -> None:
    (mirror / "v1.30.yaml").write_bytes(SPECS["1.30"])
    (tmp_path / "file").touch()
    with pytest.raises(BuildError, match=r"^v1\.30: cannot store the spec of mirror .* writable$"):
        fetch(ONE, tmp_path / place)


@pytest.mark.parametrize("failure", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_fails_leaves_nothing(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch, failure: BaseException
) -> None:
    def replace(_: Path, target: Path) -> None:
        raise failure

    for version, data in SPECS.items():
        server.add(PINS[version], data)
    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(BuildError, match=r"v1\.\d\d.*(No space left|left to fetch)"):
        fetch(PINS, cache)
    assert not names(cache)


# Failures


def test_wrong_bytes_are_refused_and_the_next_source_is_tried(
    cache: Path, mirror: Path, server: Server
) -> None:
    (mirror / "v1.30.yaml").write_bytes(b"something else")
    server.add(PINS["1.30"], SPECS["1.30"])
    done = fetch(ONE, cache)
    assert done.files["1.30"].read_bytes() == SPECS["1.30"]
    (line,) = done.refused
    assert line.startswith(f"v1.30: mirror {mirror}: refused, sha256 is ")
    assert line.endswith(f"; taken from upstream {server.url} instead")


def test_wrong_bytes_from_everywhere_are_never_used(
    cache: Path, mirror: Path, server: Server
) -> None:
    (mirror / "v1.30.yaml").write_bytes(b"something else")
    server.add(PINS["1.30"], b"yet something else")
    done = fetch(ONE, cache)
    assert not done.files
    reasons = (f"mirror {mirror}: refused, sha256", f"upstream {server.url}: refused, sha256")
    check_skipped(done.skipped["1.30"], "1.30", *reasons)
    assert not names(cache)


def test_a_404_is_told(cache: Path, server: Server) -> None:
    done = fetch(PINS, cache)
    for version in PINS:
        reason = f"upstream {server.url}: docs/api/v{version}.yaml: answers 404 Not Found"
        check_skipped(done.skipped[version], version, "mirror: MOORAGE_SPEC_MIRROR", reason)
    assert len(server.asked) == len(PINS)  # each may be there, whatever the others are


def test_a_truncated_download_is_not_used(cache: Path, server: Server) -> None:
    def truncated(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", "10000")
        request.end_headers()
        request.wfile.write(SPECS["1.30"][:5000])

    server.answers[f"/moby/{PINS['1.30'].commit}/{PINS['1.30'].path}"] = truncated
    server.add(PINS["1.31"], SPECS["1.31"])
    done = fetch({"1.30": PINS["1.30"], "1.31": PINS["1.31"]}, cache)
    assert list(done.files) == ["1.31"]
    check_skipped(done.skipped["1.30"], "1.30", server.url, "the download broke off")
    assert names(cache) == ["v1.31.yaml"]


def test_no_network_is_told_for_each_version(cache: Path) -> None:
    done = fetch(PINS, cache)
    assert not done.files
    for version, line in done.skipped.items():
        reason = f"docs/api/v{version}.yaml: cannot be reached"
        check_skipped(line, version, reason, "source package: this machine has no apt")
    assert not names(cache)


def test_a_host_that_does_not_answer_is_not_tried_for_every_version(
    cache: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def stall(_: BaseHTTPRequestHandler) -> None:
        stop.wait(10)

    for pin in PINS.values():
        server.answers[f"/moby/{pin.commit}/{pin.path}"] = stall
    monkeypatch.setattr(upstream, "TIMEOUT", httpx.Timeout(0.3))
    started = time.monotonic()
    done = fetch(PINS, cache)
    stop.set()
    assert time.monotonic() - started < 0.3 * len(PINS)
    assert len(server.asked) <= upstream.AT_A_TIME
    for version, line in done.skipped.items():
        check_skipped(line, version, "cannot be reached (ReadTimeout)")


def test_the_wait_for_a_connection_is_short() -> None:
    assert upstream.TIMEOUT.connect == 5


@pytest.mark.parametrize("proxy", ["gopher://me:secret@proxy.test", "socks5://me:secret@p.test"])
def test_a_wrong_proxy_is_told_without_its_password(
    cache: Path, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    line = fetch(ONE, cache).skipped["1.30"]
    check_skipped(line, "1.30", "the proxy that the environment names cannot be used")
    assert "secret" not in line


def test_a_password_in_an_address_is_not_printed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOORAGE_SPEC_UPSTREAM", "http://me:secret@127.0.0.1:1/x")
    line = fetch(ONE, cache).skipped["1.30"]
    check_skipped(line, "1.30", "upstream http://127.0.0.1:1/x: ")
    assert "secret" not in line


def test_an_interrupted_download_leaves_whole_files_only(cache: Path, server: Server) -> None:
    stop = threading.Event()

    def interrupt(request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.0 200 OK\r\n\r\nswagger")
        while not (cache / "v1.25.yaml").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)
        stop.wait(10)

    server.add(PINS["1.25"], SPECS["1.25"])
    server.answers[f"/moby/{PINS['1.30'].commit}/{PINS['1.30'].path}"] = interrupt
    started = time.monotonic()
    with pytest.raises(InterruptedBuildError) as caught:
        fetch({"1.25": PINS["1.25"], "1.30": PINS["1.30"]}, cache)
    stop.set()
    assert time.monotonic() - started < 5
    assert str(caught.value) == (
        f"interrupted with v1.30 left to fetch, at upstream {server.url}:"
        " run the same command again; fetched specs are kept"
    )
    assert names(cache) == ["v1.25.yaml"]


def test_progress_is_shown_on_a_terminal(
    cache: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for version, data in SPECS.items():
        (mirror / spec_name(version)).write_bytes(data)
    monkeypatch.setenv("TERM", "xterm")
    shown = io.StringIO()
    fetch(PINS, cache, console=Console(file=shown, force_terminal=True, width=200))
    assert "8/8" in shown.getvalue()
    assert "mirror" in shown.getvalue()
    shown = io.StringIO()
    fetch(PINS, cache, console=Console(file=shown, force_terminal=True, width=200))
    assert not shown.getvalue()


# Debian's source package, with an apt that is made up.

APT = """#!{python}
import os, pathlib, sys
out = pathlib.Path({folder!r})
with open(out / "log", "a") as log:
    print(pathlib.Path(sys.argv[0]).name, *sys.argv[1:], file=log)
config = pathlib.Path(os.environ["APT_CONFIG"])
(out / "sources").write_text((config.parent / "engine.sources").read_text())
(out / "config").write_text(config.read_text())
command = sys.argv[1]
exec((out / "behaviour").read_text())
if command == "source":
    print("Need to get 3 kB of source archives.")
    for part in ("dsc", "orig-cli.tar.xz", "orig.tar.xz", "debian.tar.xz"):
        name = f"docker.io_{{release}}+dfsg4.{{part}}"
        print(f"'http://me:secret@mirror.test/{{name}}' {{name}} 1000 SHA256:abc")
elif command == "download-file":
    pathlib.Path(sys.argv[3]).write_bytes((out / "tarball").read_bytes())
"""

DEB822 = """# a comment
Types: deb
URIs: http://security.test/debian-security
Suites: trixie-security
Components: main

Types: deb
# a comment
URIs: http://me:secret@mirror.test/debian
Suites: trixie trixie-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----
"""

ONE_LINE = """deb cdrom:[Debian]/ trixie main
deb http://security.test/debian-security trixie-security main
deb [arch=amd64 signed-by=/usr/share/keyrings/a.gpg] http://mirror.test/debian trixie main # yes
deb http://mirror.test/debian trixie-updates main
"""


class Apt:
    """A made-up apt and its configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.etc = folder / "etc"
        (self.etc / "sources.list.d").mkdir(parents=True)
        (folder / "bin").mkdir(exist_ok=True)
        for name in ("apt-get", "apt-helper"):
            program = folder / "bin" / name
            program.write_text(APT.format(python=sys.executable, folder=str(folder)))
            program.chmod(0o755)
        self.behave()
        (self.etc / "sources.list.d" / "debian.sources").write_text(DEB822)
        self.pack(SPECS)

    def behave(self, code: str = "") -> None:
        (self.folder / "behaviour").write_text(f"release = '28.5.2'\n{code}\n")

    def pack(self, specs: dict[str, bytes]) -> None:
        with tarfile.open(self.folder / "tarball", "w:xz") as archive:
            for version, data in specs.items():
                member = tarfile.TarInfo(f"./moby/engine/docs/api/v{version}.yaml")
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))

    def said(self, name: str) -> str:
        return (self.folder / name).read_text()


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Apt:
    apt = Apt(tmp_path)
    monkeypatch.setattr(debian, "APT_ETC", apt.etc)
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: {"VERSION_CODENAME": "trixie"})
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return apt


def test_debian_comes_last(cache: Path, server: Server, apt: Apt) -> None:
    server.add(PINS["1.25"], SPECS["1.25"])
    done = fetch(PINS, cache)
    assert {version: path.read_bytes() for version, path in done.files.items()} == SPECS
    assert done.sources["1.25"] == f"upstream {server.url}"
    assert done.sources["1.26"] == "Debian's docker.io 28.5.2 source package"
    downloads = [line for line in apt.said("log").splitlines() if "download-file" in line]
    assert len(downloads) == 1
    assert "28.5.2+dfsg4.orig.tar.xz" in downloads[0]
    assert downloads[0].endswith("SHA256:abc")
    assert not list(apt.folder.glob("moorage-apt-*"))


def test_apt_works_in_a_folder_of_its_own(cache: Path, apt: Apt) -> None:
    fetch(ONE, cache)
    assert apt.said("sources") == (
        "Types: deb-src\nURIs: http://me:secret@mirror.test/debian\nSuites: forky\n"
        "Components: main\nSigned-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n"
        " -----END PGP PUBLIC KEY BLOCK-----\n"
    )
    config = apt.said("config")
    for key in ("Dir::State", "Dir::State::status", "Dir::Cache", "Dir::Etc::sourcelist"):
        assert f'{key} "{apt.folder}/moorage-apt-' in config
    assert 'Dir::Etc::sourceparts "/dev/null";' in config


def test_a_one_line_list_is_read_too(cache: Path, apt: Apt) -> None:
    (apt.etc / "sources.list.d" / "debian.sources").unlink()
    (apt.etc / "sources.list").write_text(ONE_LINE)
    assert list(fetch(ONE, cache).files) == ["1.30"]
    assert apt.said("sources") == (
        "Types: deb-src\nURIs: http://mirror.test/debian\nSuites: forky\nComponents: main\n"
        "Signed-By: /usr/share/keyrings/a.gpg\n"
    )


def test_a_repository_that_is_not_debians_is_passed_over(cache: Path, apt: Apt) -> None:
    other = "Types: deb\nURIs: http://other.test\nSuites: trixie\nComponents: main\n"
    (apt.etc / "sources.list.d" / "a.sources").write_text(other)
    apt.behave(
        "if 'other.test' in (out / 'sources').read_text():\n"
        "    sys.exit('E: it has no Release file')"
    )
    assert list(fetch(ONE, cache).files) == ["1.30"]


@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (
            "sys.exit('W: no\\nE: cannot connect to http://me:secret@mirror.test/debian')",
            "apt failed: cannot connect to http://mirror.test/debian",
        ),
        (
            "sys.exit('E: cannot connect to http://me:secret@mirror.test/debian')",
            "apt failed: cannot connect to http://mirror.test/debian",
        ),
        ("sys.exit(100)", "apt failed: exit status 100"),
        ("release = '29.1.0'", "suite forky now has docker.io_29.1.0+dfsg4.orig.tar.xz"),
        ("if command == 'source': sys.exit()", "suite forky has no such package"),
        (
            "if command == 'download-file': sys.exit('E: Hash Sum mismatch')",
            "apt failed: Hash Sum mismatch",
        ),
    ],
)
def test_why_apt_failed_is_told(cache: Path, apt: Apt, behaviour: str, reason: str) -> None:
    apt.behave(behaviour)
    line = fetch(ONE, cache).skipped["1.30"]
    check_skipped(line, "1.30", f"source package: {reason}:")
    assert "secret" not in line
    assert not list(apt.folder.glob("moorage-apt-*"))


def test_a_machine_without_a_debian_repository_is_told(cache: Path, apt: Apt) -> None:
    disabled = DEB822.replace("Types", "Enabled: no\nTypes")
    (apt.etc / "sources.list.d" / "debian.sources").write_text(disabled)
    reason = f"{apt.etc} names no Debian repository"
    check_skipped(fetch(ONE, cache).skipped["1.30"], "1.30", reason)


def test_a_damaged_tarball_is_told(cache: Path, apt: Apt) -> None:
    tarball = apt.folder / "tarball"
    tarball.write_bytes(tarball.read_bytes()[:100])
    check_skipped(fetch(ONE, cache).skipped["1.30"], "1.30", "its tarball cannot be read")
    tarball.write_bytes(b"not a tarball")
    check_skipped(fetch(ONE, cache).skipped["1.30"], "1.30", "its tarball cannot be read")


def test_a_tarball_without_the_spec_or_with_another_is_told(cache: Path, apt: Apt) -> None:
    apt.pack({"1.31": b"something else"})
    done = fetch({"1.30": PINS["1.30"], "1.31": PINS["1.31"]}, cache)
    check_skipped(done.skipped["1.30"], "1.30", "is not in its tarball")
    check_skipped(done.skipped["1.31"], "1.31", "source package: refused, sha256 is")
    assert not names(cache)


def test_the_package_is_left_alone_if_it_has_none_of_the_wanted(cache: Path, apt: Apt) -> None:
    pin = Pin("1.60", "a" * 40, "api/docs/v1.60.yaml", "b" * 64)
    line = fetch({"1.60": pin}, cache).skipped["1.60"]
    check_skipped(line, "1.60", "source package: does not hold this version")
    assert not (apt.folder / "log").exists()


def test_an_interrupted_apt_is_told(cache: Path, apt: Apt) -> None:
    apt.behave("import signal, time; os.kill(os.getppid(), signal.SIGINT); time.sleep(10)")
    with pytest.raises(
        InterruptedBuildError, match=r"v1\.30 left to fetch, at Debian's docker\.io"
    ):
        fetch(ONE, cache)
    assert not names(cache)
    assert not list(apt.folder.glob("moorage-apt-*"))


PATH = os.environ.get("PATH", "")  # before the fixtures change it


@pytest.mark.skipif(not shutil.which("apt-get"), reason="this machine has no apt")
def test_the_real_package_holds_the_pinned_bytes(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", PATH)
    monkeypatch.setattr(debian, "APT_TOOLS", "/usr/lib/apt")
    pins = [pin for pin in load_pins().values() if pin.commit == debian.COMMIT]
    got: dict[str, str] = {}
    reasons: list[str] = []
    Debian().read(
        pins,
        lambda pin, data: got.update({pin.version: hashlib.sha256(data).hexdigest()}),
        lambda _, reason: reasons.append(reason),
    )
    if reasons and not got:
        pytest.skip(reasons[0])
    assert not reasons
    assert got == {pin.version: pin.sha256 for pin in pins}


# The command line.


@pytest.fixture
def project(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "versions.toml"
    file.write_text(rendered(PINS))
    monkeypatch.setattr(command_line, "PINS", file)
    monkeypatch.setattr(command_line, "CACHE", cache)
    return file


def test_the_command_is_quiet_when_all_is_there(
    project: Path, cache: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for version, data in SPECS.items():
        (mirror / spec_name(version)).write_bytes(data)
    assert command_line.main(["fetch", "--strict"]) == 0
    assert capsys.readouterr() == (f"8 of 8 specs in {cache}, 8 from mirror {mirror}\n", "")
    assert command_line.main(["fetch", "--strict"]) == 0
    assert capsys.readouterr() == (f"8 of 8 specs in {cache}\n", "")


def test_what_is_skipped_fails_only_if_strict(
    project: Path, mirror: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (mirror / "v1.30.yaml").write_bytes(SPECS["1.30"])
    assert command_line.main(["fetch", "1.30", "1.31"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("1 of 2 specs")
    assert shown.err.startswith("skipped: v1.31 cannot be fetched: ")
    assert shown.err.count("\n") == 1
    assert command_line.main(["fetch", "1.30", "1.31", "--strict"]) == 1
    assert "error: 1 of 2 specs are missing; v1.3" in capsys.readouterr().err


def test_a_refused_file_is_a_warning(
    project: Path, mirror: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    (mirror / "v1.30.yaml").write_bytes(b"something else")
    server.add(PINS["1.30"], SPECS["1.30"])
    assert command_line.main(["fetch", "1.30"]) == 0
    assert capsys.readouterr().err.startswith("warning: v1.30: mirror ")


def test_a_version_that_is_not_pinned_is_an_error(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["fetch", "9.99"]) == 1
    assert capsys.readouterr().err.startswith("error: version 9.99 is not pinned: add it with")


def test_an_interrupted_command_ends_as_a_shell_expects(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Debian, "read", interrupt)
    assert command_line.main(["fetch", "1.30"]) == 130
    assert capsys.readouterr().err.startswith("error: interrupted with v1.30 left to fetch, at ")
