"""Facts that the engine's own change log states, gathered by hand.

The document is moby's "Engine API version history": docs/api/version-history.md of the repository
github.com/moby/moby up to v28.5, api/docs/CHANGELOG.md of it since. Each version of the API has a
section there; the facts are told as the diff tells them.
"""

from __future__ import annotations

__all__ = ["DISAGREEMENTS", "FACTS"]

FACTS: dict[str, dict[str, list[str]]] = {
    "1.26": {"plugins.upgrade": ["+"]},
    "1.27": {"containers.stats": ["+200.cpu_stats.online_cpus"]},
    "1.28": {
        "containers.create": [
            "+body.HostConfig.DeviceCgroupRules", "+body.HostConfig.Mounts[].Consistency",
        ],
        "containers.update": ["+body.NanoCpus"],
        "images.build": ["+query.extrahosts"],
        "networks.inspect": ["+query.verbose"],
        "plugins.disable": ["+query.force"],
        "services.create": [
            "+body.RollbackConfig", '+body.UpdateConfig.FailureAction="rollback"',
            "+body.TaskTemplate.ContainerSpec.ReadOnly",
        ],
    },
    "1.29": {
        "containers.create": ["+body.Healthcheck.StartPeriod"],
        "networks.create": ["+body.Ingress"],
        "networks.inspect": ["+200.Ingress"],
        "services.create": ["+body.TaskTemplate.ContainerSpec.Privileges"],
        "services.inspect": ["+query.insertDefaults"],
    },
    "1.30": {
        "containers.put_archive": ["+query.copyUIDGID"],
        "containers.wait": ["+query.condition"],
        "distribution.inspect": ["+"],
        "nodes.inspect": ["+200.Description.TLSInfo"],
        "services.create": ["+body.TaskTemplate.Placement.Platforms"],
        "swarm.init": ["+body.DataPathAddr"],
        "swarm.inspect": ["+200.TLSInfo"],
        "swarm.join": ["+body.DataPathAddr"],
        "swarm.update": [
            "+body.CAConfig.SigningCACert", "+body.CAConfig.SigningCAKey",
            "+body.CAConfig.ForceRotate",
        ],
        "system.info": ["+200.Plugins.Log"],
    },
    "1.31": {
        "networks.inspect": ["+query.scope"],
        "secrets.create": ["+body.Driver"],
        "secrets.inspect": ["+200.Spec.Driver"],
        "services.create": ["+body.TaskTemplate.PluginSpec"],
        "session.start": ["+"],
        "system.data_usage": ["+200.Volumes[].CreatedAt"],
        "volumes.inspect": ["+200.CreatedAt"],
        "volumes.list": ["+200.Volumes[].CreatedAt"],
    },
    "1.32": {"images.create": ["+query.platform"]},
    "1.34": {"containers.wait": ["+200.Error"]},
    "1.35": {
        "containers.logs": ["+query.until"],
        "exec.create": ["+body.WorkingDir"],
        "services.create": ["+body.TaskTemplate.ContainerSpec.Isolation"],
        "system.version": ["+200.Components", "+200.Platform"],
    },
    "1.37": {
        "configs.create": ["+body.Templating"],
        "configs.inspect": ["+200.Spec.Templating"],
        "secrets.create": ["+body.Templating"],
        "secrets.list": ["+200[].Spec.Templating"],
    },
    "1.38": {
        "tasks.inspect": ["+200.Spec.NetworkAttachmentSpec"],
        "tasks.list": ["+200[].Spec.NetworkAttachmentSpec"],
    },
    "1.39": {
        "swarm.init": ["+body.DefaultAddrPool", "+body.SubnetSize"],
        "system.info": ["+200.ProductLicense", "+200.Warnings"],
    },
    "1.40": {
        "containers.create": [
            "+body.HostConfig.DeviceRequests", "+body.HostConfig.KernelMemoryTCP",
            "+body.HostConfig.Mounts[].BindOptions.NonRecursive",
        ],
        "containers.update": ["+body.PidsLimit"],
        "images.build": ["+query.outputs"],
        "services.create": [
            "+body.TaskTemplate.ContainerSpec.Configs[].Runtime",
            "+body.TaskTemplate.ContainerSpec.Privileges.CredentialSpec.Config",
            "+body.TaskTemplate.ContainerSpec.Sysctls",
            "+body.TaskTemplate.Placement.MaxReplicas",
        ],
        "swarm.init": ["+body.DataPathPort"],
        "system.info": ["+200.PidsLimit", "+200.Swarm.Cluster.DataPathPort"],
        "system.ping_head": ["+"],
    },
    "1.41": {
        "containers.create": [
            "+body.HostConfig.CgroupnsMode", "+query.platform", "!body.HostConfig.KernelMemory",
        ],
        "containers.stats": ["+query.one-shot"],
        "images.list": ["-query.filter"],
        "services.create": [
            "+body.Mode.GlobalJob", "+body.Mode.ReplicatedJob",
            "+body.TaskTemplate.ContainerSpec.CapabilityAdd",
            "+body.TaskTemplate.ContainerSpec.Ulimits",
            "+body.TaskTemplate.Resources.Limits.Pids",
        ],
        "services.list": ["+query.status", "+200[].ServiceStatus", "+200[].JobStatus"],
        "system.info": [
            "+200.CgroupVersion", "+200.DefaultAddressPools", "+200.OSVersion",
            "!200.KernelMemory", "!200.ClusterStore", "!200.ClusterAdvertise",
        ],
        "tasks.inspect": ["+200.JobIteration"],
    },
    "1.42": {
        "containers.attach_websocket": ["+query.stderr", "+query.stdin", "+query.stdout"],
        "containers.create": [
            "-body.HostConfig.KernelMemory",
            "+body.HostConfig.Mounts[].BindOptions.CreateMountpoint",
        ],
        "containers.restart": ["+query.signal"],
        "containers.stop": ["+query.signal"],
        "containers.update": ["-body.KernelMemory"],
        "containers.wait": ["+400"],
        "exec.create": ["+body.ConsoleSize"],
        "images.list": ["+query.shared-size"],
        "system.data_usage": [
            "+query.type", "-200.BuilderSize", "-200.BuildCache[].Parent",
            "+200.BuildCache[].Parents",
        ],
        "volumes.create": ["+body.ClusterVolumeSpec", "+201.ClusterVolume"],
        "volumes.update": ["+"],
    },
    "1.43": {
        "containers.create": ["+body.HostConfig.Annotations"],
        "images.inspect": ["!200.VirtualSize"],
        "images.list": ["!200[].VirtualSize"],
    },
    "1.44": {
        "containers.create": [
            "+body.Healthcheck.StartInterval", "!body.MacAddress",
            "+body.HostConfig.Mounts[].BindOptions.ReadOnlyForceRecursive",
            "+body.HostConfig.Mounts[].BindOptions.ReadOnlyNonRecursive",
            "+body.NetworkingConfig.EndpointsConfig{}.MacAddress",
        ],
        "containers.inspect": [
            "+200.NetworkSettings.Networks{}.DNSNames", "!200.NetworkSettings.HairpinMode",
            "!200.NetworkSettings.SecondaryIPAddresses",
        ],
        "images.inspect": ["-200.VirtualSize", "!200.Container", "!200.ContainerConfig"],
        "images.list": ["-200[].VirtualSize"],
        "images.search": ["!200[].is_automated"],
        "networks.create": ["!body.CheckDuplicate"],
        "services.create": [
            "!body.Networks", "+body.TaskTemplate.ContainerSpec.Privileges.AppArmor",
            "+body.TaskTemplate.ContainerSpec.Privileges.Seccomp",
        ],
        "system.data_usage": ["-200.Images[].VirtualSize"],
        "system.info": ["+200.CDISpecDirs", "+200.Runtimes{}.status"],
    },
    "1.45": {
        "containers.create": ["+body.HostConfig.Mounts[].VolumeOptions.Subpath"],
        "images.inspect": ["-200.Container", "-200.ContainerConfig"],
    },
    "1.46": {
        "containers.create": ["+body.HostConfig.Mounts[].TmpfsOptions.Options"],
        "images.inspect": ["!200.Config.Hostname", "!200.Config.Tty"],
        "images.push": ["+query.platform"],
        "services.create": ["+body.TaskTemplate.ContainerSpec.OomScoreAdj"],
        "system.info": ["+200.Containerd"],
    },
    "1.47": {"images.list": ["+query.manifests", "+200[].Manifests"]},
    "1.48": {
        "containers.create": [
            '+body.HostConfig.Mounts[].Type="image"',
            "+body.NetworkingConfig.EndpointsConfig{}.GwPriority",
        ],
        "containers.inspect": ["+200.ImageManifestDescriptor"],
        "containers.list": ["+200[].ImageManifestDescriptor"],
        "images.build_prune": [
            "!query.keep-storage", "+query.max-used-space", "+query.min-free-space",
            "+query.reserved-space",
        ],
        "images.get": ["+query.platform"],
        "images.history": ["+query.platform"],
        "images.inspect": ["+query.manifests", "+200.Descriptor", "+200.Manifests"],
        "images.list": ["+200[].Descriptor"],
        "images.load": ["+query.platform"],
        "networks.connect": ["+body.EndpointConfig.GwPriority"],
        "networks.create": ["+body.EnableIPv4"],
        "networks.inspect": ["+200.EnableIPv4"],
        "system.info": ["!200.BridgeNfIptables", "!200.ContainerdCommit.Expected"],
    },
    "1.49": {
        "images.inspect": ["+query.platform"],
        "system.info": [
            "+200.FirewallBackend", "-200.RuncCommit.Expected",
            "-200.RegistryConfig.AllowNondistributableArtifactsCIDRs",
        ],
    },
    "1.50": {
        "images.delete": ["+query.platforms"],
        "images.inspect": ["-200.Config.Domainname", "-200.Config.Hostname"],
        "system.info": ["+200.DiscoveredDevices", "-200.BridgeNfIptables"],
    },
    "1.51": {
        "containers.inspect": [
            "!200.HostConfig.KernelMemoryTCP", "!200.NetworkSettings.Bridge",
        ],
        "containers.update": ["!body.KernelMemoryTCP"],
        "images.inspect": ["!200.DockerVersion", "!200.Parent"],
        "plugins.list": ["!200[].Config.DockerVersion"],
        "system.info": ["!200.KernelMemoryTCP"],
    },
    "1.52": {
        "containers.create": ["-body.MacAddress"],
        "containers.inspect": [
            "-200.NetworkSettings.Bridge", "-200.NetworkSettings.Gateway",
            "-200.HostConfig.KernelMemoryTCP",
        ],
        "containers.stats": ["+200.os_type"],
        "containers.update": ["-body.KernelMemoryTCP"],
        "networks.inspect": ["+200.Status"],
        "services.create": ["+body.TaskTemplate.Resources.SwapBytes"],
        "system.data_usage": ["+200.ImagesUsage", "+query.verbose", "!200.Images"],
        "system.info": ["-200.KernelMemoryTCP"],
        "tasks.list": ["+200[].Spec.Resources.MemorySwappiness"],
    },
    "1.53": {
        "images.inspect": ["+200.Identity"],
        "session.start": ["!"],
        "system.data_usage": ["-200.Images"],
        "system.info": ["+200.NRI"],
    },
    "1.54": {"images.list": ["+query.identity"]},
    "1.55": {"images.attestations": ["+"]},
}  # fmt: skip

