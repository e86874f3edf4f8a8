"""GwanSang-AI: a traditional Korean face reading from a photo, with its reasons as numbers."""

import gc
import os
from importlib.metadata import version

# Imports make 270,000 objects that stay. With Python's thresholds the collector searched them 370 times for garbage and
# found none, which was a fifth of the start. `core.memory.settle_garbage_collector` restores these thresholds.
GC_THRESHOLDS = gc.get_threshold()
gc.set_threshold(300_000)

# Read when numpy is first imported. The inference threads are the parallelism: with threads of its own beneath them,
# linear algebra of a fraction of a millisecond took ten times as long on a busy machine.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = version("gwansang")
