"""Tar archives: made from files on disk while they are read, and safely unpacked."""
