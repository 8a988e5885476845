"""Build `moorage_api`, one typed client package per version of the Docker Engine API."""
