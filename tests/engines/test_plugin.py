"""The pytest plugin, in projects that are made up, on real engines."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from moorage.versions.bundled import bundled_versions

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

pytest_plugins = ["pytester"]

NEWEST = bundled_versions()[-1]
OPTIONS = (
    *("-pmoorage_pytest", "-pno:asyncio", "-pno:cacheprovider", "-Werror"),
    # Importing these takes more time than most of the runs.
    *("-pno:anyio", "-pno:hypothesispytest"),
)


@pytest.fixture
def host(engines: Engines, private_machine: None) -> str:
    return engines.get("28.5").host


@pytest.fixture
def old_host(engines: Engines, private_machine: None) -> str:
    return engines.get("20.10").host


def report(folder: Path) -> dict[tuple[str, str], str]:
    """Read the outcome of each test, at each version and host."""
    results = json.loads((folder / "report.json").read_text())["results"]
    return {
        (each["test"].partition("::")[2], f"{each['host']}-{each['api']}"): each["outcome"]
        for each in results
    }


def test_it_is_inert_and_quick_where_nobody_asks_for_it(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys
        import pytest

        @pytest.fixture
        def engine():
            return "the project's own"

        def test_inert(engine):
            assert engine == "the project's own"
            assert not {"moorage", "attrs", "httpx"} & set(sys.modules)
    """)
    # Plugins of others import what they want.
    done = pytester.runpytest_subprocess(*OPTIONS, "-pno:xdist")
    done.assert_outcomes(passed=1)
    done.stdout.no_fnmatch_line("*engine*version*")


def test_each_test_runs_at_each_version_of_each_host(
    pytester: pytest.Pytester, host: str, old_host: str
) -> None:
    pytester.makepyfile("""
        import moorage
        import pytest

        def test_plain(engine, engine_target):
            assert engine.api_version == engine_target.version
            with moorage.connect(host=engine_target.host, version=engine_target.version) as other:
                assert other.system.version() == engine.system.version()

        @pytest.mark.engine_api(">=1.44")
        def test_marked(engine):
            engine.system.ping()

        @pytest.mark.parametrize("letter", ["a", "b"])
        def test_with_parameters(engine_target, letter):
            assert letter == "a" or engine_target.version != "1.41", "not <b> & 1.41"

        @pytest.mark.xfail(reason="it is so")
        def test_expected(engine):
            engine.containers.inspect("none")

        @pytest.fixture
        def broken(engine):
            yield
            raise RuntimeError("in the end")

        def test_broken_late(broken):
            pass

        def test_none():
            pass
    """)
    named = ["--engine-host", f"new={host}", "--engine-host", f"old={old_host}"]
    versions = ["--engine-api", "1.41,1.44", "--engine-api", "newest,negotiated"]
    reports = ["--engine-report=report.json", "--engine-report=sub/report.html"]
    done = pytester.runpytest_subprocess(
        *OPTIONS, "-v", "--strict-markers", *named, *versions, *reports
    )
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(["*::test_plain[[]new-1.44[]] PASSED*"])
    came = report(pytester.path)
    targets = ["new-1.41", "new-1.44", f"new-{NEWEST}", "new-negotiated"]
    targets += [each.replace("new", "old") for each in targets]

    def row(test: str) -> list[str]:
        return [came[test, target] for target in targets]

    ok, skip = "passed", "skipped"
    assert row("test_plain") == [ok, ok, skip, ok, ok, skip, skip, ok]
    assert row("test_marked") == [skip, ok, skip, ok, skip, skip, skip, skip]
    assert row("test_with_parameters[a]") == [ok, ok, skip, ok, ok, skip, skip, ok]
    failed = ["failed", ok, skip, ok, "failed", skip, skip, "failed"]
    assert row("test_with_parameters[b]") == failed
    expected = ["xfailed" if each == ok else each for each in row("test_plain")]
    assert row("test_expected") == expected
    broken = ["error" if each == ok else each for each in row("test_plain")]
    assert row("test_broken_late") == broken
    assert {test for test, _ in came} == {
        *("test_plain", "test_marked", "test_expected", "test_broken_late"),
        *("test_with_parameters[a]", "test_with_parameters[b]"),
    }
    done.stdout.fnmatch_lines(
        [
            "new: engine 28.5.* at unix://*, API 1.24 to 1.51",
            "negotiated: 1.51",
            f"* 1.41   1.44   {NEWEST}  negotiated",
            "*::test_plain * ok     ok   skip          ok",
            "old: engine 20.10.*, API 1.12 to 1.41",
            "*::test_with_parameters[[]b[]] * FAIL   skip   skip        FAIL",
            "FAIL *test_with_parameters[[]b[]] on old at 1.41, negotiated: *not <b> & …*",
            "ERROR *::test_broken_late on new at 1.41, 1.44, negotiated: RuntimeError: in the end",
            f"skip 6 tests on new at {NEWEST}: engine new speaks API 1.24 to 1.51",
            "skip *::test_marked on new at 1.41: needs API >=1.44",
            "engine report: *report.json",
        ]
    )


