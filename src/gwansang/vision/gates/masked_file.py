"""The file object for a demuxer: in memory, read-only, with the types of hidden boxes replaced."""

import io
from bisect import bisect_left

_MASK = b"skip"  # demuxers ignore boxes of this type


class MaskedFile:
    """The part of a file object's interface that a demuxer uses."""

    def __init__(self, data: bytes, hidden: tuple[int, ...]) -> None:
        self._data = data
        self._hidden = hidden  # rising offsets
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self._data)}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def read(self, size: int = -1) -> bytes:
        start = self._position
        end = len(self._data) if size < 0 else min(start + size, len(self._data))
        piece = self._data[start:end]
        self._position = start + len(piece)
        first = bisect_left(self._hidden, start - len(_MASK) + 1)
        if first == len(self._hidden) or self._hidden[first] >= end:
            return piece
        return self._masked(piece, start, first)

    def _masked(self, piece: bytes, start: int, first: int) -> bytes:
        masked = bytearray(piece)
        for hidden in self._hidden[first:]:
            if hidden >= start + len(piece):
                break
            for offset, byte in enumerate(_MASK, start=hidden - start):
                if 0 <= offset < len(masked):
                    masked[offset] = byte
        return bytes(masked)
