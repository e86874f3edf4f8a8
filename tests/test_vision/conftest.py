"""What the vision tests share: the real networks, loaded once."""

import pytest

from gwansang.vision.models.runtime import Engine
from tests.support.photos import model_dir


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The real networks; `make models` fetches them."""
    return Engine.load(model_dir())
