"""The durable job engine: which work is whose, and what happens to it when a process dies. It knows ids, not faces."""
