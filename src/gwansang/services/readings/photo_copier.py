"""Copies of photos, made where CPU work belongs."""

from typing import TypeVar

from gwansang.services.ml.inference_pool import InferencePool
from gwansang.vision.copying import PhotoCopy, copy_photo

E = TypeVar("E")


class PhotoCopier:
    """Copies in the inference pool; raises what is wrong with a photo, and what the pool raises."""

    def __init__(self, pool: InferencePool[E]) -> None:
        self._run = pool.run

    async def __call__(self, photo: bytes) -> PhotoCopy:
        return await self._run(lambda _: copy_photo(photo))
