"""GwanSang-AI: a traditional Korean face reading from a photo, with its reasons as numbers."""

import gc
import os
from importlib.metadata import version

# Read when numpy is first imported. The inference threads are the parallelism: with threads of its own beneath them,
# linear algebra of a fraction of a millisecond took ten times as long on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = version("gwansang")

# Imports make 170,000 objects that stay. With Python's thresholds the collector searches them 370 times for garbage and
# finds none, which was a sixth of the start; with this one, 54 times and never all of them.
gc.set_threshold(10_000)
