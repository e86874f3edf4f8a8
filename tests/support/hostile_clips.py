"""Hostile clips, each with the error codes that are right for it; None: the clip may be read."""

import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import av
import numpy as np

from tests.support.clips import (
    append_to_box,
    box,
    drawn_clip,
    edit_list,
    edited_clip,
    encode_clip,
    overwrite_box,
    sound_only,
    whole_clip,
)

NO_TYPE, CORRUPT, NOTHING = "UNSUPPORTED_VIDEO_TYPE", "VIDEO_CORRUPT", "NO_VIDEO"
LONG, LARGE = "VIDEO_TOO_LONG", "VIDEO_TOO_LARGE"
_TABLES = (b"moov", b"trak", b"mdia", b"minf", b"stbl")
_STEADY_VP8 = {"deadline": "good", "cpu-used": "5"}  # "realtime" adapts its output to how busy the machine is
_FTYP = box(b"ftyp", b"isom", bytes(4), b"isomiso2avc1mp41")


@dataclass(frozen=True)
class HostileClip:
    """A file with its acceptable error codes."""

    name: str
    data: bytes
    codes: tuple[str | None, ...]


@cache
def hostile_clips() -> tuple[HostileClip, ...]:
    return (*_other_types(), *_truncated(), *_false_headers(), *_bombs(), *_hostile_matroska(), *_references())


@cache
def mp4_clip() -> bytes:
    """Return a valid MP4 with its moov box last."""
    return drawn_clip(20)


@cache
def webm_clip() -> bytes:
    return drawn_clip(20, "libvpx", "webm", **_STEADY_VP8)


