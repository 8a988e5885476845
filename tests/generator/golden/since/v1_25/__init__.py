"""API 1.25, the oldest version that is bundled: all that it has."""
