"""The verbs, awaited."""

from collections.abc import AsyncIterator

import moorage
from moorage_api import v1_30, v1_44


async def chunks() -> AsyncIterator[bytes]:
    yield b""


async def main() -> None:
    async with moorage.connect_async(v1_44.AsyncEngine) as engine:
        reveal_type(await engine.create("bb", ["sh"], gpus=1))  # is str
        reveal_type(await engine.run("bb", ["sh"], input=chunks()))  # is Executed[bytes]
        reveal_type(await engine.execute("web", ["sh"], text=True, input=chunks()))  # is Executed[str]
        engine.run("bb").output  # error
        await engine.run("bb", memroy="1g")  # error
        async with engine.running("bb") as box:
            async for line in box.lines():
                reveal_type(line.text)  # is str
            reveal_type(await box.wait())  # is int
            await box.wait_healthy(1)
            reveal_type(await box.port(80))  # is tuple[str, int]
            reveal_type(await box.execute(["sh"], text=True, input=chunks()))  # is Executed[str]
            await box.execute(["sh"], workdir="/")  # error
        with engine.running("bb"):  # error
            pass
        await engine.wait_healthy("web", 1)
        reveal_type(await engine.port("web", "80/tcp"))  # is tuple[str, int]
        reveal_type(await engine.pull("bb"))  # is ImageInspect
        reveal_type(await engine.pull("bb", all_tags=True))  # is list[ImageInspect]
        reveal_type((await engine.push("bb")).size)  # is int
        reveal_type(await engine.login("registry.example.com", "user", "password"))  # is RegistryAuth
        reveal_type((await engine.build(".")).id)  # is str
        reveal_type(await engine.save(["bb"], "bb.tar"))  # is int
        reveal_type(await engine.load(chunks()))  # is list[str]
        await engine.copy_to("web", "f", "/f")
        await engine.copy_from("web", "/f", "f")
        reveal_type(await engine.read_file("web", "/f"))  # is bytes
        await engine.write_file("web", "/f", b"")
    async with moorage.connect_async(v1_30.AsyncEngine) as older, older.running("bb") as old_box:
        await old_box.execute(["sh"], working_dir="/")  # error
        await older.execute("web", ["sh"], working_dir="/")  # error
    async with moorage.connect_async() as negotiated:
        reveal_type(await negotiated.run("bb", annotations={}, text=True))  # is Executed[str]
        await negotiated.run("bb", nothing=1)  # error