def _other_types() -> Iterator[HostileClip]:
    yield HostileClip("empty file", b"", ("EMPTY_FILE",))
    yield HostileClip("noise", np.random.default_rng(3).bytes(65_536), (NO_TYPE,))
    playlist = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    yield HostileClip("a playlist", playlist, (NO_TYPE,))
    yield HostileClip("a playlist with an MP4 signature", b"#EXTftyp" + playlist, (NO_TYPE, CORRUPT))
    yield HostileClip("a playlist after an ftyp box", _FTYP + playlist, (CORRUPT,))
    yield HostileClip("a playlist in an mdat box", _FTYP + box(b"mdat", playlist), (CORRUPT,))
    yield HostileClip("a list of files", b"ffconcat version 1.0\nfile /etc/passwd\n", (NO_TYPE,))
    yield HostileClip("concat:", b"concat:/etc/passwd|/etc/hosts", (NO_TYPE,))
    yield HostileClip("subfile", b"subfile,,start,0,end,64,,:/etc/passwd", (NO_TYPE,))
    yield HostileClip(
        "a DASH manifest", b'<?xml version="1.0"?><MPD><BaseURL>http://127.0.0.1/</BaseURL></MPD>', (NO_TYPE,)
    )
    yield HostileClip("a session description", b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n", (NO_TYPE,))
    yield HostileClip("HEIC", b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + bytes(2000), (NO_TYPE,))
    yield HostileClip("JPEG", b"\xff\xd8\xff\xe0" + bytes(2000), (NO_TYPE,))
    for container, codec in (("avi", "mpeg4"), ("matroska", "mjpeg"), ("flv", "libx264"), ("mpegts", "libx264")):
        yield HostileClip(container, drawn_clip(3, codec, container), (NO_TYPE,))
    yield HostileClip("sound only", sound_only(), (NOTHING,))


def _truncated() -> Iterator[HostileClip]:
    for share in (0.02, 0.3, 0.9, 0.999):
        yield HostileClip(f"{share} of an MP4", mp4_clip()[: int(share * len(mp4_clip()))], (CORRUPT,))
        yield HostileClip(f"{share} of a WebM", webm_clip()[: int(share * len(webm_clip()))], (CORRUPT,))
    moov = mp4_clip().index(b"moov") - 4
    moov_first = _FTYP + mp4_clip()[moov:] + mp4_clip()[len(_FTYP) : moov]
    yield HostileClip("half of an MP4 with its moov box first", moov_first[: len(moov_first) // 2], (CORRUPT,))
    fragments = drawn_clip(20, movflags="frag_keyframe+empty_moov", g="5")
    yield HostileClip("half of a fragmented MP4", fragments[: len(fragments) // 2], (CORRUPT,))
    yield HostileClip("an ftyp box alone", _FTYP, (CORRUPT,))
    yield HostileClip("a damaged middle", mp4_clip()[:2000] + bytes(3000) + mp4_clip()[5000:], (None,))


def _false_headers() -> Iterator[HostileClip]:
    mdhd_of_hours = overwrite_box(mp4_clip(), b"mdhd", 16, ">I", 4 * 3600 * 15_360)
    stts_of_hours = overwrite_box(mp4_clip(), b"stts", 12, ">I", 4 * 3600 * 15_360 // 20)
    yield HostileClip("mdhd of four hours", whole_clip(mdhd_of_hours), (LONG,))
    yield HostileClip("stts of four hours", whole_clip(stts_of_hours), (LONG,))
    yield HostileClip("mdhd of four hours, cut down to a second", mdhd_of_hours, (None,))
    yield HostileClip("stts of four hours, cut down to a second", stts_of_hours, (None,))
    yield HostileClip("four hours of WebM", _long_webm(), (LONG,))
    yield HostileClip("four hours of WebM without a duration", _long_webm(silent=True), (LONG,))
    yield HostileClip("avc1 of 8K", overwrite_box(mp4_clip(), b"avc1", 24, ">HH", 7680, 4320, occurrence=1), (LARGE,))
    yield HostileClip("8K frames and a smaller avc1", _hidden_8k(), (LARGE, CORRUPT))
    yield HostileClip("avc1 of 0 x 0", overwrite_box(mp4_clip(), b"avc1", 24, ">HH", 0, 0, occurrence=1), (NOTHING,))
    yield HostileClip("1000 frames a second", encode_clip([np.zeros((64, 64, 3), np.uint8)] * 400, rate=1000), (LARGE,))
    yield HostileClip(
        "no sample", overwrite_box(overwrite_box(mp4_clip(), b"stsz", 8, ">I", 0), b"stts", 4, ">I", 0), (NOTHING,)
    )
    yield HostileClip(
        "an obsolete codec", overwrite_box(mp4_clip(), b"avc1", -4, ">4s", b"rpza", occurrence=1), (NO_TYPE,)
    )
    yield HostileClip("encrypted", overwrite_box(mp4_clip(), b"avc1", -4, ">4s", b"encv", occurrence=1), (NO_TYPE,))
    yield HostileClip(
        "another codec than the frames", overwrite_box(mp4_clip(), b"avc1", -4, ">4s", b"vp09", occurrence=1), (None,)
    )


def _bombs() -> Iterator[HostileClip]:
    uint32_max = 2**32 - 1
    yield HostileClip(
        "4 billion samples of one size", overwrite_box(mp4_clip(), b"stsz", 4, ">II", 1, uint32_max), (LARGE,)
    )
    yield HostileClip("4 billion stts entries", overwrite_box(mp4_clip(), b"stts", 4, ">I", uint32_max), (CORRUPT,))
    yield HostileClip(
        "one stts entry for 4 billion samples", overwrite_box(mp4_clip(), b"stts", 8, ">I", uint32_max), (LARGE, LONG)
    )
    yield HostileClip("4 billion chunks", overwrite_box(mp4_clip(), b"stco", 4, ">I", uint32_max), (CORRUPT,))
    yield HostileClip("4 billion stsc entries", overwrite_box(mp4_clip(), b"stsc", 4, ">I", uint32_max), (CORRUPT,))
    yield HostileClip(
        "a chunk of 4 billion samples",
        overwrite_box(mp4_clip(), b"stsc", 12, ">I", uint32_max),
        (None, CORRUPT, NOTHING),
    )
    fragments = drawn_clip(20, movflags="frag_keyframe+empty_moov")
    yield HostileClip(
        "a fragment of 4 billion samples", overwrite_box(fragments, b"trun", 0, ">II", 0, uint32_max), (LARGE,)
    )
    yield HostileClip("100,000 empty boxes", mp4_clip() + 100_000 * box(b"free"), (LARGE,))
    deep = b""
    for _ in range(3000):
        deep = box(b"moov", deep)
    yield HostileClip("3000 nested boxes", _FTYP + deep, (CORRUPT, NOTHING))
    yield HostileClip("a box without a size", _FTYP + struct.pack(">I4s", 4, b"moov") + bytes(64), (CORRUPT,))
    yield HostileClip("a compressed moov box", _FTYP + box(b"moov", box(b"cmov", box(b"cmvd", bytes(64)))), (NOTHING,))
    yield HostileClip("two moov boxes", mp4_clip() + box(b"moov"), (CORRUPT,))
    for name, rows, codes in (
        ("50,000 edits", 50_000 * [(500, 0)], (LARGE,)),
        ("100 edits of the whole clip", 100 * [(600, 0)], (LONG,)),
        ("500 edits of a frame each", 500 * [(30, 0)], (None,)),
        ("500 fast edits of the whole clip", 500 * [(30, 0, 0x7FFF_FFFF)], (None,)),
        ("an edit of 4 billion ticks", [(uint32_max, 0)], (None,)),
        ("an edit far behind the end", [(500, 2**31 - 1)], (NOTHING,)),
        ("an edit at a negative time", [(500, -2)], (CORRUPT,)),
        ("an edit that plays backwards", [(500, 0, -65_536)], (NO_TYPE,)),
        ("a still of four hours", [(4 * 3_600_000, 0, 0)], (LONG,)),
        ("empty edits only", [(500, -1), (100, -1)], (NOTHING,)),
        ("huge 64-bit edits", [(2**64 - 1, 2**63 - 1), (2**64 - 1, 0)], (None,)),
    ):
        yield HostileClip(name, edited_clip(mp4_clip(), rows), codes)
    announced = edited_clip(mp4_clip(), [(500, 0)])
    yield HostileClip("more edits than rows", overwrite_box(announced, b"elst", 4, ">I", 2, occurrence=1), (CORRUPT,))
    yield HostileClip(
        "edits of an unknown version", overwrite_box(announced, b"elst", 0, ">B", 7, occurrence=1), (CORRUPT,)
    )
    again = append_to_box(mp4_clip(), (b"moov", b"trak"), edit_list([(500, 0)]))
    yield HostileClip("two lists of edits", again, (CORRUPT,))


def _hostile_matroska() -> Iterator[HostileClip]:
    recorded = drawn_clip(20, container="matroska", live="1")
    yield HostileClip("0.02 of a Matroska", recorded[: len(recorded) // 50], (CORRUPT,))
    yield HostileClip("half of a Matroska of unknown length", recorded[: len(recorded) // 2], (None,))
    yield HostileClip("an unknown document type", matroska_head(b"\xae", doctype=b"matroskb"), (NO_TYPE,))
    size = element(b"\xe0", element(b"\xb0", b"\x1e\x00"), element(b"\xba", b"\x10\xe0"))
    h264 = (element(b"\x83", b"\x01"), element(b"\x86", b"V_MPEG4/ISO/AVC"))
    packed = element(b"\x6d\x80", element(b"\x62\x40", element(b"\x50\x34", b"")))
    yield HostileClip("Matroska of 8K", matroska_head(element(b"\xae", *h264, size)), (LARGE,))
    yield HostileClip("packed pictures", matroska_head(element(b"\xae", *h264, packed)), (NO_TYPE,))
    sound = element(b"\xae", element(b"\x83", b"\x02"), element(b"\x86", b"A_OPUS"), packed)
    yield HostileClip("packed sound", matroska_head(element(b"\xae", *h264) + sound), (NO_TYPE,))
    yield HostileClip("1,000 tracks", matroska_head(1_000 * element(b"\xae", *h264)), (CORRUPT,))
    mjpeg = element(b"\xae", element(b"\x83", b"\x01"), element(b"\x86", b"V_MJPEG"))
    yield HostileClip("Matroska of JPEGs", matroska_head(mjpeg), (NO_TYPE,))
    yield HostileClip("Matroska without tracks", matroska_head(b""), (NOTHING,))


def element(name: bytes, *content: bytes) -> bytes:
    """Return an EBML element with a size of eight bytes."""
    body = b"".join(content)
    return name + struct.pack(">Q", 1 << 56 | len(body)) + body


def matroska_head(tracks: bytes, doctype: bytes = b"matroska") -> bytes:
    """Return a Matroska file of unknown length that ends before its pictures."""
    head = element(b"\x1a\x45\xdf\xa3", element(b"\x42\x82", doctype))
    return head + b"\x18\x53\x80\x67" + b"\x01" + 7 * b"\xff" + element(b"\x16\x54\xae\x6b", tracks)


def _references() -> Iterator[HostileClip]:
    path = b"file:///etc/passwd\0"
    outside = box(b"dinf", box(b"dref", bytes(4), struct.pack(">I", 1), box(b"url ", bytes(4), path)))
    yield HostileClip("frames in another file", append_to_box(mp4_clip(), _TABLES[:4], outside), (None,))
    cover = box(b"udta", box(b"meta", bytes(4), box(b"ilst", box(b"covr", box(b"data", bytes(8), b"\x89PNG" * 99)))))
    yield HostileClip("a cover picture", append_to_box(mp4_clip(), (b"moov",), cover), (None,))


def _long_webm(*, silent: bool = False) -> bytes:
    """Return two frames four hours apart; silent: without a duration in the header."""
    sink = io.BytesIO()
    with av.open(sink, "w", format="webm", options={"live": "1"} if silent else {}) as file:
        stream = file.add_stream("libvpx", rate=30, options=_STEADY_VP8)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for second in (0, 4 * 3600):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            frame.pts = 30 * second
            file.mux(stream.encode(frame))
        file.mux(stream.encode())
    return sink.getvalue()


def _hidden_8k() -> bytes:
    large = encode_clip([np.full((4320, 7680, 3), 90, np.uint8)] * 2)
    return overwrite_box(large, b"avc1", 24, ">HH", 640, 360, occurrence=1)
