"""Encoders of parameters in paths, queries and headers."""
