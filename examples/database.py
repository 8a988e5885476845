"""A helper for tests: a database that is ready, has its tables, and is gone afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex

from moorage_api.newest import Engine


@contextmanager
def database(engine: Engine, schema: Path, network: str | None = None) -> Iterator[str]:
    """Run a database while a block does, and give its URL; the schema is a folder of SQL files."""
    password = token_hex(16)
    with engine.running(
        "postgres:17",
        env={"POSTGRES_PASSWORD": password},
        health={"test": ["pg_isready", "-h", "127.0.0.1"], "interval": 1, "retries": 60},
        ports={"5432/tcp": ("127.0.0.1", None)},
        tmpfs={"/var/lib/postgresql/data": "size=256m"},
        network=network,
    ) as server:
        server.wait_healthy(60)
        for script in sorted(schema.glob("*.sql")):
            psql = ["psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1"]
            server.execute(psql, input=script, check=True)
        host, port = server.port("5432/tcp")
        yield f"postgresql://postgres:{password}@{host}:{port}/postgres"
