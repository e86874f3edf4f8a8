"""Days the tests agree on."""

from datetime import date

A_DAY = date(2026, 11, 23)
