"""Kinds of long work, their stored data, and how each is submitted."""
