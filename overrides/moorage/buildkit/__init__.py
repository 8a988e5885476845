"""Builds by BuildKit: a session that serves the engine, and the progress that it reports.

The engine dials back on a connection of the build's own, where it is the client of gRPC: it asks
for files, secrets, credentials and an ssh agent. All of it is served by one thread, which ends with
the build; sync and asynchronous engines use the same.

    build       the build: session, request, cancellation
    session     the connection, and its thread
    solve       the build's request where `POST /build` can't have it: with named contexts
    rpc         calls of gRPC, on h2; pure: bytes in, bytes out; framing is for both sides of a call
    services    simple services: health, secrets, credentials; agent: an ssh agent
    source, named       the context and the named contexts
    tree, walk  files to send, and which of them; file_sync sends them
    file_send   the build's output
    trace       the decoded progress
    extra       whether `pip install 'moorage[buildkit]'` was done; imports nothing of the others
"""
