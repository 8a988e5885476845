"""The verbs of services, pinned, negotiated and awaited: what they take and give."""

from datetime import timedelta

import moorage
from moorage_api import newest, v1_25, v1_30, v1_44


def told(progress: moorage.progress.ServiceProgress) -> None:
    reveal_type(progress.tasks["web.1"].error)  # is str


with moorage.connect(v1_44.Engine) as engine:
    reveal_type(engine.deploy("web", "bb", ["sh"], replicas=2, env={"A": None}))  # is Service
    engine.deploy("web", "bb", update={"delay": timedelta(1), "order": "start-first"}, cpus=0.5)
    engine.deploy("web", "bb", update=v1_44.ServiceUpdateConfig(), rollback={"parallelism": 0})
    engine.deploy("web", "bb", secrets={"a": "b"}, configs=["c"], sysctls={"a": "1"}, mode="global")
    engine.deploy("web", "bb", ports={"80/tcp": None}, networks=["n"], on_progress=told, wait=False)
    engine.deploy("web", "bb", ports=[v1_44.EndpointPortConfig(publish_mode="host")], timeout=1)
    engine.deploy("web", "bb", update={"dilay": 1})  # error
    engine.deploy("web", "bb", update={"order": "backwards"})  # error
    engine.deploy("web", "bb", mode="daemon")  # error
    engine.deploy("web", "bb", name="bb")  # error
    engine.deploy("web", "bb", replica=2)  # error
    with engine.edit_service("web") as spec:
        reveal_type(spec)  # is ServiceSpec
        spec.labels = {"a": "b"}
        spec.label = {}  # error
    engine.scale("web", 2, timeout=timedelta(1))
    engine.scale("web", "2")  # error
    engine.rollback("web", on_progress=told)
    engine.wait_converged("web", 60, on_progress=print)
    engine.wait_converged("web")  # error
    reveal_type(engine.put_secret("a", b"", labels={"a": "b"}, rotate=True).name)  # is str
    engine.put_secret("a", "text")  # error
    engine.put_config("a", b"", templating=v1_44.Driver(name="golang"))
    reveal_type(engine.read_config("a"))  # is bytes

with moorage.connect(v1_25.Engine) as oldest:
    oldest.deploy("web", "bb", replicas=1, memory="1g", restart="any", update={"parallelism": 1})
    oldest.deploy("web", "bb", secrets=["a"])  # error
    oldest.deploy("web", "bb", rollback={"parallelism": 1})  # error
    oldest.deploy("web", "bb", stop_signal="SIGKILL")  # error
    oldest.rollback("web")  # error
    oldest.put_config("a", b"")  # error
    oldest.read_config("a")  # error
    oldest.put_secret("a", b"", driver=None)  # error
    with oldest.edit_service("web") as old_spec:
        old_spec.rollback_config = None  # error

with moorage.connect(v1_30.Engine) as older:
    older.deploy("web", "bb", stop_signal="SIGKILL", configs=["a"], secrets=["a"])
    older.deploy("web", "bb", init=True)  # error

with moorage.connect() as negotiated:
    negotiated.deploy("web", "bb", mounts=["type=tmpfs,target=/t"], health="true")
    newest_service: newest.Service = negotiated.deploy("web", "bb", oom_score_adj=1)


async def awaited() -> None:
    async with moorage.connect_async(v1_30.AsyncEngine) as engine:
        reveal_type(await engine.deploy("web", "bb"))  # is Service
        reveal_type(await engine.scale("web", 2))  # is None
        async with engine.edit_service("web") as spec:
            reveal_type(spec)  # is ServiceSpec
            spec.labels = {"a": "b"}
        with engine.edit_service("web"):  # error
            pass
