"""Models, and what decodes, encodes and checks them at run time."""
