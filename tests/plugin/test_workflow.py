"""The workflow for hosted CI in examples/ci."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from moorage_pytest.options import read_hosts

WORKFLOW = Path(__file__).parents[2] / "examples/ci/engines.yml"


def test_each_service_is_a_host_of_the_tests() -> None:
    job = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))["jobs"]["engines"]
    services = {
        re.sub(r"docker:(\d+)-dind", r"\1", each["image"]): each["ports"][0]
        for each in job["services"].values()
    }
    assert all("--health-cmd" in each["options"] for each in job["services"].values())
    (command,) = (each["run"] for each in job["steps"] if "pytest" in each.get("run", ""))
    hosts = read_hosts(re.findall(r"--engine-host (\S+)", command), [])
    assert {each.name: each.url for each in hosts} == {
        name: f"tcp://{port.removesuffix(':2375')}" for name, port in services.items()
    }