def test_the_reports(pytester: pytest.Pytester, host: str) -> None:
    pytester.makepyfile("""
        def test_it(engine):
            assert engine.api_version != "1.41", "</script><b>no</b>"
    """)
    reports = ["--engine-report=report.json", "--engine-report=report.html"]
    pytester.runpytest_subprocess(
        *OPTIONS, f"--engine-host=a={host}", "--engine-api=1.41,1.44", *reports
    )
    document = json.loads((pytester.path / "report.json").read_text())
    (engine,) = document["engines"]
    assert engine.pop("version").startswith("28.5.")
    assert engine == {
        "name": "a",
        "host": host,
        "min_api": "1.24",
        "max_api": "1.51",
        "negotiated": "1.51",
        "chosen_by": "",
        "failure": None,
    }
    assert document["versions"] == ["1.41", "1.44"]
    test = "test_the_reports.py::test_it"
    failed, passed = document["results"]
    assert failed.pop("reason").startswith("AssertionError: </script><b>no</b>")
    where = {"test": test, "host": "a", "line": 1}
    assert failed == {**where, "api": "1.41", "version": "1.41", "outcome": "failed"}
    assert passed == {
        **where,
        "api": "1.44",
        "version": "1.44",
        "outcome": "passed",
        "reason": "",
    }

    page = (pytester.path / "report.html").read_text()
    assert "<b>no" not in page
    assert "&lt;b&gt;no&lt;/b&gt;" in page
    assert not re.findall(r'<script|<img|@import|url\(|(?:src|href)="(?!#|data:,")', page)
    assert "default-src 'none'" in page
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert 'name="viewport"' in page
    assert "prefers-color-scheme: dark" in page
    (link,) = re.findall(r'<td class="failed first"><a href="#(\w+)">FAIL</a></td>', page)
    assert f'<li id="{link}">' in page


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--engine-api=9.99"], "*moorage has no client for API 9.99; it has 1.25 to *"),
        (["--engine-api=new"], "*'new' is not an API version*"),
        (["--engine-host=x"], "*--engine-host: 'x': it has no scheme*"),
        (["--engine-private=1"], "*'1' can't be started, but 20.10, 26.1, 28.5, podman*"),
        (["--engine-min-api=1.44"], "*name one by --engine-private*"),
        (["--engine-report=a.txt"], "*a.txt ends in neither .html nor .json*"),
        (["--engine-host=unix:///a", "--engine-host=unix:///a"], "*two engines are named 'a'*"),
    ],
)
def test_wrong_use_is_one_error_at_the_start(
    pytester: pytest.Pytester, options: list[str], complaint: str
) -> None:
    pytester.makepyfile("def test_one(engine): ...\ndef test_two(engine): ...")
    done = pytester.runpytest_subprocess(*OPTIONS, *options)
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines([f"ERROR: {complaint}"])
    assert "Traceback" not in str(done.stdout) + str(done.stderr)


