"""Settings of glibc's malloc that keep the resident memory of the process small, and of the garbage collector."""

import ctypes
import gc
import threading
from collections.abc import Callable
from functools import partial

from gwansang import GC_THRESHOLDS


class RepeatedAtRest:
    """A call, at once and again after `after_s` seconds without another one.

    What is freed between the last call and the end of the last job is given back, too.
    """

    def __init__(self, call: Callable[[], object], after_s: float) -> None:
        self._call = call
        self._after_s = after_s
        self._again: threading.Timer | None = None

    def __call__(self) -> None:
        if self._again:
            self._again.cancel()
        self._call()
        self._again = threading.Timer(self._after_s, self._call)
        self._again.daemon = True
        self._again.start()


def malloc_trimmer() -> Callable[[], object]:
    """Return a function that gives freed heap memory back to the system; without glibc it does nothing.

    glibc keeps the memory of large photos and bodies. Measured after 32 simultaneous clients: 257 MB before the call,
    183 MB after it. It is called at most once a second, so that a second call follows.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return RepeatedAtRest(partial(trim, 0), _AT_REST_S) if trim is not None else (lambda: None)


def limit_malloc_arenas() -> None:
    """Limit malloc to two arenas and allocate blocks from 12 MiB on with mmap; without glibc it does nothing.

    Must be called before any thread starts. By default there are eight arenas per core, and each keeps the size of the
    largest photo it has held: after 100 photos of 12 MP the process had 263 MB, with two arenas 256 MB, with the mmap
    threshold at 4 MiB 235 MB. Photos up to 3 MP are decoded whole, into 9.4 MB: with mmap each of their pages would be
    faulted in anew, a quarter of a reading's time, for 18 MB less memory. A fixed mmap threshold also fixes the free
    memory from which the heap is given back, at 128 KiB; at 16 MiB the arrays of a photo are not faulted in anew for
    each one, which takes a fifth off a reading at 1 MP.
    """
    option = getattr(ctypes.CDLL(None), "mallopt", None)
    if option is not None:
        option(_ARENA_MAX, 2)
        option(_MMAP_THRESHOLD, 12 * 1024 * 1024)
        option(_TRIM_THRESHOLD, 16 * 1024 * 1024)


def settle_garbage_collector() -> None:
    """End the start: exclude all that is imported from garbage collection, and collect what follows as usual.

    Python's thresholds matter once there are photos: an exception in a cycle of references keeps the pixels that its
    frames hold. A full collection of what the start leaves takes 50 ms, during which the event loop stands still.
    """
    if gc.get_threshold() != GC_THRESHOLDS:
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)


_AT_REST_S = 1.5
_ARENA_MAX, _MMAP_THRESHOLD, _TRIM_THRESHOLD = -8, -3, -1  # M_ARENA_MAX and so on of glibc's malloc.h
