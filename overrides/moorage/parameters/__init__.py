"""Parameters in paths, queries and headers: what each takes, and how it is sent."""