WORKERS = pytest.mark.parametrize("workers", [[], ["-n2"]], ids=["alone", "xdist"])


@WORKERS
@pytest.mark.parametrize("missing", ["error", "skip"])
def test_no_engine_is_a_matter_of_the_tests_that_ask(
    pytester: pytest.Pytester, workers: list[str], missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", range(3))
        def test_engine(engine, n): ...

        def test_sandbox(moorage_async_engine_sandbox): ...

        def test_other(): ...
    """)
    given = ["--engine-missing=skip"] if missing == "skip" else []
    done = pytester.runpytest_subprocess(
        *(*OPTIONS, *workers, *given, "-rs"),
        *("--engine-report=report.json", "--engine-report=report.html"),
    )
    if missing == "skip":
        done.assert_outcomes(passed=1, skipped=4)
        assert done.ret == pytest.ExitCode.OK
        done.stdout.fnmatch_lines(["SKIPPED * no engine default: *unix:///nowhere*"])
    else:
        done.assert_outcomes(passed=1, errors=4)
        assert done.ret == pytest.ExitCode.TESTS_FAILED
        done.stdout.fnmatch_lines(
            ["no engine default: *unix:///nowhere*", "Name one by --engine-host HOST, have *"]
        )
    done.stdout.fnmatch_lines(["default: no engine default: *unix:///nowhere*"])
    assert "INTERNALERROR" not in str(done.stdout)
    assert "Traceback" not in str(done.stdout) + str(done.stderr)
    outcome = {"error": "error", "skip": "skipped"}[missing]
    assert set(report(pytester.path).values()) == {outcome}
    assert (outcome in (pytester.path / "report.html").read_text()) is True
    (engine,) = json.loads((pytester.path / "report.json").read_text())["engines"]
    assert engine["failure"].startswith("no engine default: ")


@WORKERS
def test_a_dead_host_affects_its_own_columns(
    pytester: pytest.Pytester, host: str, workers: list[str]
) -> None:
    pytester.makepyfile("def test_it(engine): engine.system.ping()\ndef test_other(): ...")
    done = pytester.runpytest_subprocess(
        *(*OPTIONS, *workers, "--engine-host=dead=unix:///nowhere", f"--engine-host=alive={host}"),
        *("--engine-api=1.41,negotiated", "--engine-report=report.json"),
    )
    done.assert_outcomes(passed=3, errors=2)
    assert report(pytester.path) == {
        ("test_it", "dead-1.41"): "error",
        ("test_it", "dead-negotiated"): "error",
        ("test_it", "alive-1.41"): "passed",
        ("test_it", "alive-negotiated"): "passed",
    }


@WORKERS
@pytest.mark.parametrize("chosen", [["-m", "not engine"], ["-k", "other"]], ids=["-m", "-k"])
def test_nothing_is_connected_to_where_no_test_asks(
    pytester: pytest.Pytester, workers: list[str], chosen: list[str]
) -> None:
    pytester.makepyfile("""
        import pytest

        def test_one(engine): ...

        @pytest.mark.engine_api(">=1.41")
        def test_two(engine_sandbox): ...

        @pytest.mark.usefixtures("moorage_engine_target")
        class TestMany:
            def test_three(self): ...

        def test_other(): ...
    """)
    with socket.socket(socket.AF_UNIX) as listener:
        path = pytester.path / "socket"
        listener.bind(str(path))
        listener.listen()
        listener.setblocking(False)
        given = [*OPTIONS, *workers, "--strict-markers", f"--engine-host=unix://{path}"]
        pytester.runpytest_subprocess(*given, *chosen).assert_outcomes(
            passed=1, deselected=0 if workers else 3
        )
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_hosts_are_not_opened_where_no_test_asks(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(engine): ...\ndef test_two(): ...")
    options = ["--engine-host=unix:///nowhere", "--engine-api=1.41"]
    pytester.runpytest_subprocess(*OPTIONS, *options, "-k", "two").assert_outcomes(
        passed=1, deselected=1
    )
    pytester.runpytest_subprocess(*OPTIONS, *options, "--collect-only").stdout.fnmatch_lines(
        ["*test_one[[]nowhere-1.41[]]*"]
    )


@pytest.mark.parametrize("marker", ["'1.44'", "'>=x'", "1.44", ""])
def test_a_marker_that_is_wrong(pytester: pytest.Pytester, marker: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        @pytest.mark.engine_api({marker})
        def test_it(engine): ...
    """)
    done = pytester.runpytest_subprocess(*OPTIONS, "--engine-host=unix:///nowhere")
    assert done.ret == pytest.ExitCode.INTERRUPTED
    done.stdout.re_match_lines([r".*test_it: .*(write it like|takes the versions as text)"])


