"""How requests reach an engine: a core without I/O, and a thin shell around it, sync and async."""
