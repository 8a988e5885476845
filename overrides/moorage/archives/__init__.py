"""Tar archives: made of what is on disk while they are read, and unpacked with care."""