def test_an_engine_that_nobody_can_run_for(pytester: pytest.Pytester, host: str) -> None:
    pytester.makepyfile("def test_it(request): request.getfixturevalue('engine')")
    done = pytester.runpytest_subprocess(*OPTIONS, f"--engine-host={host}")
    done.assert_outcomes(failed=1)
    done.stdout.fnmatch_lines(["*request engines by a test's or a fixture's arguments*"])


ASYNC = """
    import asyncio
    import pytest

    @pytest.fixture
    async def containers(async_engine):
        return await async_engine.containers.list(all=True)

    {marker}
    async def test_awaited(async_engine, async_engine_sandbox, containers):
        made = await async_engine_sandbox.volumes.create()
        assert made.labels.items() >= async_engine_sandbox.labels.items()
        both = await asyncio.gather(*(async_engine.volumes.inspect(made.name) for _ in range(2)))
        assert both[0] == both[1]
        async for event in async_engine.system.events(since="0", filters={{"volume": made.name}}):
            assert event.action == "create"
            break

    {marker}
    async def test_entered(engine_target):
        async with engine_target.connect_async() as engine:
            assert (await engine.system.version()).version
"""
PLAIN = """
    import asyncio

    def test_plain(async_engine):
        asyncio.run(run(async_engine))
        asyncio.run(run(async_engine))

    async def run(engine):
        assert (await engine.system.version()).version
"""


@pytest.mark.parametrize(
    ("source", "options", "passed"),
    [
        (ASYNC.format(marker="@pytest.mark.asyncio"), ["-pno:anyio", "-oasyncio_mode=auto"], 2),
        (ASYNC.format(marker="@pytest.mark.anyio"), ["-pno:asyncio"], 2),
        (PLAIN, ["-pno:asyncio", "-pno:anyio"], 1),
    ],
    ids=["pytest-asyncio", "anyio", "neither"],
)
def test_awaited_engines(
    pytester: pytest.Pytester, host: str, source: str, options: list[str], passed: int
) -> None:
    pytester.makepyfile(source)
    pytester.makeconftest("""
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
    """)
    loop = "-oasyncio_default_fixture_loop_scope=function"
    ini = [] if "-pno:asyncio" in options else [loop]
    done = pytester.runpytest_subprocess(
        *("-pmoorage_pytest", "-pno:cacheprovider", "-Werror"),
        *(f"--engine-host={host}", *options, *ini),
    )
    done.assert_outcomes(passed=passed)


