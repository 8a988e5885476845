"""pull, push and login, with a registry that has TLS and serves nobody without a password."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import trustme

import moorage
from moorage.private import PrivateEngine, private_engine, private_release
from moorage_api import v1_30, v1_40, v1_41
from tests.engines.conftest import ENGINES, FOLDER, EngineHost
from tests.engines.dying_registry import dying_registry
from tests.engines.either import AGES, MODES, api_of, got, with_engine
from tests.engines.scenario.registry import ADDRESS, registry
from tests.engines.test_credentials import ACCOUNT, PASSWORD, USER

if TYPE_CHECKING:
    from tests.engines.conftest import Engines

REPO = f"{ADDRESS}/team/moorage-verbs"
AUTH = moorage.RegistryAuth(USER, PASSWORD, ADDRESS)
REFUSED = (moorage.APIError, moorage.OperationFailed)
# Docker's engines try plain HTTP as well here, where the certificate is not verified, and may tell
# what became of that.
DENIED = (moorage.Unauthorized, moorage.ServerError, moorage.OperationFailed)
PODMAN = "podman"
each_mode = pytest.mark.parametrize("mode", MODES)


@pytest.fixture(scope="module", params=[*ENGINES, PODMAN])
def host(
    request: pytest.FixtureRequest,
    engines: Engines,
    private_machine: None,
    busybox_tar: bytes,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[EngineHost]:
    """Each engine in turn, with the registry in its network, and an image for it."""
    folder = tmp_path_factory.mktemp("registry")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    certificate.private_key_pem.write_to_path(folder / "key.pem")
    with contextlib.ExitStack() as stack:
        if request.param == PODMAN:
            private = stack.enter_context(private_release(PODMAN, folder=FOLDER))
            trusted = Path(f"/proc/{private.pid}/root/etc/containers/certs.d", ADDRESS)
            trusted.mkdir(parents=True)
            authority.cert_pem.write_to_path(trusted / "ca.crt")
            engine = EngineHost(private.host, PODMAN, "1.24", "1.41", private)
        else:
            engine = engines.get(request.param)
        tls = (folder / "cert.pem", folder / "key.pem")
        stack.enter_context(registry(engine, FOLDER, folder, ACCOUNT, tls))
        with moorage.connect(v1_40.Engine, host=engine.host) as client:
            client.images.create(busybox_tar, from_src="-", repo=REPO, tag="latest").finish()
            for tag in ("latest", "x"):
                # Podman gives what is imported no other tag than latest.
                client.images.tag(f"{REPO}:latest", repo=REPO, tag=tag)
                client.push(f"{REPO}:{tag}", auth=AUTH)
            yield engine
            for tag in ("latest", "x"):
                with contextlib.suppress(moorage.NotFound):
                    client.images.delete(f"{REPO}:{tag}")


@pytest.fixture(params=AGES)
def api(request: pytest.FixtureRequest, host: EngineHost) -> ModuleType:
    return api_of(host, request.param)


@each_mode
def test_there_and_back(host: EngineHost, api: ModuleType, mode: str, tmp_path: Path) -> None:
    async def test(engine: Any) -> None:
        seen: list[tuple[str, int, int]] = []
        before = await got(engine.pull(REPO, auth=AUTH))
        pushed = await got(engine.push(REPO, auth=AUTH))
        assert pushed.digest.startswith("sha256:")
        assert pushed.size > 100
        for reference in (REPO, f"{REPO}@{pushed.digest}", f"{REPO}:other@{pushed.digest}"):
            for image in await got(engine.images.list()):
                if any(tag.startswith(REPO) for tag in (*image.repo_tags, *image.repo_digests)):
                    await got(engine.images.delete(image.id, force=True))
            pulled = await got(
                engine.pull(
                    reference,
                    auth=AUTH,
                    on_progress=lambda now: seen.append((now.phase, now.done, now.total)),
                )
            )
            assert pulled.id == before.id
            assert f"{REPO}@{pushed.digest}" in pulled.repo_digests
            # One tag, and not all of them.
            tags = [tag for tag in pulled.repo_tags if tag.startswith(REPO)]
            assert tags == ([f"{REPO}:latest"] if reference == REPO else [])
        assert seen[-1][0] == "complete"
        assert {phase for phase, _, _ in seen} <= PHASES
        assert all(0 <= done <= total for _, done, total in seen)

    with_engine(mode, api, host.host, test)


PHASES = {"waiting", "downloading", "extracting", "copying", "complete"}


@each_mode
def test_create_and_run_pull(host: EngineHost, mode: str, busybox_tar: bytes) -> None:
    api = api_of(host, AGES[mode == "async"])
    wanted = f"{REPO}:x"

    async def image_of(engine: Any, **options: Any) -> str:
        container = await got(engine.create(wanted, ["/bin/true"], **options))
        try:
            return str((await got(engine.containers.inspect(container))).image)
        finally:
            await got(engine.containers.delete(container))

    async def test(engine: Any) -> None:
        there = (await got(engine.pull(wanted, auth=AUTH))).id
        await got(engine.images.delete(there, force=True))
        for options, error in (
            ({"pull": "never"}, moorage.NotFound),
            ({"auth": moorage.RegistryAuth(USER, "wrong", ADDRESS)}, DENIED),
            ({"auth": None}, DENIED),
        ):
            with pytest.raises(error):
                await got(engine.create(wanted, ["/bin/true"], **options))
        done = await got(engine.run(wanted, ["/bin/echo", "x"], auth=AUTH, network_mode="none"))
        assert done.stdout == b"x\n"
        assert (await got(engine.images.inspect(wanted))).id == there
        # Another image gets the name, which only "always" asks the registry for.
        other = "localhost/moorage-other"
        await got(engine.images.create(busybox_tar, from_src="-", repo=other).finish())
        await got(engine.images.tag(other, repo=REPO, tag="x"))
        try:
            now = (await got(engine.images.inspect(wanted))).id
            assert now != there
            assert await image_of(engine, pull="missing") == now
            assert await image_of(engine, pull="never") == now
            assert await image_of(engine, pull="always", auth=AUTH) == there
        finally:
            await got(engine.images.delete(other, force=True))

    with_engine(mode, api, host.host, test)


@each_mode
def test_all_tags(host: EngineHost, mode: str) -> None:
    async def test(engine: Any) -> None:
        for tag in ("latest", "x"):
            with contextlib.suppress(moorage.NotFound):
                await got(engine.images.delete(f"{REPO}:{tag}"))
        images = await got(engine.pull(REPO, auth=AUTH, all_tags=True))
        tags = {tag for each in images for tag in each.repo_tags}
        assert tags >= {f"{REPO}:latest", f"{REPO}:x"}
        with pytest.raises(ValueError, match="must not have one"):
            await got(engine.pull(f"{REPO}:x", all_tags=True))

    if host.name == PODMAN:
        pytest.skip("Podman 4.3 pulls one tag whatever it is asked")
    with_engine(mode, api_of(host, AGES[mode == "async"]), host.host, test)


@each_mode
def test_what_the_registry_refuses(host: EngineHost, api: ModuleType, mode: str) -> None:
    wrong = moorage.RegistryAuth(USER, "open says me", ADDRESS)

    async def test(engine: Any) -> None:
        await got(engine.pull(REPO, auth=AUTH))
        for auth in (wrong, None):
            for call in (engine.pull, engine.push):
                told: list[Any] = []
                with pytest.raises(DENIED) as caught:
                    await got(call(REPO, auth=auth, on_progress=told.append))
                assert told[-1].phase == "failed"
                assert "open says me" not in str(caught.value)
        for missing in (f"{REPO}:missing", f"{REPO}@sha256:{'0' * 64}", f"{ADDRESS}/no/such"):
            with pytest.raises(REFUSED):
                await got(engine.pull(missing, auth=AUTH))
        with pytest.raises((moorage.NotFound, moorage.OperationFailed)):
            await got(engine.push(f"{REPO}:missing", auth=AUTH))
        for call in (engine.pull, engine.push):
            with pytest.raises(ValueError, match="reference"):
                await got(call("Not A Reference"))
        with pytest.raises(ValueError, match="digest"):
            await got(engine.push(f"{REPO}@sha256:{'0' * 64}"))

    with_engine(mode, api, host.host, test)


@each_mode
def test_login(
    host: EngineHost, api: ModuleType, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def test(engine: Any) -> None:
        auth = await got(engine.login(ADDRESS, USER, PASSWORD))
        assert auth == AUTH
        assert PASSWORD not in repr(auth)
        with pytest.raises(DENIED) as caught:
            await got(engine.login(ADDRESS, USER, "open says me"))
        assert "open says me" not in str(caught.value)
        for registry_ in ("", "a/b", "a b", "https://"):
            with pytest.raises(ValueError, match="not a registry"):
                await got(engine.login(registry_, USER, PASSWORD))
        # Credentials that `docker login` has left are found.
        both = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        entry = {"auths": {ADDRESS: {"auth": both}}}
        (tmp_path / "config.json").write_text(json.dumps(entry))
        assert (await got(engine.pull(REPO))).id
        assert (await got(engine.push(REPO))).digest

    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    with_engine(mode, api, host.host, test)


@pytest.fixture(scope="module", params=[*ENGINES, PODMAN])
def impatient(request: pytest.FixtureRequest, private_machine: None) -> Iterator[PrivateEngine]:
    """An engine that does not try a second time, and takes plain HTTP from the registry."""
    if request.param == PODMAN:
        with private_release(PODMAN, folder=FOLDER) as engine:
            folder = Path(f"/proc/{engine.pid}/root/etc/containers/registries.conf.d")
            folder.mkdir(parents=True)
            settings = f'[[registry]]\nlocation = "{ADDRESS}"\ninsecure = true\n'
            (folder / "insecure.conf").write_text(settings)
            yield engine
        return
    once = ["--max-download-attempts=1"]
    with private_engine(ENGINES[request.param], folder=FOLDER, extra_args=once) as engine:
        yield engine


@each_mode
def test_a_registry_that_dies_in_mid_pull(
    impatient: PrivateEngine, mode: str, tmp_path: Path
) -> None:
    async def test(engine: Any) -> None:
        outcomes: list[str] = []
        with pytest.raises(moorage.OperationFailed, match=r"EOF|reset|refused"):
            await got(
                engine.pull(f"{ADDRESS}/dies", on_progress=lambda now: outcomes.append(now.phase))
            )
        assert outcomes[-1] == "failed"
        with pytest.raises(moorage.NotFound):
            await got(engine.images.inspect(f"{ADDRESS}/dies"))

    with dying_registry(impatient, ADDRESS):
        with_engine(mode, {"sync": v1_30, "async": v1_41}[mode], impatient.host, test)
