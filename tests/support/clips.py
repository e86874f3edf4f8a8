"""Synthetic clips: a face that moves, comes nearer and leans; and tools to tamper with MP4 boxes."""

import io
import math
import struct
from collections.abc import Iterable, Iterator, Sequence

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from gwansang.services.ml.face_analyzer import FaceVision
from gwansang.services.readings.clip_people import LOOK_BACK
from gwansang.services.readings.clip_reader import ClipPart, observe_part
from gwansang.vision.drawn_face import draw_face
from gwansang.vision.video import DecodeBudget, scan_clip

Rgb = NDArray[np.uint8]
ENCODER_OPTIONS = {  # one thread: encoders that share busy cores wait for each other, VP8 four times as long
    "libx264": {"threads": "1", "preset": "ultrafast", "crf": "18"},
    "libvpx": {"threads": "1", "deadline": "realtime", "cpu-used": "8", "b": "4000000"},
    "libvpx-vp9": {"threads": "1", "deadline": "realtime", "cpu-used": "8", "b": "4000000"},
}


def encode_clip(
    pictures: Iterable[Rgb],
    codec: str = "libx264",
    container: str = "mp4",
    *,
    rate: int = 30,
    matrix: Sequence[int] | None = None,
    sound: str | None = None,
    times: Sequence[int] | None = None,
    **options: str,
) -> bytes:
    """Encode pictures as a clip.

    matrix: a, b, c, d of the display matrix; sound: codec of a silent track; times: of the pictures, in 1 / `rate` s.
    options: the encoder's, or `movflags` and `live` of the container.
    """
    sink = io.BytesIO()
    flags = {name: options.pop(name) for name in ("movflags", "live") if name in options}
    with av.open(sink, "w", format=container, options=flags) as file:
        silent = file.add_stream(sound, rate=48_000) if sound else None
        stream = None
        for number, picture in enumerate(pictures):
            if stream is None:
                stream = file.add_stream(codec, rate=rate, options={**ENCODER_OPTIONS.get(codec, {}), **options})
                stream.height, stream.width = picture.shape[:2]
                stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
                if matrix is not None:
                    a, b, c, d = (65_536 * number for number in matrix)
                    stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
            frame.pts = times[number] if times else None
            file.mux(stream.encode(frame))
        assert stream is not None
        file.mux(stream.encode())
        if silent is not None:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.float32), format="fltp", layout="mono")
            frame.sample_rate = 48_000
            file.mux([*silent.encode(frame), *silent.encode()])
    return sink.getvalue()


def sound_only() -> bytes:
    """Return an MP4 with a second of silence and no video track."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="mp4") as file:
        stream = file.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 44_100), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return sink.getvalue()


def handheld_frames(photo: Rgb, count: int = 60, width: int = 540, height: int = 720, seed: int = 0) -> Iterator[Rgb]:
    """Yield frames of a photo as a hand-held camera films it: scaled, shifted, leaning, lit and noisy."""
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
    """Return a clip of a drawn face."""
    return encode_clip(handheld_frames(draw_face(480, 640, 240), count, 360, 480), codec, container, **options)


def parts_of(vision: FaceVision, clip: bytes) -> list[ClipPart]:
    """Return the observed parts of a clip, as the steps of a task observe them one after the other."""
    parts: list[ClipPart] = []
    for part in range(len(scan_clip(clip, DecodeBudget(60)).parts)):
        before = [frame for one in parts for frame in one.frames][-LOOK_BACK:]
        parts.append(observe_part(vision, clip, part, before))
    return parts


def box(kind: bytes, *content: bytes) -> bytes:
    """Return an MP4 box."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def overwrite_box(clip: bytes, kind: bytes, offset: int, form: str, *numbers: int, occurrence: int = 0) -> bytes:
    """Return the clip with numbers packed `offset` bytes after the name of a box."""
    position = -1
    for _ in range(occurrence + 1):
        position = clip.index(kind, position + 1)
    data = bytearray(clip)
    struct.pack_into(form, data, position + len(kind) + offset, *numbers)
    return bytes(data)


def append_to_box(clip: bytes, path: Sequence[bytes], extra: bytes) -> bytes:
    """Return the clip, whose moov box is last, with a box appended to the one at `path`."""
    data = bytearray(clip)
    position, end = 0, len(clip)
    parents = []
    for kind in path:
        while data[position + 4 : position + 8] != kind:
            position += struct.unpack_from(">I", data, position)[0]
        parents.append(position)
        end = position + struct.unpack_from(">I", data, position)[0]
        position += 8
    for start in parents:
        struct.pack_into(">I", data, start, struct.unpack_from(">I", data, start)[0] + len(extra))
    return bytes(data[:end] + extra + data[end:])


def whole_clip(clip: bytes) -> bytes:
    """Return the clip without its edit list, so that all of its pictures are shown."""
    return overwrite_box(clip, b"edts", -4, ">4s", b"free") if b"edts" in clip else clip


def edit_list(rows: Sequence[Sequence[int]], *, version: int | None = None) -> bytes:
    """Return an `edts` box; rows: duration in ticks of the movie, start in ticks of the track, 65536 x speed."""
    is_long = version == 1 or any(max(row[:2]) >= 2**32 for row in rows)
    packed = [struct.pack(">Qqi" if is_long else ">Iii", row[0], row[1], (*row, 65_536)[2]) for row in rows]
    return box(b"edts", box(b"elst", struct.pack(">II", is_long << 24, len(rows)), *packed))


def edited_clip(clip: bytes, rows: Sequence[Sequence[int]], *, version: int | None = None) -> bytes:
    """Return the clip, whose moov box is last, with the rows as its edit list."""
    return append_to_box(whole_clip(clip), (b"moov", b"trak"), edit_list(rows, version=version))
