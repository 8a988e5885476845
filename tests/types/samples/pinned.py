"""Pinned by its class: exactly what this version has, and nothing else."""

import moorage
from moorage_api import v1_25, v1_41, v1_44, v1_51

with moorage.connect(v1_44.Engine) as engine:
    reveal_type(engine)  # is Engine
    reveal_type(engine.api_version)  # is str

    # Results
    containers = engine.containers.list(all=True, filters={"label": ["a", "b"]})
    reveal_type(containers)  # is list[ContainerSummary]
    reveal_type(containers[0].id)  # is str
    reveal_type(containers[0].labels)  # is dict[str, str]
    reveal_type(containers[0].extra)  # is dict[str, Any]
    reveal_type(engine.containers.inspect("web").state)  # is ContainerState
    reveal_type(engine.containers.start("web"))  # is None
    reveal_type(engine.containers.logs("web", stdout=True))  # is Frames
    reveal_type(engine.system.ping())  # is str
    reveal_type(engine.volumes.inspect("v").driver)  # is str

    # An exec is a stream, unless it is detached.
    flag = bool(engine.api_version)
    perhaps = flag if engine.api_version else None
    reveal_type(engine.exec.start("x"))  # is Session
    reveal_type(engine.exec.start("x", tty=True))  # is Session
    reveal_type(engine.exec.start("x", detach=False))  # is Session
    reveal_type(engine.exec.start("x", detach=None))  # is Session
    reveal_type(engine.exec.start("x", v1_44.ExecStartConfig(tty=True)))  # is Session
    reveal_type(engine.exec.start("x", detach=True, tty=False))  # is None
    reveal_type(engine.exec.start("x", detach=flag))  # is Session | None
    reveal_type(engine.exec.start("x", detach=perhaps, total_timeout=5))  # is Session | None
    engine.exec.start("x", detach="yes")  # error
    engine.exec.start("x", detach=True).read()  # error

    # Bodies
    host = v1_44.HostConfig(network_mode="none", memory=2**20)
    created = engine.containers.create(image="bb", cmd=["sh"], host_config=host, name="x")
    reveal_type(created)  # is ContainerCreateResponse
    reveal_type(created.id)  # is str
    engine.containers.create(v1_44.ContainerCreateRequest(image="bb"), name="x")
    engine.containers.create(v1_44.ContainerCreateRequest(image="bb"), cmd=["sh"])  # error
    engine.containers.create(image=["bb"])  # error
    engine.containers.create(imagge="bb")  # error
    engine.containers.create(host_config={"NetworkMode": "none"})  # error
    v1_44.HostConfig(network_mode=1)  # error

    # Parameters
    engine.containers.list("all")  # error
    engine.containers.list(all="yes")  # error
    engine.containers.inspect()  # error
    engine.containers.inspect(1)  # error
    engine.containers.list(filters=["label"])  # error
    engine.containers.nothing()  # error
    engine.nothing.list()  # error
    v1_44.Nothing  # error
    moorage.nothing  # error

with moorage.connect(v1_25.Engine) as oldest:
    oldest.distribution.inspect("bb")  # error
    oldest.system.data_usage(type=["image"])  # error
    oldest.images.build_prune()  # error
    v1_25.ContainerCreateRequest(image="bb", platform="linux/amd64")  # error
    oldest.containers.create(image="bb", platform="linux/amd64")  # error
    reveal_type(oldest.exec.start("x"))  # is Session
    reveal_type(oldest.exec.start("x", detach=True))  # is None
    reveal_type(oldest.exec.start("x", detach=flag))  # is Session | None
    reveal_type(oldest.containers.list())  # is list[ContainerSummary]

with moorage.connect(v1_41.Engine) as older:
    older.containers.create(image="bb", platform="linux/amd64")
    older.volumes.update("v", version=1)  # error
    reveal_type(older.exec.start("x", detach=False))  # is Session
    reveal_type(older.exec.start("x", detach=True))  # is None
    older.volumes.create(name="v", cluster_volume_spec=None)  # error

with moorage.connect(v1_51.Engine) as newer:
    newer.volumes.update("v", version=1)
    reveal_type(newer.exec.start("x"))  # is Session
    reveal_type(newer.exec.start("x", detach=True))  # is None
    reveal_type(newer.exec.start("x", detach=flag))  # is Session | None
    for image in newer.images.list(manifests=True):
        reveal_type(image.manifests)  # is list[ImageManifestSummary]
    reveal_type(newer.containers.inspect("web").image_manifest_descriptor)  # is OCIDescriptor | None
    older.containers.inspect("web").image_manifest_descriptor  # error

# A type that did not change is the same class.
same: v1_25.ThrottleDevice = v1_51.ThrottleDevice(path="/dev/sda", rate=1)
other: v1_25.HostConfig = v1_51.HostConfig()  # error
moorage.connect(v1_44.AsyncEngine)  # error
