"""Removal of an expression from a shape; what is neither expression nor explained stays, because it is the person."""

from dataclasses import dataclass

from gwansang.vision.face import Points


@dataclass(frozen=True, slots=True)
class Relaxer:
    """mean: (d,); expressions: (m, d), each one SD of a smile; solver: (m, d), shape to most probable coefficients."""

    mean: Points
    expressions: Points
    solver: Points

    def relax(self, shapes: Points) -> Points:
        """Return (..., d) shapes without their expression."""
        relaxed: Points = shapes - ((shapes - self.mean) @ self.solver.T) @ self.expressions
        return relaxed
