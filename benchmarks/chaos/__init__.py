"""Chaos: real processes under load and weather, and an account book of what they promised.

`site` starts the programs, `visitors` play the load and write into the `ledger` what they were promised, `weather` does
what bad days do, and `book` compares the promises with what is there at the end.
"""
