"""Print a list of containers: python-on-whales, the ids alone, which are all its list has."""

import sys

import python_on_whales

for container in python_on_whales.DockerClient(host=sys.argv[1]).container.list(all=True):
    print(container.id)
