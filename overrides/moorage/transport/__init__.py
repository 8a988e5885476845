"""Carry requests to an engine: a core without I/O, in thin sync and async shells."""
