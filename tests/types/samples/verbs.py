"""The verbs, pinned and negotiated: what they take and give."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path

import moorage
from moorage_api import newest, v1_25, v1_30, v1_44

AUTH = moorage.RegistryAuth("user", "password", "registry.example.com")


def told(progress: moorage.progress.Progress) -> None:
    reveal_type(progress.phase)  # is str


with moorage.connect(v1_44.Engine) as engine:
    # Containers
    reveal_type(engine.create("bb", ["sh"], name="x", memory="1g", cap_drop=["ALL"]))  # is str
    engine.create("bb", ports={"80/tcp": 8080, "53/udp": ("127.0.0.1", None), "1/tcp": [1, None]})
    engine.create("bb", health={"test": "true", "interval": timedelta(seconds=1)}, pull="never")
    engine.create("bb", "sh", memroy="1g")  # error
    engine.create("bb", ports=[80])  # error
    engine.create("bb", pull="sometimes")  # error
    engine.create("bb", health={"intervall": 1})  # error
    reveal_type(engine.run("bb", ["sh"]))  # is Executed[bytes]
    reveal_type(engine.run("bb", ["sh"], text=True, env={"A": "b"}).output)  # is str
    reveal_type(engine.run("bb", input=Path("x"), check=False, timeout=1).exit_code)  # is int
    engine.run("bb", image="bb")  # error
    engine.run("bb", timeout="1")  # error
    reveal_type(engine.execute("web", ["sh"], user="0"))  # is Executed[bytes]
    reveal_type(engine.execute("web", ["sh"], text="latin-1").stderr)  # is str
    engine.execute("web", ["sh"], on_timeout="stop")  # error
    with engine.running("bb", ["sh"], network="none") as box:
        reveal_type(box.id)  # is str
        for line in box.lines():
            reveal_type(line.text)  # is str
        reveal_type(box.wait(1))  # is int
        box.wait_healthy(timedelta(minutes=1))
        reveal_type(box.port("80/tcp"))  # is tuple[str, int]
        reveal_type(box.execute(["sh"], working_dir="/", console_size=[1, 2]))  # is Executed[bytes]
        reveal_type(box.execute(["sh"], text=True).output)  # is str
        box.execute(["sh"], workdir="/")  # error
        anywhere: moorage.Running = box
    engine.wait_healthy("web", 5)
    engine.wait_healthy("web", "5")  # error
    reveal_type(engine.port("web", 80))  # is tuple[str, int]

    # Images
    reveal_type(engine.pull("bb", auth=AUTH, on_progress=told))  # is ImageInspect
    reveal_type(engine.pull("bb", all_tags=True, platform="linux/arm64"))  # is list[ImageInspect]
    engine.pull("bb", tag="1")  # error
    reveal_type(engine.push("bb", auth=None).digest)  # is str
    engine.push("bb", auth="user:password")  # error
    reveal_type(engine.login("registry.example.com", "user", "password"))  # is RegistryAuth
    reveal_type(engine.build(".", tags=["a", "b"], no_cache=True, args={"A": None}).log)  # is str
    engine.build({"Dockerfile": "FROM bb", "f": b"", "d": Path("d")}, dockerfile=b"FROM bb")
    engine.build(moorage.context("."), on_progress=moorage.progress.rich())
    engine.build(".", tag="a")  # error
    reveal_type(engine.save("bb", "bb.tar"))  # is int
    reveal_type(engine.load(Path("bb.tar"), on_progress=told))  # is list[str]

    # Files
    reveal_type(engine.copy_to("web", Path("f"), "/f", uid=0, mode=0o600))  # is None
    engine.copy_to("web", BytesIO(), "/")
    engine.copy_to("web", b"", "/")  # error
    engine.copy_from("web", "/f", Path("f"), follow_links=True)
    engine.copy_from("web", "/f", BytesIO())
    engine.copy_from("web", "/f")  # error
    reveal_type(engine.read_file("web", "/f"))  # is bytes
    engine.write_file("web", "/f", b"", gid=1)
    engine.write_file("web", "/f", "text")  # error

with moorage.connect(v1_25.Engine) as oldest:
    oldest.create("bb", memory="1g", storage_opt={"size": "1g"}, restart="always")
    oldest.create("bb", platform="linux/arm64")  # error
    oldest.create("bb", gpus="all")  # error
    oldest.run("bb", device_requests=[])  # error
    oldest.pull("bb", platform="linux/arm64")  # error
    oldest.build(".", platform="linux/arm64")  # error
    oldest.execute("web", ["sh"], env={})
    with oldest.running("bb") as old_box:
        old_box.execute(["sh"], user="0", on_timeout="leave")
        old_box.execute(["sh"], env={"A": "b"})
        old_box.execute(["sh"], working_dir="/")  # error
        anywhere = old_box

with moorage.connect(v1_30.Engine) as older, older.running("bb") as older_box:
    reveal_type(older_box.execute(["sh"], env={"A": "b"}, text=True))  # is Executed[str]
    older_box.execute(["sh"], working_dir="/")  # error
    older.execute("web", ["sh"], working_dir="/")  # error

with moorage.connect() as negotiated:
    reveal_type(negotiated.run("bb", ["sh"], annotations={"a": "b"}, text=True))  # is Executed[str]
    reveal_type(negotiated.pull("bb", platform=newest.OCIPlatform(os="linux")))  # is ImageInspect
    negotiated.run("bb", ["sh"], annotation={"a": "b"})  # error
    with negotiated.running("bb") as newest_box:
        reveal_type(newest_box.execute(["sh"], working_dir="/"))  # is Executed[bytes]
    negotiated.nothing("bb")  # error
