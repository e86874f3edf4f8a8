"""Fixtures of the vision tests: the real networks, loaded once."""

import pytest

from gwansang.vision.models.runtime import Networks
from tests.support.photos import model_dir


@pytest.fixture(scope="session")
def networks() -> Networks:
    """Return the real networks, which `make models` provides."""
    return Networks.load(model_dir())
