"""The process that renders pictures: SVGs come in on its standard input, PNGs go out; it ends with its input.

A process of its own, because resvg holds the interpreter's lock while it renders: the event loop would wait for it.

A message is its length in four bytes and then its content. Answers begin with a byte: "+" before a PNG, "-" before the
reason for which there is none.
"""

import signal
import sys
from pathlib import Path
from typing import BinaryIO, Final

import resvg_py

from gwansang.drawing.png_messages import LENGTH

FONTS: Final = sorted(str(path) for path in (Path(__file__).parent / "fonts").glob("*.otf"))


def render_png(svg: str) -> bytes:
    """Return a picture as PNG, in the fonts of this package alone; raises ValueError if it can't be rendered."""
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, skip_system_fonts=True, font_files=FONTS))


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the service ends this process when it is done
    source, target = sys.stdin.buffer, sys.stdout.buffer
    while (svg := _read(source)) is not None:
        try:
            answer = b"+" + render_png(svg.decode())
        except ValueError as error:
            answer = b"-" + str(error).encode()
        target.write(LENGTH.pack(len(answer)) + answer)
        target.flush()


def _read(source: BinaryIO) -> bytes | None:
    """Return the next message, None at the end of the input."""
    head = source.read(LENGTH.size)
    if len(head) < LENGTH.size:
        return None
    (length,) = LENGTH.unpack(head)
    content = source.read(length)
    return content if len(content) == length else None


if __name__ == "__main__":
    main()
