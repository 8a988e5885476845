"""API versions: numbers, engine releases, and what is bundled."""
