"""Credentials: where they are looked for, the helpers' protocol, and that no secret shows."""

from __future__ import annotations

import base64
import json
import logging
import os
import select
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import moorage
from moorage import RegistryAuth
from moorage.auth import config, find, find_all, helpers
from moorage.host import Host, parse_host
from moorage_api import newest, v1_25

HUB = "https://index.docker.io/v1/"
SECRET = "-".join(["the", "canary", "sings"])
STORED = base64.b64encode(f"me:{SECRET}".encode()).decode()
# The texts that give each of them away, should it show; the encoded one at any offset.
CANARIES = ("canary", STORED[4:-4])
NOT_FOUND = "echo credentials not found in native keychain; exit 1"


class Home:
    """A folder with a config.json, and one with helpers, which is on the PATH."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "config"
        self.programs = folder / "programs"
        self.asked = folder / "asked"
        self.config.mkdir()
        self.programs.mkdir()

    def has(self, data: Any) -> None:
        """Write config.json."""
        text = data if isinstance(data, str) else json.dumps(data)
        (self.config / "config.json").write_text(text)

    def helper(self, name: str, script: str, mode: int = 0o755) -> None:
        """Write a helper; what it is asked is in `asked`, a line each."""
        path = self.programs / f"docker-credential-{name}"
        asked = f'read a; echo "{name} $1 $a" >> {self.asked}'
        path.write_text(f"#!/bin/sh\n{asked}\n{script}\n")
        path.chmod(mode)

    @property
    def questions(self) -> list[str]:
        """The requests that helpers got."""
        return self.asked.read_text().splitlines() if self.asked.exists() else []


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    made = Home(tmp_path)
    monkeypatch.setenv("DOCKER_CONFIG", str(made.config))
    monkeypatch.setenv("PATH", str(made.programs), prepend=os.pathsep)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    return made


def says(username: str, secret: str) -> str:
    """Write the script of a helper that has credentials."""
    answer = json.dumps({"ServerURL": "x", "Username": username, "Secret": secret})
    return f"echo '{answer}'"


def entry(username: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{username}:{password}".encode()).decode()}


# Explicit


def test_what_is_given_is_encoded() -> None:
    auth = RegistryAuth("me", "p???", "a.b", "identity", "registry")
    assert "_" in auth.header()  # a slash, were it not URL-safe
    assert json.loads(base64.urlsafe_b64decode(auth.header())) == {
        "username": "me",
        "password": "p???",
        "serveraddress": "a.b",
        "identitytoken": "identity",
        "registrytoken": "registry",
    }


# config.json


def test_without_a_config_there_are_none(home: Home) -> None:
    assert find("busybox") is None
    assert find_all() == {}


def test_the_config_is_in_the_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", "")
    monkeypatch.setenv("HOME", str(home.config.parent))
    home.has({"auths": {HUB: entry("me", "pw")}})
    home.config.rename(home.config.parent / ".docker")
    assert find("busybox") == RegistryAuth("me", "pw", HUB)


@pytest.mark.parametrize(
    ("key", "image", "address"),
    [
        (HUB, "busybox", HUB),
        (HUB, "docker.io/a/b:c", HUB),
        (HUB, "index.docker.io/a", HUB),
        ("docker.io", "busybox", HUB),
        ("https://index.docker.io/v2/", "busybox", HUB),
        ("a.b", "a.b/c:d@sha256:" + "0" * 64, "a.b"),
        ("a.b:5000", "a.b:5000/c", "a.b:5000"),
        ("https://a.b:5000/v1/", "a.b:5000/c", "a.b:5000"),
        ("http://a.b", "a.b/c", "a.b"),
        ("a.b/v2/", "a.b/c", "a.b"),
        ("localhost", "localhost/c", "localhost"),
        ("[::1]:5000", "[::1]:5000/c", "[::1]:5000"),
    ],
)
def test_whose_entry_is_whose(home: Home, key: str, image: str, address: str) -> None:
    home.has({"auths": {key: entry("me", "pw"), "other.a.b": entry("x", "y")}})
    assert find(image) == RegistryAuth("me", "pw", address)
    assert find("unknown.com/a") is None
    assert find_all()[address] == RegistryAuth("me", "pw", address)


def test_the_plain_key_counts(home: Home) -> None:
    home.has({"auths": {"https://a.b/v1/": entry("x", "x"), "a.b": entry("me", "pw")}})
    assert find("a.b/c") == RegistryAuth("me", "pw", "a.b")
    home.has({"auths": {"a.b": entry("me", "pw"), "https://a.b/v1/": entry("x", "x")}})
    assert find("a.b/c") == RegistryAuth("me", "pw", "a.b")


@pytest.mark.parametrize(
    ("stored", "auth"),
    [
        (entry("me", "p:w:"), RegistryAuth("me", "p:w:", "a.b")),
        (entry("me", "pä"), RegistryAuth("me", "pä", "a.b")),
        (entry("me", "pw\0\0"), RegistryAuth("me", "pw", "a.b")),
        ({"auth": "bWU6\r\ncH\nc=\n"}, RegistryAuth("me", "pw", "a.b")),
        ({"username": "me", "password": "pw"}, RegistryAuth("me", "pw", "a.b")),
        ({"identitytoken": "t"}, RegistryAuth(None, None, "a.b", "t")),
        ({"registrytoken": "t"}, RegistryAuth(None, None, "a.b", None, "t")),
        (entry("0-0", "") | {"identitytoken": "t"}, RegistryAuth("0-0", None, "a.b", "t")),
        ({}, None),
        (None, None),
        ({"auth": ""}, None),
        ({"email": "me@a.b"}, None),
    ],
)
def test_an_entry(home: Home, stored: Any, auth: RegistryAuth | None) -> None:
    home.has({"auths": {"a.b": stored}})
    assert find("a.b/c") == auth
    assert find_all() == ({} if auth is None else {"a.b": auth})


@pytest.mark.parametrize(
    "data", ["", " \n", "null", "{}", "{} x", {"auths": None, "credHelpers": None}, {"x": 1}]
)
def test_a_config_without_credentials(home: Home, data: Any) -> None:
    home.has(data)
    assert find("busybox") is None
    assert find_all() == {}


def test_a_config_that_can_not_be_read(home: Home) -> None:
    (home.config / "config.json").mkdir()
    with pytest.raises(moorage.CredentialsFailed, match=r"can't read .*config\.json"):
        find("busybox")


def test_letters_of_keys_may_have_any_case(home: Home) -> None:
    home.has({"AUTHS": {"a.b": entry("me", "pw")}})
    assert find("a.b/c") == RegistryAuth("me", "pw", "a.b")


# Podman's


PODMANS = parse_host("unix:///run/user/1000/podman/podman.sock")


@pytest.fixture
def podman(home: Home, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Any], None]:
    """Write a file of Podman's, in the folder that a variable names."""
    monkeypatch.delenv("REGISTRY_AUTH_FILE", raising=False)
    root = home.config.parent

    def write(variable: str, data: Any) -> None:
        (root / variable / "containers").mkdir(parents=True)
        (root / variable / "containers/auth.json").write_text(json.dumps(data))

    for variable in ("XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, str(root / variable))
    return write


def test_podmans_files_are_for_podmans_sockets(
    home: Home, podman: Callable[[str, Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    home.has({"auths": {"a.b": entry("docker", "pw"), "c.d": entry("docker", "pw")}})
    podman("XDG_RUNTIME_DIR", {"auths": {"a.b": entry("first", "pw")}})
    podman("XDG_CONFIG_HOME", {"auths": {"a.b": entry("2", "pw"), "e.f": entry("second", "pw")}})

    def users(host: Host | None) -> list[str | None]:
        found = [find(f"{name}/x", host) for name in ("a.b", "c.d", "e.f")]
        return [auth.username if auth else None for auth in found]

    assert users(None) == ["docker", "docker", None]
    assert users(parse_host("ssh://x")) == ["docker", "docker", None]
    assert users(PODMANS) == ["first", "docker", "second"]
    assert users(parse_host("ssh://x/run/podman/podman.sock")) == ["first", "docker", "second"]
    assert {name: auth.username for name, auth in find_all(PODMANS).items()} == {
        "a.b": "first",
        "c.d": "docker",
        "e.f": "second",
    }
    monkeypatch.setenv("DOCKER_HOST", "unix:///run/podman/podman.sock")
    assert users(None) == ["first", "docker", "second"]
    named = home.config.parent / "XDG_CONFIG_HOME/containers/auth.json"
    monkeypatch.setenv("REGISTRY_AUTH_FILE", str(named))
    assert users(None) == ["2", None, "second"]


def test_podmans_entries_may_be_for_a_part_of_a_registry(
    home: Home, podman: Callable[[str, Any], None]
) -> None:
    auths = {name: entry(name, "pw") for name in ("a.b/team/app", "a.b/team", "c.d/team")}
    podman("XDG_RUNTIME_DIR", {"auths": auths | {"docker.io": entry("hub", "pw")}})

    def user(image: str) -> str | None:
        auth = find(image, PODMANS)
        return auth.username if auth else None

    assert user("a.b/team/app:1") == "a.b/team/app"
    assert user("a.b/team/other") == "a.b/team"
    assert user("a.b/teamwork") is None
    assert user("c.d/x") is None
    assert user("busybox") == "hub"
    assert find_all(PODMANS).keys() == {HUB}


# Helpers


def test_who_is_asked(home: Home) -> None:
    home.helper("own", says("own", "pw"))
    home.helper("all", says("all", "pw"))
    home.has(
        {
            "credsStore": "all",
            "credHelpers": {"own.com": "own", "file.com": "", HUB: "own"},
            "auths": {name: entry("file", "pw") for name in ("own.com", "x.com", "file.com")},
        }
    )
    assert find("own.com/a") == RegistryAuth("own", "pw", "own.com")
    assert find("busybox") == RegistryAuth("own", "pw", HUB)
    assert find("x.com/a") == RegistryAuth("all", "pw", "x.com")
    assert find("file.com/a") == RegistryAuth("file", "pw", "file.com")
    assert home.questions == ["own get own.com", f"own get {HUB}", "all get x.com"]


def test_a_helper_without_credentials_is_believed(home: Home) -> None:
    home.helper("own", NOT_FOUND)
    home.has({"credHelpers": {"a.b": "own"}, "auths": {"a.b": entry("me", "pw")}})
    assert find("a.b/c") is None
    assert find_all() == {}


def test_an_identity_token(home: Home) -> None:
    home.helper("own", says("<token>", "t"))
    home.has({"credsStore": "own"})
    assert find("a.b/c") == RegistryAuth(None, None, "a.b", "t")


def test_credentials_that_are_empty(home: Home) -> None:
    home.helper("own", says("", ""))
    home.has({"credsStore": "own"})
    assert find("a.b/c") is None


def test_all_of_a_store(home: Home) -> None:
    listed = {"https://a.b": "me", HUB: "me", "own.com": "me", "c.d": "me"}
    home.helper("all", f"[ $1 = get ] && {says('all', 'pw')} || echo '{json.dumps(listed)}'")
    home.helper("own", says("own", "pw"))
    home.has(
        {
            "credsStore": "all",
            "credHelpers": {"own.com": "own"},
            "auths": {"file.com": entry("me", "pw")},
        }
    )
    assert {address: auth.username for address, auth in find_all().items()} == {
        "a.b": "all",
        HUB: "all",
        "c.d": "all",
        "own.com": "own",
    }
    # As the store has it: to some, https://a.b is not a.b.
    assert "all get https://a.b" in home.questions


LISTS = """if [ $1 = list ]; then echo '{"a.b": "me", "c.d": "me"}'; exit; fi"""


def test_one_failing_helper_breaks_no_other(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    sick = f'{LISTS}; [ "$a" = a.b ] || {{ echo it is locked >&2; exit 3; }}; {says("all", "pw")}'
    home.helper("all", sick)
    home.helper("bad", "exit 1")
    home.helper("own", says("own", "pw"))
    home.has({"credsStore": "all", "credHelpers": {"bad.com": "bad", "own.com": "own"}})
    assert find("own.com/a") == RegistryAuth("own", "pw", "own.com")
    assert find("a.b/a") == RegistryAuth("all", "pw", "a.b")
    assert not caplog.records
    assert find_all().keys() == {"a.b", "own.com"}
    said = [(each.name, each.levelname, each.getMessage()) for each in caplog.records]
    assert sorted(said) == [
        (
            "moorage.auth",
            "WARNING",
            "took auths for bad.com instead of a credential helper: docker-credential-bad get "
            "failed with status 1: to see why, run: echo bad.com | docker-credential-bad get",
        ),
        (
            "moorage.auth",
            "WARNING",
            "took auths for c.d instead of a credential helper: docker-credential-all get failed "
            "with status 3: it is locked",
        ),
    ]


def test_a_failing_store_breaks_no_other(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.helper("own", says("own", "pw"))
    home.has({"credsStore": "gone", "credHelpers": {"own.com": "own"}})
    assert find_all().keys() == {"own.com"}
    assert "'docker-credential-gone'" in caplog.text
    caplog.clear()
    assert find("busybox") is None
    assert "install it, or take it out" in caplog.text


def test_a_helper_that_fails_leaves_the_file(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.helper("bad", "exit 1")
    auths = {name: entry(name, "pw") for name in ("own.com", "x.com")}
    home.has({"credsStore": "gone", "credHelpers": {"own.com": "bad"}, "auths": auths})
    for name in auths:
        caplog.clear()
        assert find(f"{name}/a") == RegistryAuth(name, "pw", name)
        assert f"took auths for {name} instead of a credential helper" in caplog.text
    caplog.clear()
    assert {address: auth.username for address, auth in find_all().items()} == {
        name: name for name in auths
    }
    assert "took auths instead of credsStore" in caplog.text


def test_what_is_wrong_elsewhere_does_not_matter(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.has(
        {
            "auths": {"a.b": entry("me", "pw"), "c.d": {"auth": "?"}, "e.f": 7},
            "credHelpers": {"g.h": 8, "i.j": "../../bin/sh"},
        }
    )
    assert find("a.b/c") == RegistryAuth("me", "pw", "a.b")
    assert find_all().keys() == {"a.b"}
    assert len(caplog.records) == 4
    with pytest.raises(moorage.CredentialsFailed, match=r"entry for c\.d in auths is malformed"):
        find("c.d/a")
    with pytest.raises(moorage.CredentialsFailed, match=r"helper for g\.h must be a name"):
        find("g.h/a")


@pytest.mark.parametrize("name", ["../programs/docker-credential-own", "/bin/sh", "a/b", ".", "\0"])
def test_a_helper_is_a_name_on_the_path(
    home: Home, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    home.has({"credsStore": name})
    assert find("busybox") is None
    assert "is not a program on the PATH" in caplog.text
    assert home.questions == []


def test_a_helper_is_not_taken_from_the_working_directory(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.helper("own", says("own", "pw"))
    home.has({"credsStore": "own"})
    monkeypatch.chdir(home.programs)
    for path in ("", ".", "../programs"):
        monkeypatch.setenv("PATH", path)
        with pytest.raises(moorage.CredentialsFailed, match="is not a program on the PATH"):
            helpers.get("own", "a.b")
        assert find("busybox") is None
    assert home.questions == []


def test_a_helper_that_hangs_is_stopped_with_its_children(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(helpers, "TIMEOUT", 1.0)
    fifo = home.config / "fifo"
    os.mkfifo(fifo)
    home.helper("own", f"exec 3> {fifo}; sleep 600 & echo begun >&3; wait")
    ours = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(moorage.CredentialsFailed, match=r"get timed out after 1 s"):
            helpers.get("own", "a.b")
        assert os.read(ours, 100) == b"begun\n"
        # It ends when none has it open any more.
        assert select.select([ours], [], [], 30)[0]
        assert os.read(ours, 100) == b""
    finally:
        os.close(ours)


# Secrets


def shown(error: BaseException) -> Iterator[str]:
    """Give all that an error may show, and those that it came of, with local variables."""
    frames = error.__traceback__
    # The test's own frames know the secret.
    while frames and frames.tb_frame.f_code.co_filename == __file__:
        frames = frames.tb_next
    told = traceback.TracebackException(type(error), error, frames, capture_locals=True)
    yield from (str(error), repr(error), *told.format())
    for each in (error.__cause__, error.__context__):
        if each is not None:
            yield from shown(each)


BAD_CONFIGS = {
    "no JSON": f'{{"auths": {{"a.b": {{"auth": "{STORED}", "password": "{SECRET}"}}',
    "a list": json.dumps([SECRET, STORED]),
    "a text": json.dumps(SECRET),
    "deep": f'["{SECRET}", ' + "[" * 100_000,
    "auths are a text": {"auths": SECRET},
    "auths are a list": {"auths": [SECRET]},
    "an entry is a text": {"auths": {"a.b": SECRET}},
    "an entry is not base64": {"auths": {"a.b": {"auth": f"{SECRET}!"}}},
    "an entry without a colon": {"auths": {"a.b": entry("me", SECRET)["auth"][1:]}},
    "an entry without a user": {"auths": {"a.b": entry("", SECRET)}},
    "an entry that is not UTF-8": {
        "auths": {"a.b": {"auth": base64.b64encode(f"me:{SECRET}\xff".encode("latin1")).decode()}}
    },
    "a password that is a list": {"auths": {"a.b": {"username": "me", "password": [SECRET]}}},
    "a helper that is a list": {
        "auths": {"a.b": {"auth": STORED}},
        "credHelpers": {"a.b": ["x"]},
    },
    "a store that is a number": {"auths": {"a.b": {"auth": STORED}}, "credsStore": 7},
}
BAD_HELPERS = {
    "prints garbage": f"echo {SECRET}",
    "prints a text": f"""echo '"{SECRET}"'""",
    "prints a list": f"""echo '["{SECRET}"]'""",
    "prints half": says("me", SECRET).replace("}", ""),
    "prints no text": f"""echo '{{"Username": "me", "Secret": ["{SECRET}"]}}'""",
    "prints no UTF-8": rf"printf '\377{SECRET}'",
    "fails": f"{says('me', SECRET)}; exit 3",
    "fails with a reason": f"{says('me', SECRET)}; echo it is locked >&2; exit 3",
    "is killed": f"{says('me', SECRET)}; kill -KILL $$",
    "hangs": f"{says('me', SECRET)}; sleep 600",
}


def sings(look_up: Callable[[], object], caplog: pytest.LogCaptureFixture) -> str:
    """Look something up; gives all that shows of it."""
    try:
        texts = [repr(look_up())]
    except moorage.CredentialsFailed as error:
        texts = [*shown(error)]
    return "\n".join([*texts, caplog.text])


def assert_silent(text: str) -> None:
    found = [each for each in CANARIES if each in text]
    assert not found, text


@pytest.mark.parametrize("data", BAD_CONFIGS.values(), ids=BAD_CONFIGS.keys())
def test_a_bad_config_shows_no_secret(
    home: Home, data: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    home.has(data)
    with pytest.raises(moorage.CredentialsFailed):
        find("a.b/c")
    for look_up in (lambda: find("a.b/c"), find_all):
        assert_silent(sings(look_up, caplog))


@pytest.mark.parametrize("script", BAD_HELPERS.values(), ids=BAD_HELPERS.keys())
def test_a_bad_helper_shows_no_secret(
    home: Home, script: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(helpers, "TIMEOUT", 0.5)
    home.helper("bad", script)
    home.has(
        {"credsStore": "bad", "credHelpers": {"a.b": "bad"}, "auths": {"a.b": entry("x", "y")}}
    )
    with pytest.raises(moorage.CredentialsFailed):
        helpers.get("bad", "a.b")
    assert find("a.b/c") == RegistryAuth("x", "y", "a.b")
    for look_up in (lambda: helpers.get("bad", "a.b"), lambda: find("a.b/c"), find_all):
        assert_silent(sings(look_up, caplog))


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("#!/bin/sh", 0o644, "is not a program on the PATH"),
        ("#!/no/such/shell", 0o755, "can't run .*: No such file"),
        ("no program at all", 0o755, "can't run .*: Exec format error"),
    ],
)
def test_a_helper_that_can_not_be_run(home: Home, content: str, mode: int, why: str) -> None:
    path = home.programs / "docker-credential-bad"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(moorage.CredentialsFailed, match=why):
        helpers.get("bad", "a.b")


def test_good_credentials_do_not_show(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    home.helper("own", says("me", SECRET))
    home.helper("token", says("<token>", SECRET))
    home.has(
        {
            "auths": {
                "a.b": {"auth": STORED},
                "c.d": {"identitytoken": SECRET, "registrytoken": SECRET},
            },
            "credHelpers": {"own.com": "own", "token.com": "token"},
        }
    )
    found = find_all()
    assert found.keys() == {"a.b", "c.d", "own.com", "token.com"}
    assert all(SECRET in auth._fields().values() for auth in found.values())
    assert_silent(repr(found) + repr(config.read_config()) + str([*found.values()]) + caplog.text)


def test_a_mistaken_field_does_not_show() -> None:
    auth = RegistryAuth("me", SECRET.encode())  # type: ignore[arg-type]
    for encode in (auth.header, lambda: RegistryAuth.config_header({"a.b": auth})):
        with pytest.raises(TypeError, match="password must be a str") as caught:
            encode()
        assert_silent("\n".join(shown(caught.value)))


@pytest.mark.parametrize("api", [v1_25, newest], ids=["oldest", "newest"])
def test_models_do_not_show_what_is_secret(api: Any) -> None:
    holders = [
        api.AuthConfig(username="me", password=SECRET),
        api.AuthResponse("Login Succeeded", identity_token=SECRET),
        api.JoinTokens(worker=SECRET, manager=SECRET),
        api.SecretSpec(name="a", data=SECRET),
        api.SwarmJoinRequest(listen_addr="a", remote_addrs=["b"], join_token=SECRET),
        api.SwarmUnlockRequest(unlock_key=SECRET),
        api.UnlockKeyResponse(unlock_key=SECRET),
    ]
    if api is newest:
        holders.append(api.CAConfig(signing_ca_key=SECRET))
    for each in holders:
        assert SECRET in str(each.to_dict())
        assert_silent(repr(each))


def test_the_canary_would_show() -> None:
    # The search itself is searched: json's local variables have what it parses.
    with pytest.raises(json.JSONDecodeError) as caught:
        json.loads(SECRET)
    assert any(SECRET in each for each in shown(caught.value))
