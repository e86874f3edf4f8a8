"""Bytes that arrive in pieces, without a copy for each step they take."""

from collections.abc import Iterator
from typing import Final

_LARGE_BYTES: Final = 16 * 1024


class Pieces:
    """Bytes in the order of their arrival. Large pieces are kept as they are; small ones are collected, because
    millions of objects of a few bytes would take many times the memory of their content."""

    def __init__(self) -> None:
        self._pieces: list[bytes | memoryview | bytearray] = []

    def add(self, piece: bytes | memoryview) -> None:
        """Append a piece."""
        if len(piece) >= _LARGE_BYTES:
            self._pieces.append(piece)
        elif self._pieces and isinstance(self._pieces[-1], bytearray):
            self._pieces[-1] += piece
        elif piece:
            self._pieces.append(bytearray(piece))

    def __iter__(self) -> Iterator[bytes]:
        return (piece if isinstance(piece, bytes) else bytes(piece) for piece in self._pieces)

    def join(self) -> bytes:
        """Return all of them as one."""
        return b"".join(self._pieces)
