"""The same surface, awaited."""

import moorage


async def info() -> None:
    async with moorage.connect_async() as engine:
        about = await engine.system.info()
        print(about.name, about.cdi_spec_dirs)  # since 1.44 SystemInfo.cdi_spec_dirs
        await engine.system.data_usage(type=["image"])  # since 1.42 system.data_usage(type=)
        await engine.networks.create(name="n", check_duplicate=True)  # until 1.45 networks.create(check_duplicate=)
        await engine.images.attestations("i")  # since 1.55 images.attestations
        async for event in engine.system.events():
            print(event.action)
