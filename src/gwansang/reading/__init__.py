"""Measures of a face in, a reading out: numpy and the standard library only, no clock, no randomness."""
