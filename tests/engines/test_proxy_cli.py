"""Whether an engine is reached through a proxy, compared with what the docker CLI does."""

from __future__ import annotations

import pytest
import trustme

from tests.engines.cli import Cli
from tests.facade.proxy_table import ENVIRONMENTS, NO_PROXY


@pytest.fixture(scope="module")
def cli(tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The newest CLI, with an authority for TLS."""
    made = Cli("28.5", tmp_path_factory.mktemp("home"))
    made.config.mkdir()
    trustme.CA().cert_pem.write_to_path(str(made.config / "ca.pem"))
    return made


@pytest.mark.parametrize(("host", "no_proxy", "used"), NO_PROXY)
def test_the_cli_reads_no_proxy_so(cli: Cli, host: str, no_proxy: str, used: bool) -> None:
    environment = {"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": no_proxy}
    assert cli.uses_proxy({"DOCKER_HOST": f"tcp://{host}"} | environment) is used


@pytest.mark.parametrize(("environment", "used"), ENVIRONMENTS)
def test_the_cli_takes_these_variables(cli: Cli, environment: dict[str, str], used: bool) -> None:
    assert cli.uses_proxy({"DOCKER_HOST": "tcp://10.1.2.3:2375"} | environment) is used
