"""What the vision tests share: the real networks, loaded once."""

import pytest

from gwansang.vision.models.runtime import Networks
from tests.support.photos import model_dir


@pytest.fixture(scope="session")
def engine() -> Networks:
    """The real networks; `make models` fetches them."""
    return Networks.load(model_dir())
