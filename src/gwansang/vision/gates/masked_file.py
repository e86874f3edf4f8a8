"""The file that a demuxer gets to see: in memory, read-only, with the names of hidden parts covered."""

import io
from bisect import bisect_left

_COVER = b"skip"  # a part of this name is passed over


class MaskedFile:
    """As much of a file object as a demuxer asks for; there is nothing in it that could be opened besides."""

    def __init__(self, data: bytes, hidden: tuple[int, ...]) -> None:
        self._data = data
        self._hidden = hidden  # in rising order, as the file was walked
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: len(self._data)}[whence]
        self._place = max(start + offset, 0)
        return self._place

    def read(self, size: int = -1) -> bytes:
        start = self._place
        end = len(self._data) if size < 0 else min(start + size, len(self._data))
        piece = self._data[start:end]
        self._place = start + len(piece)
        first = bisect_left(self._hidden, start - len(_COVER) + 1)
        if first == len(self._hidden) or self._hidden[first] >= end:
            return piece
        return self._covered(piece, start, first)

    def _covered(self, piece: bytes, start: int, first: int) -> bytes:
        cover = bytearray(piece)
        for place in self._hidden[first:]:
            if place >= start + len(piece):
                break
            for offset, byte in enumerate(_COVER, start=place - start):
                if 0 <= offset < len(cover):
                    cover[offset] = byte
        return bytes(cover)
