"""Streaming responses: frames, JSON documents, bytes, and whole connections."""
