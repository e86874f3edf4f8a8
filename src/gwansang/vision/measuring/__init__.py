"""Measures of a face from its mesh and its picture: sampled channels, a cascade of points, and three estimates."""
