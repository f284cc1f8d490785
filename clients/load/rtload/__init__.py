"""rtload: thousands of Socket.IO clients in one process, for benchmarks. Knows the wire, not the server."""
