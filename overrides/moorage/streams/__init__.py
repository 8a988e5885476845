"""Answers that come piece by piece: frames, JSON documents, bytes, and whole connections."""
