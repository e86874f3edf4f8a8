"""Clips to read, made on the spot: a face that moves, comes nearer and leans; and boxes to tamper with."""

import io
import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.vision.drawn_face import draw_face

Rgb = NDArray[np.uint8]
CHEAP = {
    "libx264": {"preset": "ultrafast", "crf": "18"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "b": "4000000"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "b": "4000000"},
}


def encoded_clip(
    pictures: Iterable[Rgb],
    codec: str = "libx264",
    container: str = "mp4",
    *,
    rate: int = 30,
    matrix: Sequence[int] | None = None,
    **options: str,
) -> bytes:
    """Pictures as a film. matrix: a, b, c, d of the display matrix. options: the encoder's, or `movflags`."""
    sink = io.BytesIO()
    flags = {"movflags": options.pop("movflags")} if "movflags" in options else {}
    with av.open(sink, "w", format=container, options=flags) as file:
        stream = None
        for picture in pictures:
            if stream is None:
                stream = file.add_stream(codec, rate=rate, options={**CHEAP.get(codec, {}), **options})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuv420p"
                if matrix is not None:
                    a, b, c, d = (65_536 * number for number in matrix)
                    stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
            file.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        assert stream is not None
        file.mux(stream.encode())
    return sink.getvalue()


def sound_only() -> bytes:
    """An MP4 with a second of silence and no picture."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return sink.getvalue()


def moving(photo: Rgb, count: int = 60, width: int = 540, height: int = 720, seed: int = 0) -> Iterator[Rgb]:
    """A photo as a hand-held camera would film it: nearer and farther, shifted, leaning, brighter and darker, noisy."""
    noise = np.random.default_rng(seed)
    fit = max(width / photo.shape[1], height / photo.shape[0])
    middle = (photo.shape[1] / 2, photo.shape[0] / 2)
    for index in range(count):
        t = 2 * math.pi * index / max(count - 1, 1)
        matrix = cv2.getRotationMatrix2D(middle, 6 * math.sin(2 * t), fit * (0.8 + 0.15 * math.sin(t)))
        matrix[:, 2] += (
            width / 2 - middle[0] + 0.03 * width * math.sin(1.3 * t),
            height / 2 - middle[1] + 0.03 * height * math.cos(0.7 * t),
        )
        picture = cv2.warpAffine(
            photo, matrix, (width, height), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE
        ).astype(np.float32)
        picture = picture * (1 + 0.15 * math.sin(2 * t)) + noise.normal(0, 3, picture.shape)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def drawn_clip(count: int = 30, codec: str = "libx264", container: str = "mp4", **options: str) -> bytes:
    """A drawn face, filmed."""
    return encoded_clip(moving(draw_face(480, 640, 240), count, 360, 480), codec, container, **options)


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of an MP4."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def changed(film: bytes, kind: bytes, offset: int, form: str, *numbers: int, occurrence: int = 0) -> bytes:
    """The film with numbers written over what lies `offset` bytes after the name of a box."""
    place = -1
    for _ in range(occurrence + 1):
        place = film.index(kind, place + 1)
    data = bytearray(film)
    struct.pack_into(form, data, place + len(kind) + offset, *numbers)
    return bytes(data)


def with_more(film: bytes, path: Sequence[bytes], extra: bytes) -> bytes:
    """The film (its table of contents last) with a box put at the end of the box that `path` names."""
    data = bytearray(film)
    place, end = 0, len(film)
    grown = []
    for kind in path:
        while data[place + 4 : place + 8] != kind:
            place += struct.unpack_from(">I", data, place)[0]
        grown.append(place)
        end = place + struct.unpack_from(">I", data, place)[0]
        place += 8
    for start in grown:
        struct.pack_into(">I", data, start, struct.unpack_from(">I", data, start)[0] + len(extra))
    return bytes(data[:end] + extra + data[end:])
