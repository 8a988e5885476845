"""The engine as a server: connections, routes, checks of requests, shapes of answers."""
