"""The pytest plugin with fake engines and recordings, in projects that are made up."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from moorage.versions.bundled import bundled_versions
from moorage_pytest.options import read_hosts, read_recordings

pytest_plugins = ["pytester"]

RECIPE = Path(__file__).parents[2] / "examples/ci/engines.yml"
NEWEST = bundled_versions()[-1]
OPTIONS = ("-pmoorage_pytest", "-pno:asyncio", "-pno:cacheprovider", "-Werror")
PROJECT = """
    import moorage
    import pytest

    def test_plain(engine, engine_target):
        assert engine.api_version == engine_target.version

    def test_sandbox(engine_sandbox):
        made = engine_sandbox.containers.create(image=engine_sandbox.image, cmd=["echo", "hi"])
        engine_sandbox.containers.start(made.id)
        assert engine_sandbox.containers.wait(made.id).status_code == 0
        (frame,) = engine_sandbox.containers.logs(made.id, stdout=True)
        assert frame.data == b"hi\\n"

    async def test_awaited(async_engine):
        assert await async_engine.volumes.list()

    def test_trouble(engine, fake_engine):
        fake_engine.fail("volumes.create", status=503)
        with pytest.raises(moorage.Unavailable):
            engine.volumes.create(name="vol")

    def test_trouble_is_over(engine):
        engine.volumes.delete(engine.volumes.create(name="vol").name)
"""
CONFTEST = """
    import asyncio, inspect, pytest

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(pyfuncitem):
        if inspect.iscoroutinefunction(pyfuncitem.obj):
            names = pyfuncitem._fixtureinfo.argnames
            asyncio.run(pyfuncitem.obj(**{each: pyfuncitem.funcargs[each] for each in names}))
            return True
"""


def outcomes(folder: Path) -> dict[tuple[str, str], str]:
    results = json.loads((folder / "report.json").read_text())["results"]
    return {
        (each["test"].partition("::")[2], f"{each['host']}-{each['api']}"): each["outcome"]
        for each in results
    }


def test_fake_engines(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PROJECT)
    pytester.makeconftest(CONFTEST)
    done = pytester.runpytest_subprocess(
        *OPTIONS, "--engine-fake", "1.41,newest", "--engine-report=report.json", "-n2"
    )
    assert done.ret == 0
    done.assert_outcomes(passed=10)
    came = outcomes(pytester.path)
    assert {host for _, host in came} == {"fake-1.41-negotiated", f"fake-{NEWEST}-negotiated"}


def test_recorded_and_replayed(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(PROJECT)
    pytester.makeconftest(CONFTEST)
    done = pytester.runpytest_subprocess(
        *OPTIONS, "--engine-fake=1.44", "--engine-record=recordings"
    )
    done.assert_outcomes(passed=5)
    folder = pytester.path / "recordings/fake-1.44"
    name = "negotiated/test_recorded_and_replayed.py/test_sandbox.jsonl"
    lines = [json.loads(each) for each in (folder / name).read_text().splitlines()]
    assert [each["operation"] for each in lines][:2] == ["images.create", "containers.create"]
    done = pytester.runpytest_subprocess(*OPTIONS, "--engine-replay=recordings")
    # The one that scripts a fake engine has none.
    done.assert_outcomes(passed=4, skipped=1)
    done.stdout.fnmatch_lines(["fake-1.44: engine 25.0.0 at unix://*, API 1.24 to 1.44"])


def test_what_was_not_recorded(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="""
        import contextlib, moorage

        def test_it(engine):
            with contextlib.suppress(moorage.EngineError):
                engine.volumes.create(name="one")
        """
    )
    pytester.runpytest_subprocess(*OPTIONS, "--engine-fake=1.44", "--engine-record=recordings")
    pytester.makepyfile(
        test_it="""
        import contextlib, moorage

        def test_it(engine):
            with contextlib.suppress(moorage.EngineError):
                engine.volumes.create(name="other")

        def test_new(engine):
            engine.system.ping()
        """
    )
    done = pytester.runpytest_subprocess(*OPTIONS, "--engine-replay=recordings")
    assert done.ret == pytest.ExitCode.TESTS_FAILED
    done.stdout.fnmatch_lines(
        [
            "*NotRecorded: POST /volumes/create was not recorded; nearest is POST /volumes/create: "
            '*request.Name is "other", and was "one"',
            "*FileNotFoundError: no recording recordings/fake-1.44/negotiated/test_it.py/test_new*",
        ]
    )


def test_versions_of_fake_engines() -> None:
    hosts = read_hosts([], [], None, ["1.41, newest", f"{NEWEST}"])
    assert [each.name for each in hosts] == ["fake-1.41", f"fake-{NEWEST}"]
    for version, words in (("9.99", "no client for API 9.99"), ("new", "'new' is not an API")):
        with pytest.raises(ValueError, match=f"--engine-fake: .*{words}"):
            read_hosts([], [], None, [version])


def test_recordings_that_are_wrong(pytester: pytest.Pytester, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="has no recordings: --engine-record makes them"):
        read_recordings(str(tmp_path / "none"))
    (tmp_path / "recordings/old").mkdir(parents=True)
    assert [each.name for each in read_recordings(str(tmp_path / "recordings"))] == ["old"]
    done = pytester.runpytest_subprocess(
        *OPTIONS, f"--engine-replay={tmp_path / 'recordings'}", "--engine-fake=1.44"
    )
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*recordings stand for all engines: name no others"])


def test_the_recipe_for_hosted_ci(pytester: pytest.Pytester) -> None:
    """It is a workflow with options that there are, for engines that the services are."""
    text = RECIPE.read_text()
    jobs = yaml.safe_load(text)["jobs"]
    assert list(jobs) == ["without-an-engine", "replay", "engines"]
    known = pytester.runpytest_subprocess(*OPTIONS, "--help").stdout.str()
    for option in re.findall(r"--engine-[a-z-]+", text):
        assert option in known
    ports = [each["ports"][0].split(":")[1] for each in jobs["engines"]["services"].values()]
    assert re.findall(r"--engine-host \d+=tcp://127\.0\.0\.1:(\d+)", text) == ports
