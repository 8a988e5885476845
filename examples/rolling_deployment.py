"""A rolling deployment: a new image takes over task by task, and the old one stays if it fails."""

import sys
from pathlib import Path

import moorage
from moorage_api.newest import Engine


def deploy(
    engine: Engine, name: str, image: str, password: bytes, monitor: float = 10, limit: float = 600
) -> bool:
    """Deploy an image; tells whether it runs now. If not, what ran before does."""
    engine.put_secret(f"{name}-password", password)
    try:
        engine.deploy(
            name,
            image,
            ports={"80/tcp": 8080},
            secrets={f"{name}-password": "password"},
            update={"order": "start-first", "monitor": monitor, "failure_action": "rollback"},
            rollback={"order": "start-first", "monitor": monitor},
            timeout=limit,
            on_progress=print,
        )
    except moorage.ServiceFailed as error:  # the swarm itself has rolled it back
        print(error, file=sys.stderr)
        return False
    except moorage.TimedOut as error:
        print(error, file=sys.stderr)
        engine.rollback(name, timeout=600)
        return False
    return True


if __name__ == "__main__":
    name, image, password = sys.argv[1:]
    with moorage.connect() as engine:
        sys.exit(0 if deploy(engine, name, image, Path(password).read_bytes()) else 1)
