"""Measures of a face from its mesh and its pixels, learned from hand-marked portraits; not in the service.

The method, its figures and what an integrator must know: docs/decisions/0001-landmarks-from-mesh-and-pixels.md.
"""
