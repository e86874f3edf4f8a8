"""Durable job engine: which worker runs which task, and what happens to it when a process dies. It stores ids only."""
