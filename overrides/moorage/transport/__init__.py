"""Transport of requests to an engine: a core without I/O, with thin sync and async shells."""