def test_a_private_engine(pytester: pytest.Pytester, private_machine: None) -> None:
    from tests.engines.conftest import FOLDER

    (pytester.path / ".engines").symlink_to(FOLDER)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", range(3))
        def test_it(engine, engine_target, n):
            assert engine.system.version().version.startswith("26.1")
            with open("hosts", "a") as file:
                print(engine_target.host, file=file)
    """)
    done = pytester.runpytest_subprocess(*OPTIONS, "-n2", "--engine-private=26.1")
    done.assert_outcomes(passed=3)
    # Both workers had the same one, and it is gone.
    (host,) = set((pytester.path / "hosts").read_text().split())
    assert not Path(host.removeprefix("unix://")).exists()


def test_xdist_reports_as_one(pytester: pytest.Pytester, host: str, old_host: str) -> None:
    pytester.makepyfile("""
        def test_a(engine_sandbox):
            engine_sandbox.volumes.create(name=engine_sandbox.name("x"))

        def test_b(engine):
            version = engine.api_version
            assert version != "1.41"
    """)
    named = [f"--engine-host=new={host}", f"--engine-host=old={old_host}"]
    came = []
    for workers in (["-n2"], []):
        done = pytester.runpytest_subprocess(
            *(*OPTIONS, *workers, *named, "--engine-api=1.30,1.41,1.44"),
            *("--engine-report=report.json", "--engine-report=report.html"),
        )
        done.assert_outcomes(passed=8, failed=2, skipped=2)
        came.append([(pytester.path / f"report.{kind}").read_bytes() for kind in ("json", "html")])
    assert came[0] == came[1]


def test_podman(pytester: pytest.Pytester, private_machine: None) -> None:
    from tests.engines.conftest import FOLDER

    (pytester.path / ".engines").symlink_to(FOLDER)
    pytester.makepyfile("""
        from moorage_api import newest

        def test_it(engine_sandbox, engine_target):
            made = engine_sandbox.containers.create(
                image=engine_sandbox.image,
                cmd=["true"],
                host_config=newest.HostConfig(network_mode="none"),
            )
            engine_sandbox.containers.start(made.id)
            assert engine_sandbox.containers.wait(made.id).status_code == 0
            with open("host", "w") as file:
                file.write(engine_target.host)
    """)
    done = pytester.runpytest_subprocess(*OPTIONS, "--engine-private=podman", "--engine-api=1.41")
    done.assert_outcomes(passed=1)
    done.stdout.fnmatch_lines(["podman: engine 4.* at unix://*"])
    host = (pytester.path / "host").read_text()
    assert not Path(host.removeprefix("unix://")).exists()


def test_an_engine_that_accepts_new_versions_alone(
    pytester: pytest.Pytester, private_machine: None
) -> None:
    from tests.engines.conftest import FOLDER

    (pytester.path / ".engines").symlink_to(FOLDER)
    pytester.makepyfile("""
        import moorage
        import pytest

        def test_it(engine):
            engine.containers.list()

        def test_pinned(engine_target):
            with moorage.connect(host=engine_target.host, version="1.43") as engine:
                with pytest.raises(moorage.UnsupportedVersion, match="too old"):
                    engine.containers.list()
    """)
    done = pytester.runpytest_subprocess(
        *(*OPTIONS, "--engine-private=28.5", "--engine-min-api=1.44"),
        *("--engine-api=1.43,1.44,negotiated", "--engine-report=report.json"),
    )
    assert {each: outcome for (test, each), outcome in report(pytester.path).items()} == {
        "28.5-1.43": "skipped",
        "28.5-1.44": "passed",
        "28.5-negotiated": "passed",
    }
    done.assert_outcomes(passed=4, skipped=2)
    done.stdout.fnmatch_lines(["28.5: engine 28.5.* API 1.44 to 1.51"])


def test_the_prefixed_names(pytester: pytest.Pytester, host: str) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture
        def engine():
            return "a database's"

        @pytest.fixture
        def engine_target():
            return "another's"

        def test_it(
            engine, engine_target, moorage_engine, moorage_engine_target, moorage_engine_sandbox,
            moorage_async_engine, moorage_async_engine_sandbox, engine_sandbox,
        ):
            assert (engine, engine_target) == ("a database's", "another's")
            assert moorage_engine.api_version == moorage_engine_target.version
            assert engine_sandbox is moorage_engine_sandbox
            assert moorage_engine_sandbox.labels == moorage_async_engine_sandbox.labels
            assert moorage_async_engine.api_version == moorage_engine.api_version

        def test_own(engine):
            assert engine == "a database's"
    """)
    done = pytester.runpytest_subprocess(
        *OPTIONS, f"--engine-host={host}", "--engine-api=1.41,1.44"
    )
    done.assert_outcomes(passed=3)


