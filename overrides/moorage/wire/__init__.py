"""The wire format, without I/O: bytes in, items out."""
