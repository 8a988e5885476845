"""List many engines: their releases, and how many containers run on each.

python examples/inventory.py ssh://root@web1 tcp://10.0.0.7:2375 …
"""

import sys

import moorage
from moorage.fleet import Fleet


def inventory(hosts: list[str]) -> dict[str, str]:
    """Return a line for each engine, by its address."""
    with Fleet(hosts) as fleet:
        answers = fleet.call(lambda engine: (engine.system.version(), engine.containers.list()))
    lines = {}
    for host, answer in answers.items():
        if isinstance(answer, moorage.EngineError):
            lines[host] = f"not there: {answer}"
        else:
            about, containers = answer
            lines[host] = f"{about.version}, API {about.api_version}, {len(containers)} running"
    return lines


if __name__ == "__main__":
    for host, line in inventory(sys.argv[1:]).items():
        print(f"{host}: {line}")