@pytest.mark.parametrize(
    "line", ["pytest_plugins = ['moorage_pytest']", ""], ids=["conftest", "none"]
)
def test_one_line_enables_it(pytester: pytest.Pytester, host: str, line: str) -> None:
    pytester.makeconftest(line)
    pytester.makepyfile("def test_it(engine): engine.system.ping()")
    options = [*OPTIONS[1:], *([f"--engine-host={host}", "-n1"] if line else [])]
    done = pytester.runpytest_subprocess(*options)
    if line:
        done.assert_outcomes(passed=1)
    else:
        done.assert_outcomes(errors=1)
        done.stdout.fnmatch_lines(["*fixture 'engine' not found*"])


@pytest.mark.parametrize("version", ["1.41", NEWEST])
def test_a_version_that_the_environment_chose(
    pytester: pytest.Pytester, host: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_API_VERSION", version)
    pytester.makepyfile("def test_it(engine): engine.system.version()")
    reports = ["--engine-report=report.json", "--engine-report=report.html"]
    done = pytester.runpytest_subprocess(
        *OPTIONS, f"--engine-host=a={host}", "--engine-api=1.44,negotiated", *reports
    )
    fine = version == "1.41"
    assert report(pytester.path) == {
        ("test_it", "a-1.44"): "passed",
        ("test_it", "a-negotiated"): "passed" if fine else "skipped",
    }
    done.stdout.fnmatch_lines([f"negotiated: DOCKER_API_VERSION chose {version}"])
    page = (pytester.path / "report.html").read_text()
    assert f"negotiated<br>DOCKER_API_VERSION chose {version}<" in page
    if not fine:
        done.stdout.fnmatch_lines([f"skip *API 1.24 to 1.51, and DOCKER_API_VERSION is {NEWEST}"])


def test_an_image_without_a_registry(pytester: pytest.Pytester, host: str, old_host: str) -> None:
    pytester.makepyfile("""
        import asyncio
        import pathlib

        def test_sync(engine_sandbox):
            made = engine_sandbox.containers.create(
                image=engine_sandbox.image, cmd=["sh", "-c", "echo $((6 * 7))"]
            )
            engine_sandbox.containers.start(made.id)
            assert engine_sandbox.containers.wait(made.id).status_code == 0
            logs = engine_sandbox.containers.logs(made.id, stdout=True).read()
            assert logs.stdout == b"42\\n"
            assert engine_sandbox.image == engine_sandbox.image
            with open("images", "a") as file:
                print(engine_sandbox.image, file=file)

        def test_awaited(async_engine_sandbox):
            async def check():
                inspected = await async_engine_sandbox.images.inspect(async_engine_sandbox.image)
                assert async_engine_sandbox.labels.items() <= inspected.config.labels.items()

            asyncio.run(check())

        def test_last(engine):
            for name in pathlib.Path("images").read_text().split():
                assert not engine.images.list(filters={"reference": [name]})
    """)
    hosts = [f"--engine-host=new={host}", f"--engine-host=old={old_host}"]
    done = pytester.runpytest_subprocess(*OPTIONS, *hosts, "--engine-api=1.25,1.41")
    done.assert_outcomes(passed=12)


def test_named_engines_go_before_private_ones(host: str) -> None:
    """The tests of this repository itself."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--collect-only", "-pno:cacheprovider"),
            "tests/engines/test_private_engine.py::test_a_container_runs",
        ],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"MOORAGE_TEST_ENGINES": host},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    names = re.findall(r"test_a_container_runs\[(\S+?)-(?:False|True)\]", done.stdout)
    assert names == [host, host], done.stdout
