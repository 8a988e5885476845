"""Credentials on real engines, of a registry that serves nobody without them."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import moorage
from moorage import auth
from moorage_api import v1_41
from tests.engines.conftest import ENGINES, FOLDER
from tests.engines.either import MODES, each, got, with_engine
from tests.engines.scenario.registry import ADDRESS, registry
from tests.engines.scenario.world import tar_of

if TYPE_CHECKING:
    from tests.engines.conftest import EngineHost, Engines

USER, PASSWORD = "ali", "open sesame"
# The hash of that password: crypt.crypt(PASSWORD, "$2y$05$moorageMoorageMoorage.")
ACCOUNT = f"{USER}:$2y$05$moorageMoorageMoorage.DSVvanW.uODJzfudBUJs3q3R0csktLq\n"
REPO, TAG = f"{ADDRESS}/moorage-guarded", "x"
IMAGE = f"{REPO}:{TAG}"
BUILT = "moorage-built:x"
CONTEXT = tar_of({"Dockerfile": f"FROM {IMAGE}\nCOPY file /\n".encode(), "file": b"data"})
PLUGIN = f"{ADDRESS}/moorage-plugin:x"
PLUGIN_CONFIG = {
    "entrypoint": ["/file"],
    "interface": {"types": ["moorage.nothing/1.0"], "socket": "plugin.sock"},
    "network": {"type": "host"},
}
PLUGIN_FILES = tar_of({"config.json": json.dumps(PLUGIN_CONFIG).encode(), "rootfs/file": b""})
REFUSED = (moorage.APIError, moorage.OperationFailed)

each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module", params=ENGINES)
def guarded(
    request: pytest.FixtureRequest,
    engines: Engines,
    private_machine: None,
    busybox_tar: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[EngineHost]:
    """Each engine in turn, with a registry that asks for credentials, and an image for it."""
    engine = engines.get(request.param)
    folder = tmp_path_factory.mktemp("registry")
    with (
        registry(engine, FOLDER, folder, ACCOUNT),
        moorage.connect(v1_41.Engine, host=engine.host) as client,
    ):
        list(client.images.create(busybox_tar, from_src="-", repo=REPO, tag=TAG))
        yield engine
        client.images.delete(IMAGE)


class Login:
    """The credentials that `docker login` leaves behind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def in_the_file(self, password: str) -> None:
        """Keep the credentials in config.json."""
        both = base64.b64encode(f"{USER}:{password}".encode()).decode()
        self._configure({"auths": {ADDRESS: {"auth": both}}})

    def in_a_helper(self, password: str) -> None:
        """Keep the credentials in a helper, beside one that fails."""
        said = json.dumps({"ServerURL": ADDRESS, "Username": USER, "Secret": password})
        for name, script in {"well": f"echo '{said}'", "sick": "exit 1"}.items():
            program = self._folder / f"docker-credential-{name}"
            program.write_text(f"#!/bin/sh\n{script}\n")
            program.chmod(0o755)
        self._configure({"credsStore": "sick", "credHelpers": {ADDRESS: "well", "a.b": "sick"}})

    def _configure(self, config: dict[str, Any]) -> None:
        (self._folder / "config.json").write_text(json.dumps(config))


PLACES = (Login.in_the_file, Login.in_a_helper)
each_place = pytest.mark.parametrize("place", PLACES, ids=lambda each: each.__name__)


@pytest.fixture
def login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Login:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return Login(tmp_path)


async def collected(stream: Any) -> list[Any]:
    return [item async for item in each(stream)]


@each_mode
@each_place
def test_push_pull_and_build(guarded: EngineHost, login: Login, mode: str, place: Any) -> None:
    async def test(engine: Any) -> None:
        found = auth.find(IMAGE)
        assert await collected(engine.images.push(REPO, tag=TAG, registry_auth=found))
        await got(engine.images.delete(IMAGE))
        with pytest.raises(moorage.NotFound):
            await got(engine.images.inspect(IMAGE))
        # The build's own pull, then one by itself.
        said = engine.images.build(CONTEXT, t=BUILT, registry_config=auth.find_all())
        assert any("Successfully tagged" in str(item) for item in await collected(said))
        await got(engine.images.delete(BUILT))
        await got(engine.images.delete(IMAGE))
        await collected(engine.images.create(from_image=REPO, tag=TAG, registry_auth=found))
        assert (await got(engine.images.inspect(IMAGE))).id
        assert (await got(engine.distribution.inspect(IMAGE, registry_auth=found))).descriptor

    place(login, PASSWORD)
    with_engine(mode, v1_41, guarded.host, test)


@each_mode
def test_a_plugin(guarded: EngineHost, login: Login, mode: str) -> None:
    async def test(engine: Any) -> None:
        found = auth.find(PLUGIN)
        await got(engine.plugins.create(PLUGIN_FILES, name=PLUGIN))
        try:
            await collected(engine.plugins.push(PLUGIN, registry_auth=found))
        finally:
            await got(engine.plugins.delete(PLUGIN))
        asked = await got(engine.plugins.privileges(remote=PLUGIN, registry_auth=found))
        assert [each.name for each in asked] == ["network"]
        await collected(engine.plugins.pull(asked, remote=PLUGIN, registry_auth=found))
        await got(engine.plugins.delete(PLUGIN))

    login.in_the_file(PASSWORD)
    with_engine(mode, v1_41, guarded.host, test)


WRONG = "unauthorized: authentication required"
NONE = "no basic auth credentials"


@each_mode
@each_place
def test_a_wrong_password(guarded: EngineHost, login: Login, mode: str, place: Any) -> None:
    async def test(engine: Any) -> None:
        found = auth.find(IMAGE)
        for stream in (
            engine.images.push(REPO, tag=TAG, registry_auth=found),
            engine.images.create(from_image=REPO, tag=TAG, registry_auth=found),
        ):
            with pytest.raises(REFUSED, match=WRONG):
                await collected(stream)

    place(login, "open says me")
    with_engine(mode, v1_41, guarded.host, test)


@each_mode
def test_no_credentials(guarded: EngineHost, login: Login, mode: str) -> None:
    async def test(engine: Any) -> None:
        assert auth.find(IMAGE) is None
        with pytest.raises(REFUSED, match=NONE):
            await collected(engine.images.create(from_image=REPO, tag=TAG))
        with pytest.raises(moorage.APIError):
            await got(engine.distribution.inspect(IMAGE))
        # An engine says of a plugin that it may not see that it asks for nothing.
        assert not await got(engine.plugins.privileges(remote=PLUGIN))

    with_engine(mode, v1_41, guarded.host, test)
