"""The shell of images without a function, and the commands that it has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import moorage
from moorage.testing import FakeEngine
from tests.engines.scenario.world import tar_of

SCRIPTS = [
    ("echo a; echo b", 0, "a\nb\n"),
    ("true && echo yes || echo no", 0, "yes\n"),
    ("false && echo yes || echo no", 0, "no\n"),
    ("! false && echo yes; false; echo $?", 0, "yes\n1\n"),
    ("[ -e /x ] || { touch /x; exit 3; }; echo never", 3, ""),
    ("echo one > /f; echo two >> /f; cat < /f", 0, "one\ntwo\n"),
    ("{ echo a; echo b >&2; } > /g 2>&1; cat /g", 0, "a\nb\n"),
    ("echo quiet > /dev/null; nonsense 2>/dev/null; echo $?", 0, "127\n"),
    ("exec echo x; echo never", 0, "x\n"),
    ("exit", 0, ""),
    ("exit $((2 + 3 * 4 % 5))", 4, ""),
    # Quotes, variables and substitutions.
    ("echo '$NAME' \"$NAME  x\" \\$NAME a\\ b $NAME", 0, "$NAME value  x $NAME a b value\n"),
    (
        "X='a  b'; echo $X \"$X\" ${NO:-${NAME}} ${NAME#va} ${NAME%ue}",
        0,
        "a b a  b value lue val\n",
    ),
    ("echo $(echo in; echo side) `echo tick` \"$(echo 'a  b')\"", 0, "in side tick a  b\n"),
    ("X=1 printenv X; echo [$X]; export Y=2; env | grep Y", 0, "1\n[]\nY=2\n"),
    ("sh -c 'echo $0 $1 $#; exit 4' zero one two; echo $?", 0, "zero one 2\n4\n"),
    ("echo *; cd /etc; echo i*; pwd", 0, "bin dev etc proc sys tmp\nimage\n/etc\n"),
    # Loops and conditions.
    ("for i in 1 2 3; do echo $i; done", 0, "1\n2\n3\n"),
    (
        "i=0; while [ $i -lt 3 ]; do i=$((i + 1)); [ $i = 2 ] && continue; echo $i; done",
        0,
        "1\n3\n",
    ),
    ("until test -e /k; do touch /k; done; while true; do break; done; echo $?", 0, "0\n"),
    ("if [ -d /none ]; then echo a\nelif [ -n x ]\nthen echo b; else echo c; fi", 0, "b\n"),
    ("printf 'a 1\\nb 2\\n' | while read x y; do echo $y $x; done", 0, "1 a\n2 b\n"),
    ("set -e  # a comment\necho a", 0, "a\n"),
    # Commands.
    ("printf '%s-%03d\\n' a 7 b 8; printf 'a\\tb\\101\\n'", 0, "a-007\nb-008\na\tbA\n"),
    ("seq 5 | head -n 2; seq 5 | tail -n 1; seq 5 | wc -l", 0, "1\n2\n5\n5\n"),
    ("echo -n x; echo -e '\\ty' | cat", 0, "x\ty\n"),
    ("cp /etc/image /tmp/i; mv /tmp/i /tmp/j; ls /tmp; rm -rf /tmp/j; ls /tmp", 0, "j\n"),
    (
        "mkdir /d; echo a >/d/f; ln -s f /d/g; ln -s /d /e; cat /e/g; readlink /e; ls /e; "
        "[ -L /e ] && rm /e; ls -a /d; ln -s x /d/f; ln -sf x /d/f; ln -s f /d/f || "
        "ln -s /none/y /d; ls /d; cat /d/y",
        1,
        "a\n/d\nf\ng\nf\ng\nf\ng\ny\n",
    ),
    (
        "head -c 1000 /dev/zero | wc -c; ls /; ls -a / | wc -l",
        0,
        "1000\nbin\ndev\netc\nproc\nsys\ntmp\n7\n",
    ),
    ("readlink /etc/mtab; readlink /etc/hosts; cat /etc/hostname", 0, "/proc/mounts\nthere\n"),
    ("cat /none || echo missing", 0, "missing\n"),
    ("id -u; whoami; hostname; uname", 0, "0\nroot\nthere\nLinux\n"),
    ("trap 'echo bye; exit 7' TERM; kill 1; sleep 60", 7, "bye\n"),
    # What it does not know.
    ("nonsense", 127, ""),
    ("echo a; case x in x) echo b;; esac", 2, ""),
    ("echo 'a", 2, ""),
    ("sleep 60 &", 2, ""),
    ("(echo a)", 2, ""),
    ("cat <<END\nx\nEND", 2, ""),
    ("echo $((x ? 1 : 2))", 2, ""),
    ("echo a 3>&1", 2, ""),
    ("if true; then echo a", 2, ""),
]


@pytest.fixture(scope="module")
def engine() -> Iterator[Any]:
    with FakeEngine("1.44") as fake:
        fake.image("busybox")
        with moorage.connect(host=fake.host) as connected:
            yield connected


def started(engine: Any, *command: str) -> str:
    made: str = engine.containers.create(
        image="busybox", cmd=list(command), env={"NAME": "value"}, hostname="there"
    ).id
    engine.containers.start(made)
    return made


@pytest.mark.parametrize(("script", "code", "output"), SCRIPTS)
def test_a_script(engine: Any, script: str, code: int, output: str) -> None:
    made = started(engine, "sh", "-c", script)
    ended = engine.containers.wait(made, timeout=20).status_code
    said = engine.containers.logs(made, stdout=True, stderr=True).read()
    assert (ended, said.stdout.decode()) == (code, output)
    if code in (2, 127):
        assert said.stderr.startswith(b"sh: ")  # it says what it does not know


def test_lines_that_are_typed(engine: Any) -> None:
    made = started(engine, "sleep", "60")
    done = engine.execute(made, ["sh"], input=b"echo one\nX=two\necho $X\nexit 3\necho never\n")
    assert (done.exit_code, done.stdout) == (3, b"one\ntwo\n")


def test_input_and_output(engine: Any) -> None:
    made = started(engine, "sleep", "60")
    asked = "read a; echo got $a; cat | wc -c; echo err >&2"
    done = engine.execute(made, ["sh", "-c", asked], input=b"line\nrest")
    assert (done.stdout, done.stderr) == (b"got line\n4\n", b"err\n")


def test_a_command_that_can_not_be_run(engine: Any) -> None:
    made = started(engine, "sleep", "60")
    done = engine.execute(made, ["/nowhere"])
    assert (done.exit_code, b"stat /nowhere: no such file" in done.stdout) == (127, True)
    for command, words in (("nowhere", "not found in"), ("/etc", "permission denied")):
        with pytest.raises(moorage.BadRequest, match=words):
            started(engine, command)


def test_a_command_that_takes_too_long(engine: Any) -> None:
    made = started(engine, "sleep", "60")
    with pytest.raises(moorage.ExecuteTimedOut) as caught:
        engine.execute(made, ["sh", "-c", "echo out; sleep 300"], timeout=0.3)
    assert (caught.value.killed, caught.value.stdout) == (True, b"out\n")
    assert [each[-1] for each in engine.containers.top(made).processes] == ["sleep 60"]


def test_signals(engine: Any) -> None:
    """The first process of a container ignores what it has no trap for."""
    script = "trap 'echo hup' HUP; trap 'exit 5' TERM; echo up; while true; do sleep 60; done"
    made = started(engine, "sh", "-c", script)
    with engine.containers.logs(made, stdout=True, follow=True) as frames:
        assert next(frames).data == b"up\n"
        engine.containers.kill(made, signal="SIGUSR1")
        engine.containers.kill(made, signal="1")
        assert next(frames).data == b"hup\n"
        engine.containers.stop(made, t=20)
    assert engine.containers.wait(made).status_code == 5


def test_a_pause(engine: Any) -> None:
    script = "echo up; until test -e /go; do sleep 0.001; done; echo gone; sleep 60"
    made = started(engine, "sh", "-c", script)
    with engine.containers.logs(made, stdout=True, follow=True) as frames:
        assert next(frames).data == b"up\n"
        engine.containers.pause(made)
        engine.containers.put_archive(made, tar_of({"go": b""}), path="/")
        for _ in range(20):
            assert [each.data for each in engine.containers.logs(made, stdout=True)] == [b"up\n"]
        engine.containers.unpause(made)
        assert next(frames).data == b"gone\n"
    engine.containers.pause(made)
    engine.containers.delete(made, force=True)
