"""References to images, by the grammar of https://github.com/distribution/reference."""

from __future__ import annotations

import contextlib
import string

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from moorage.auth.reference import Reference

SHA = "sha256:" + "0f" * 32


@pytest.mark.parametrize(
    ("text", "registry", "path", "tag", "digest"),
    [
        ("busybox", "docker.io", "library/busybox", None, None),
        ("busybox:1.36", "docker.io", "library/busybox", "1.36", None),
        (f"busybox@{SHA}", "docker.io", "library/busybox", None, SHA),
        (f"a/b:t@{SHA}", "docker.io", "a/b", "t", SHA),
        ("docker.io/busybox", "docker.io", "library/busybox", None, None),
        ("index.docker.io/busybox", "docker.io", "library/busybox", None, None),
        ("index.docker.io/a/b", "docker.io", "a/b", None, None),
        # Without a slash, it is a repository and a tag, whatever it looks like.
        ("example.com", "docker.io", "library/example.com", None, None),
        ("localhost:5000", "docker.io", "library/localhost", "5000", None),
        ("192.168.1.1:5000", "docker.io", "library/192.168.1.1", "5000", None),
        ("localhost/a", "localhost", "a", None, None),
        ("localhosts/a", "docker.io", "localhosts/a", None, None),
        ("Team/a", "Team", "a", None, None),
        ("example.com/a/b/c:T", "example.com", "a/b/c", "T", None),
        ("example:5000/a", "example:5000", "a", None, None),
        (
            "b.gcr.io/example.com/app:example.com",
            "b.gcr.io",
            "example.com/app",
            "example.com",
            None,
        ),
        ("[::1]:5000/a:t", "[::1]:5000", "a", "t", None),
        ("[2001:db8::1]/a", "[2001:db8::1]", "a", None, None),
        ("xn--n3h.com/a__b.c-d---e_f", "xn--n3h.com", "a__b.c-d---e_f", None, None),
        ("a@sha512:" + "0f" * 64, "docker.io", "library/a", None, "sha512:" + "0f" * 64),
    ],
)
def test_a_reference(
    text: str, registry: str, path: str, tag: str | None, digest: str | None
) -> None:
    found = Reference.parse(text)
    assert found == Reference(registry, path, tag, digest)
    assert Reference.parse(str(found)) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "repository is malformed"),
        (":tag", "repository is malformed"),
        (f"@{SHA}", "repository is malformed"),
        ("/a", "repository is malformed"),
        ("a/", "repository is malformed"),
        ("a//b", "repository is malformed"),
        ("a/../b", "repository is malformed"),
        ("a___b", "repository is malformed"),
        ("a..b", "repository is malformed"),
        ("-a", "repository is malformed"),
        (" a", "repository is malformed"),
        ("a\n", "repository is malformed"),
        ("bücher", "repository is malformed"),
        ("Busybox", "capital letters"),
        ("example.com/A", "capital letters"),
        ("https://example.com/a", "registry is malformed"),
        ("user@example.com/a", "digest is malformed"),
        ("foo_bar.com/a", "registry is malformed"),
        ("-a.com/a", "registry is malformed"),
        ("a.com:/a", "registry is malformed"),
        ("a.com:x/a", "registry is malformed"),
        ("[fe80::1%eth0]/a", "registry is malformed"),
        ("a:", "tag is malformed"),
        ("a:-t", "tag is malformed"),
        ("a:t\n", "tag is malformed"),
        ("a:" + "t" * 129, "tag is malformed"),
        ("a:b:c", "tag is malformed"),
        ("a@", "digest is malformed"),
        ("a@sha256:0f", "digest is malformed"),
        ("a@" + SHA.upper(), "digest is malformed"),
        ("a@md5:" + "0f" * 16, "digest is malformed"),
        (f"a@{SHA}@{SHA}", "digest is malformed"),
        ("0f" * 32, "give the image's name"),
        (SHA, "give the image's name"),
        ("example.com/" + "a" * 256, "more than 255 characters"),
    ],
)
def test_what_is_none(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Reference.parse(text)


lower = st.text("az09", min_size=1, max_size=3)
parts = st.builds(
    lambda first, rest: first + "".join(mark + each for mark, each in rest),
    lower,
    st.lists(st.tuples(st.sampled_from([".", "_", "__", "-", "---"]), lower), max_size=3),
)
labels = st.from_regex(r"[aZ0](?:[aZ0-]{0,3}[aZ0])?", fullmatch=True)
registries = st.builds(
    lambda host, port: host + port,
    st.lists(labels, min_size=1, max_size=3).map(".".join) | st.sampled_from(["[::1]", "[a:0]"]),
    st.sampled_from(["", ":0", ":5000"]),
)
tags = st.text(string.ascii_letters + string.digits + "_", min_size=1, max_size=1).flatmap(
    lambda first: st.text("aZ0_.-", max_size=127).map(lambda rest: first + rest)
)
digests = st.sampled_from([SHA, "sha384:" + "0" * 96, "sha512:" + "f" * 128])


@given(
    st.none() | registries,
    st.lists(parts, min_size=1, max_size=4).map("/".join),
    st.none() | tags,
    st.none() | digests,
)
def test_what_is_parsed_is_written_the_same(
    registry: str | None, path: str, tag: str | None, digest: str | None
) -> None:
    # Without a registry, a first part that looks like one is one.
    assume(registry or "." not in path.partition("/")[0] or "/" not in path)
    text = path if registry is None else f"{registry}/{path}"
    text += "" if tag is None else f":{tag}"
    text += "" if digest is None else f"@{digest}"
    found = Reference.parse(text)
    assert Reference.parse(str(found)) == found
    assert str(found).endswith(text)
    assert (found.tag, found.digest) == (tag, digest)


hard = st.text("aA0.:/@-_[]\n é")


@given(hard | st.builds(lambda part, times: part * times, hard, st.integers(1, 10_000)))
@example("a" * 100_000 + "!")
@example("a-" * 100_000)
@example("a/" * 100_000)
@example("a." * 100_000 + "/b")
@example("[" + ":" * 100_000)
@example("-" * 100_000 + "/" + "-" * 100_000)
@example("a.b/" + "a__" * 100_000)
@example("A" + "-" * 100_000 + "/a")
def test_whatever_is_given_it_is_parsed_or_refused(text: str) -> None:
    found = None
    with contextlib.suppress(ValueError):
        found = Reference.parse(text)
    assert found is None or Reference.parse(str(found)) == found
