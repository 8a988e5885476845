"""API 1.25, the oldest bundled version."""
