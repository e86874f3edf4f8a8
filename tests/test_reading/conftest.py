"""Property tests of the reading: the same examples every time, and no deadline on a busy machine."""

from hypothesis import settings

settings.register_profile("reading", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("reading")
