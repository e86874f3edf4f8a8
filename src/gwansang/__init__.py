"""GwanSang-AI: a traditional Korean face reading from a photo, with its reasons as numbers."""

from importlib.metadata import version

__version__ = version("gwansang")
