"""A package whose modules use engines of any version."""
