"""The same surface, awaited."""

import moorage
from moorage_api import v1_30, v1_44


async def main() -> None:
    async with moorage.connect_async(v1_44.AsyncEngine) as engine:
        reveal_type(engine)  # is AsyncEngine
        reveal_type(await engine.containers.list())  # is list[ContainerSummary]
        made = await engine.containers.create(image="bb")
        reveal_type(made.id)  # is str
        await engine.containers.create(v1_44.ContainerCreateRequest(image="bb"), cmd=["sh"])  # error
        async for frame in engine.containers.logs("web", follow=True):
            reveal_type(frame.data)  # is bytes
        async for event in engine.system.events():
            reveal_type(event.action)  # is str
        await engine.containers.nothing()  # error
        flag = bool(engine.api_version)
        reveal_type(engine.exec.start("x"))  # is AsyncSession
        reveal_type(engine.exec.start("x", detach=False))  # is AsyncSession
        reveal_type(engine.exec.start("x", detach=None, tty=True))  # is AsyncSession
        reveal_type(await engine.exec.start("x", detach=True))  # is None
        reveal_type(engine.exec.start("x", detach=flag))  # is AsyncSession | Coroutine[Any, Any, None]
        await engine.exec.start("x", detach="yes")  # error
        await engine.exec.start("x")  # error
    old = await moorage.connect_async(v1_30.AsyncEngine)
    reveal_type(old.exec.start("x"))  # is AsyncSession
    reveal_type(await old.exec.start("x", detach=True))  # is None
    await old.images.build_prune()  # error
    await old.networks.inspect("n", scope="local")  # error
