"""Films made to hurt, each with the errors that a caller may be told; None is a film that can be read all the same."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import av
import numpy as np

from tests.support.clips import box, changed, drawn_clip, encoded_clip, sound_only, with_more

NO_TYPE, CORRUPT, NOTHING = "UNSUPPORTED_VIDEO_TYPE", "VIDEO_CORRUPT", "NO_VIDEO"
LONG, LARGE = "VIDEO_TOO_LONG", "VIDEO_TOO_LARGE"
_TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_FTYP = box(b"ftyp", b"isom", bytes(4), b"isomiso2avc1mp41")


@dataclass(frozen=True)
class Hostile:
    """A file, and the answers that are right for it."""

    name: str
    data: bytes
    codes: tuple[str | None, ...]


@cache
def hostile_clips() -> tuple[Hostile, ...]:
    return (*_no_films(), *_cut(), *_lying_headers(), *_bombs(), *_references())


@cache
def film() -> bytes:
    """A good one, its table of contents last."""
    return drawn_clip(20)


@cache
def webm() -> bytes:
    return drawn_clip(20, "libvpx", "webm")


def _no_films() -> Iterator[Hostile]:
    yield Hostile("nothing", b"", ("EMPTY_FILE",))
    yield Hostile("noise", np.random.default_rng(3).bytes(65_536), (NO_TYPE,))
    playlist = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    yield Hostile("a playlist", playlist, (NO_TYPE,))
    yield Hostile("a playlist that begins like a film", b"#EXTftyp" + playlist, (NO_TYPE, CORRUPT))
    yield Hostile("a playlist behind a film's first box", _FTYP + playlist, (CORRUPT,))
    yield Hostile("a playlist in a film's box", _FTYP + box(b"mdat", playlist), (CORRUPT,))
    yield Hostile("a list of files", b"ffconcat version 1.0\nfile /etc/passwd\n", (NO_TYPE,))
    yield Hostile("concat:", b"concat:/etc/passwd|/etc/hosts", (NO_TYPE,))
    yield Hostile("subfile", b"subfile,,start,0,end,64,,:/etc/passwd", (NO_TYPE,))
    yield Hostile(
        "a DASH manifest", b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>', (NO_TYPE,)
    )
    yield Hostile("a session description", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", (NO_TYPE,))
    yield Hostile("HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000), (NO_TYPE,))
    yield Hostile("JPEG", b"\xff\xd8\xff\xe0" + bytes(2000), (NO_TYPE,))
    for container, codec in (("avi", "mpeg4"), ("matroska", "libx264"), ("flv", "libx264"), ("mpegts", "libx264")):
        yield Hostile(container, drawn_clip(3, codec, container), (NO_TYPE,))
    yield Hostile("sound only", sound_only(), (NOTHING,))


def _cut() -> Iterator[Hostile]:
    for share in (0.02, 0.3, 0.9, 0.999):
        yield Hostile(f"{share} of an MP4", film()[: int(share * len(film()))], (CORRUPT,))
        yield Hostile(f"{share} of a WebM", webm()[: int(share * len(webm()))], (CORRUPT,))
    contents = film().index(b"moov") - 4
    early = _FTYP + film()[contents:] + film()[len(_FTYP) : contents]
    yield Hostile("half of an MP4 whose contents come first", early[: len(early) // 2], (CORRUPT,))
    fragments = drawn_clip(20, movflags="frag_keyframe+empty_moov", g="5")
    yield Hostile("half of an MP4 in fragments", fragments[: len(fragments) // 2], (CORRUPT,))
    yield Hostile("a first box alone", _FTYP, (CORRUPT,))
    yield Hostile("a damaged middle", film()[:2000] + bytes(3000) + film()[5000:], (None,))


def _lying_headers() -> Iterator[Hostile]:
    yield Hostile("four hours, says the track", changed(film(), b"mdhd", 16, ">I", 4 * 3600 * 15_360), (LONG,))
    yield Hostile("four hours, say the frames", changed(film(), b"stts", 12, ">I", 4 * 3600 * 15_360 // 20), (LONG,))
    yield Hostile("four hours of WebM", _long_webm(), (LONG,))
    yield Hostile("a WebM that does not say it is so long", _long_webm(silent=True), (LONG,))
    yield Hostile("8K, says the track", changed(film(), b"avc1", 24, ">HH", 7680, 4320, occurrence=1), (LARGE,))
    yield Hostile("8K, and the track lies", _hidden_8k(), (LARGE, CORRUPT))
    yield Hostile("no pixels", changed(film(), b"avc1", 24, ">HH", 0, 0, occurrence=1), (NOTHING,))
    yield Hostile("1000 frames a second", encoded_clip([np.zeros((64, 64, 3), np.uint8)] * 400, rate=1000), (LARGE,))
    yield Hostile("no frame", changed(changed(film(), b"stsz", 8, ">I", 0), b"stts", 4, ">I", 0), (NOTHING,))
    yield Hostile(
        "a codec of cameras long gone", changed(film(), b"avc1", -4, ">4s", b"rpza", occurrence=1), (NO_TYPE,)
    )
    yield Hostile("encrypted", changed(film(), b"avc1", -4, ">4s", b"encv", occurrence=1), (NO_TYPE,))
    yield Hostile("a codec that the bytes are not", changed(film(), b"avc1", -4, ">4s", b"vp09", occurrence=1), (None,))


def _bombs() -> Iterator[Hostile]:
    most = 2**32 - 1
    yield Hostile("4 billion samples of one size", changed(film(), b"stsz", 4, ">II", 1, most), (LARGE,))
    yield Hostile("4 billion times", changed(film(), b"stts", 4, ">I", most), (CORRUPT,))
    yield Hostile("one time for 4 billion samples", changed(film(), b"stts", 8, ">I", most), (LARGE, LONG))
    yield Hostile("4 billion chunks", changed(film(), b"stco", 4, ">I", most), (CORRUPT,))
    yield Hostile("4 billion chunk lengths", changed(film(), b"stsc", 4, ">I", most), (CORRUPT,))
    yield Hostile("a chunk of 4 billion samples", changed(film(), b"stsc", 12, ">I", most), (None, CORRUPT, NOTHING))
    fragments = drawn_clip(20, movflags="frag_keyframe+empty_moov")
    yield Hostile("a fragment of 4 billion samples", changed(fragments, b"trun", 0, ">II", 0, most), (LARGE,))
    yield Hostile("100,000 empty boxes", film() + 100_000 * box(b"free"), (LARGE,))
    deep = b""
    for _ in range(3000):
        deep = box(b"moov", deep)
    yield Hostile("boxes in boxes in boxes", _FTYP + deep, (CORRUPT, NOTHING))
    yield Hostile("a box without a size", _FTYP + struct.pack(">I4s", 4, b"moov") + bytes(64), (CORRUPT,))
    yield Hostile("a compressed table", _FTYP + box(b"moov", box(b"cmov", box(b"cmvd", bytes(64)))), (NOTHING,))
    yield Hostile("two tables of contents", film() + box(b"moov"), (CORRUPT,))
    edits = box(
        b"edts", box(b"elst", bytes(4), struct.pack(">I", 50_000), 50_000 * struct.pack(">IiI", 500, 0, 65_536))
    )
    yield Hostile("50,000 repetitions", with_more(film(), (b"moov", b"trak"), edits), (None,))


def _references() -> Iterator[Hostile]:
    path = b"file:///etc/passwd\0"
    outside = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), box(b"url ", bytes(4), path)))
    yield Hostile("frames that lie in another file", with_more(film(), _TABLES[:4], outside), (None,))
    cover = box(b"udta", box(b"meta", bytes(4), box(b"ilst", box(b"covr", box(b"data", bytes(8), b"\x89PNG" * 99)))))
    yield Hostile("a cover", with_more(film(), (b"moov",), cover), (None,))


def _long_webm(*, silent: bool = False) -> bytes:
    """Two frames four hours apart; silent: without a word on that before the frames."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="webm", options={"live": "1"} if silent else {}) as file:
        stream = file.add_stream("libvpx", rate=30, options={"deadline": "realtime", "cpu-used": "8"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for second in (0, 4 * 3600):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = 30 * second
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return sink.getvalue()


def _hidden_8k() -> bytes:
    large = encoded_clip([np.full((4320, 7680, 3), 90, np.uint8)] * 2)
    return changed(large, b"avc1", 24, ">HH", 640, 360, occurrence=1)
