"""A CI runner: builds an image of a project, runs its steps in one container, keeps the results."""

import sys
from pathlib import Path

import moorage
from moorage_api.newest import Engine

STEPS = {"lint": ["make", "lint"], "test": ["make", "test"]}


def run(engine: Engine, project: Path, results: Path, steps: dict[str, list[str]]) -> bool:
    """Run steps until one fails or takes ten minutes; tells whether none did."""
    image = engine.build(project, tags=f"ci/{project.name}").id
    with engine.running(image, ["sleep", "86400"], env={"CI": "1"}, memory="1g", cpus=2) as job:
        try:
            for name, command in steps.items():
                done = job.execute(command, text=True, timeout=600)
                print(f"--- {name}\n{done.output}")
                if done.exit_code:
                    return False
        finally:
            engine.copy_from(job.id, "/results/.", results)
    return True


if __name__ == "__main__":
    with moorage.connect() as engine:
        sys.exit(0 if run(engine, Path(sys.argv[1]), Path("results"), STEPS) else 1)
