"""Pictures of readings: cards, measured lines and codes as SVG, and their rendering as PNG."""
