"""API versions: numbers, engine releases, and bundled versions."""
