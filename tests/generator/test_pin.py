"""A version is added by one command: its entry, and its spec in the cache."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import generator.__main__ as command_line
from generator import pin as pin_module
from generator.fetch import debian, fetch
from generator.versions import Pin, load_pins

COMMIT = "c" * 40
HEAD = "# A comment.\n#\n# Another one.\n\n"
OLD = {
    minor: f'["1.{minor}"]\ncommit = "{"a" * 40}"\npath = "p.yaml"\nsha256 = "{"b" * 64}"\n'
    for minor in (54, 55, 57)
}


def spec(version: str, base: str | None = None) -> bytes:
    base = base or f"/v{version}"
    return f'swagger: "2.0"\nbasePath: "{base}"\ninfo:\n  version: "{version}"\n'.encode()


def entry(path: str, data: bytes = spec("1.56"), url: str | None = None) -> str:
    lines = f'["1.56"]\ncommit = "{COMMIT}"\npath = "{path}"\n'
    lines += f'sha256 = "{hashlib.sha256(data).hexdigest()}"\n'
    return lines + (f'url = "{url}"\n' if url else "")


class Project:
    """A project of three versions, and a server to get a fourth from."""

    def __init__(self, folder: Path, server: str, files: dict[str, bytes]) -> None:
        self.server = server
        self.files = files
        self.toml = folder / "versions.toml"
        self.cache = folder / "cache"
        self.before = HEAD + "\n".join(OLD.values())
        self.toml.write_text(self.before)
        self.local = folder / "new.yaml"
        self.local.write_bytes(spec("1.56"))

    def pin(self, url: str, *more: str, version: str = "1.56", commit: str = COMMIT) -> int:
        return command_line.main(["pin", version, "--url", url, "--commit", commit, *more])

    def check_pinned(self, new: str) -> None:
        expected = HEAD + "\n".join([OLD[54], OLD[55], new, OLD[57]])
        assert self.toml.read_text() == expected
        assert (self.cache / "v1.56.yaml").read_bytes() == spec("1.56")

    def check_refused(self, capsys: pytest.CaptureFixture[str], message: str) -> None:
        shown = capsys.readouterr()
        assert shown.out == ""
        assert shown.err.startswith("error: ")
        assert shown.err.count("\n") == 1
        assert message in shown.err
        assert self.toml.read_text() == self.before
        assert not self.cache.exists() or not list(self.cache.iterdir())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    files: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in files:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(files[self.path])

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.01,))
    thread.start()
    project = Project(tmp_path, f"http://127.0.0.1:{http.server_port}", files)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("MOORAGE_SPEC_UPSTREAM", f"{project.server}/moby")
    monkeypatch.delenv("MOORAGE_SPEC_MIRROR", raising=False)
    monkeypatch.setattr(command_line, "PINS", project.toml)
    monkeypatch.setattr(command_line, "CACHE", project.cache)
    yield project
    http.shutdown()
    thread.join()
    http.server_close()


def test_a_file_is_pinned(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.pin(str(project.local)) == 0
    assert capsys.readouterr().out.startswith("1.56 is pinned in ")
    project.check_pinned(entry("api/docs/v1.56.yaml"))
    assert fetch(load_pins(project.toml), project.cache).files["1.56"].is_file()


def test_the_path_of_a_file_may_be_given(project: Project) -> None:
    assert project.pin(str(project.local), "--path", "docs/new.yaml") == 0
    project.check_pinned(entry("docs/new.yaml"))


def test_the_engine_s_release_is_pinned(project: Project) -> None:
    assert project.pin(str(project.local), "--engine", "29.9") == 0
    new = entry("api/docs/v1.56.yaml") + 'engine = "29.9"\n'
    project.check_pinned(new)
    # Pinned again without it, it stays; with another, that one is right.
    assert project.pin(str(project.local)) == 0
    project.check_pinned(new)
    assert project.pin(str(project.local), "--engine", "30.0") == 0
    project.check_pinned(new.replace("29.9", "30.0"))


@pytest.mark.parametrize("engine", ["29", "v29.9", "docker-29.9", "29.9-rc.1", ""])
def test_a_wrong_release_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], engine: str
) -> None:
    assert project.pin(str(project.local), "--engine", engine) == 1
    project.check_refused(capsys, f"{engine!r} is not a release of the engine")


@pytest.mark.parametrize("version", ["1.0", "1.12", "1.24"])
def test_a_version_that_is_archived_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], version: str
) -> None:
    project.local.write_bytes(spec(version))
    assert project.pin(str(project.local), version=version) == 1
    project.check_refused(capsys, f"{version} has no machine-readable specification")


@pytest.mark.parametrize(
    "url",
    [
        f"{{server}}/moby/{COMMIT}/api/swagger.yaml",
        "{server}/moby/master/api/swagger.yaml",
        "{server}/moby/refs/tags/v1/api/swagger.yaml",
        f"https://github.com/moby/moby/blob/{COMMIT}/api/swagger.yaml",
        "https://github.com/moby/moby/raw/refs/heads/master/api/swagger.yaml",
    ],
)
def test_an_upstream_url_is_pinned_at_its_commit(project: Project, url: str) -> None:
    project.files[f"/moby/{COMMIT}/api/swagger.yaml"] = spec("1.56")
    project.files["/moby/master/api/swagger.yaml"] = b"what came later"
    assert project.pin(url.format(server=project.server)) == 0
    project.check_pinned(entry("api/swagger.yaml"))
    (project.cache / "v1.56.yaml").unlink()
    pins = load_pins(project.toml)
    assert list(fetch({"1.56": pins["1.56"]}, project.cache).files) == ["1.56"]


def test_another_url_is_kept(project: Project) -> None:
    project.files["/elsewhere.yaml?x=1"] = spec("1.56")
    url = f"{project.server}/elsewhere.yaml?x=1"
    assert project.pin(url) == 0
    project.check_pinned(entry("api/docs/v1.56.yaml", url=url))
    (project.cache / "v1.56.yaml").unlink()
    pins = load_pins(project.toml)
    assert list(fetch({"1.56": pins["1.56"]}, project.cache).files) == ["1.56"]


def test_pinning_the_same_again_changes_nothing(project: Project) -> None:
    assert project.pin(str(project.local)) == 0
    (project.cache / "v1.56.yaml").unlink()
    assert project.pin(str(project.local)) == 0
    project.check_pinned(entry("api/docs/v1.56.yaml"))


@pytest.mark.parametrize("what", ["commit", "spec"])
def test_pinning_another_spec_is_an_error(
    project: Project, capsys: pytest.CaptureFixture[str], what: str
) -> None:
    assert project.pin(str(project.local)) == 0
    capsys.readouterr()
    if what == "spec":
        project.local.write_bytes(spec("1.56") + b"paths: {}\n")
    assert project.pin(str(project.local), commit="d" * 40 if what == "commit" else COMMIT) == 1
    assert "error: version 1.56 is pinned already, to another" in capsys.readouterr().err
    project.check_pinned(entry("api/docs/v1.56.yaml"))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (spec("1.57"), "has info.version '1.57' and not '1.56'"),
        (spec("1.56", "/v1.57"), "has basePath '/v1.57' and not '/v1.56'"),
        (b"<html>", "is not a Swagger 2.0 spec"),
        (b"swagger: '2.0'\n", "is not a Swagger 2.0 spec"),
        (b"swagger: '3.0'\ninfo: {}\n", "is not a Swagger 2.0 spec"),
        (b"a: [", "it is not YAML"),
        (b"\xff\xfe\x00", "it is not YAML"),
    ],
)
def test_a_spec_of_something_else_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], data: bytes, message: str
) -> None:
    project.local.write_bytes(data)
    assert project.pin(str(project.local)) == 1
    project.check_refused(capsys, message)


@pytest.mark.parametrize("commit", ["", "v1", "c" * 39, "C" * 40, "g" * 40])
def test_a_wrong_commit_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], commit: str
) -> None:
    assert project.pin(str(project.local), commit=commit) == 1
    project.check_refused(capsys, "it takes all 40 hex digits")


def test_a_wrong_version_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.pin(str(project.local), version="v1.56") == 1
    project.check_refused(capsys, "'v1.56' is not an API version")


def test_a_wrong_path_is_refused(project: Project, capsys: pytest.CaptureFixture[str]) -> None:
    assert project.pin(str(project.local), "--path", 'a"b') == 1
    project.check_refused(capsys, "is not the path of a file in a repository")


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("nowhere.yaml", "v1.56: cannot read nowhere.yaml: No such file"),
        ("ftp://x.test/v1.56.yaml", "ftp is not a kind of URL"),
        ("http://me:secret@x.test/v1.56.yaml", "the URL holds a user name"),
        ("{server}/missing.yaml", "/missing.yaml: answers 404 Not Found: check the address"),
        ("{server}/moby/master", "is not the address of a file"),
        (f"{{server}}/moby/{'d' * 40}/api/swagger.yaml", f"not of {COMMIT}"),
        ("http://127.0.0.1:1/v1.56.yaml", "cannot be reached"),
    ],
)
def test_a_wrong_url_is_refused(
    project: Project, capsys: pytest.CaptureFixture[str], url: str, message: str
) -> None:
    assert project.pin(url.format(server=project.server)) == 1
    project.check_refused(capsys, message)


def test_a_cache_that_cannot_be_written_pins_nothing(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.cache.touch()
    assert project.pin(str(project.local)) == 1
    assert "make that folder writable" in capsys.readouterr().err
    assert project.toml.read_text() == project.before


def test_an_interrupted_download_pins_nothing(
    project: Project, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_: str) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(pin_module, "download", interrupt)
    assert project.pin(f"{project.server}/x.yaml") == 130
    project.check_refused(capsys, "v1.56: interrupted at http")


def test_debian_is_not_asked_for_a_new_version(project: Project) -> None:
    assert project.pin(str(project.local)) == 0
    assert load_pins(project.toml)["1.56"] == Pin(
        "1.56", COMMIT, "api/docs/v1.56.yaml", hashlib.sha256(spec("1.56")).hexdigest()
    )
    assert debian.COMMIT != COMMIT


@pytest.mark.parametrize(
    ("asked", "there"), [("api/docs", "docs/api"), ("docs/api", "api/docs"), ("api/docs",) * 2]
)
def test_the_path_that_exists_at_the_commit_is_pinned(
    project: Project, asked: str, there: str
) -> None:
    project.files[f"/moby/{COMMIT}/{there}/v1.56.yaml"] = spec("1.56")
    assert project.pin(f"{project.server}/moby/master/{asked}/v1.56.yaml") == 0
    project.check_pinned(entry(f"{there}/v1.56.yaml"))


def test_a_path_that_is_in_neither_folder_is_named_as_it_was_asked_for(
    project: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    project.files[f"/moby/{COMMIT}/docs/api/v1.56.yaml"] = spec("1.56")
    assert project.pin(f"{project.server}/moby/master/other/v1.56.yaml") == 1
    project.check_refused(capsys, f"/moby/{COMMIT}/other/v1.56.yaml: answers 404")