DISAGREEMENTS: dict[tuple[str, str, str], str] = {
    (
        "1.27",
        "containers.stats",
        "+200.cpu_stats.online_cpus",
    ): "described since 1.48",
    ("1.28", "containers.create", "+body.HostConfig.Mounts[].Consistency"): "described since 1.29",
    ("1.28", "services.create", "+body.TaskTemplate.ContainerSpec.ReadOnly"): "described in 1.27",
    ("1.29", "services.create", "+body.TaskTemplate.ContainerSpec.Privileges"): "since 1.30",
    ("1.30", "containers.put_archive", "+query.copyUIDGID"): "described since 1.39",
    ("1.40", "containers.update", "+body.PidsLimit"): "described before; the update takes it since",
    ("1.41", "images.list", "-query.filter"): "1.25 does not describe it any more",
    ("1.42", "containers.wait", "+400"): "described since 1.30",
    ("1.42", "system.data_usage", "-200.BuilderSize"): "never described as a field of the answer",
    (
        "1.44",
        "containers.create",
        "+body.NetworkingConfig.EndpointsConfig{}.MacAddress",
    ): "described before, as what an endpoint has; creation takes it since",
    ("1.48", "networks.create", "+body.EnableIPv4"): "described in 1.47",
    ("1.48", "networks.inspect", "+200.EnableIPv4"): "described in 1.47",
    ("1.49", "images.inspect", "+query.platform"): "described since 1.52",
    ("1.51", "containers.inspect", "!200.HostConfig.KernelMemoryTCP"): "deprecated in 1.50",
    ("1.51", "containers.inspect", "!200.NetworkSettings.Bridge"): "deprecated in 1.50",
    ("1.51", "containers.update", "!body.KernelMemoryTCP"): "deprecated in 1.50",
    ("1.51", "system.info", "!200.KernelMemoryTCP"): "deprecated in 1.50",
    ("1.52", "system.data_usage", "+200.ImagesUsage"): "described under another name",
    ("1.52", "system.data_usage", "!200.Images"): "removed at once",
    ("1.53", "system.data_usage", "-200.Images"): "removed in 1.52",
}
"""Departures of the specifications: they document some things late, or not at all."""
