"""Print a list of containers: docker-py's APIClient, pinned."""

import sys

import docker

client = docker.APIClient(base_url=sys.argv[1], version="1.51")
for container in client.containers(all=True):
    print(container["Id"], container["State"])
client.close()
