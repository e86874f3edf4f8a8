"""Clips as browsers and phones record them, by container, codec and layout of the file."""

import numpy as np
import pytest

from gwansang.vision import errors
from gwansang.vision.video import DecodeBudget, decode_frames, inspect_clip, scan_clip
from tests.support.clips import Rgb, box, encode_clip

FRAMES = 24
PORTRAIT = (0, 1, -1, 0)  # display matrix of a phone held upright
SILENT_HEVC = {"x265-params": "log-level=0:pools=none:frame-threads=1"}


def numbered() -> list[Rgb]:
    return [np.full((96, 64, 3), 20 + 8 * index, np.uint8) for index in range(FRAMES)]


def shown(clip: bytes) -> tuple[list[int], tuple[int, int], float]:
    """Return the numbers of the decoded pictures, the size of the first, and the second of the last."""
    index = scan_clip(clip, DecodeBudget(20))
    frames = [one for part in range(len(index.parts)) for one in decode_frames(clip, index, part, DecodeBudget(20))]
    numbers = [round((float(frame.image.pixels.mean()) - 20) / 8) for frame in frames]
    return numbers, (frames[0].image.width, frames[0].image.height), frames[-1].second


@pytest.mark.parametrize(
    ("codec", "container", "options"),
    [
        pytest.param("libx264", "matroska", {"live": "1", "sound": "libopus"}, id="Chrome's video/webm;codecs=h264"),
        pytest.param("libvpx", "webm", {"live": "1", "sound": "libopus"}, id="Chrome's and Firefox's video/webm"),
        pytest.param(
            "libx264",
            "mp4",
            {"movflags": "frag_keyframe+empty_moov+default_base_moof+skip_trailer", "g": "8", "sound": "aac"},
            id="Safari's and Chrome's video/mp4",
        ),
        pytest.param(
            "libvpx-vp9", "mp4", {"movflags": "frag_keyframe+empty_moov", "sound": "libopus"}, id="VP9 in MP4"
        ),
        pytest.param("libx264", "mov", {"sound": "aac"}, id="an iPhone's most compatible MOV"),
        pytest.param("libx265", "mov", {"sound": "aac", **SILENT_HEVC}, id="an iPhone's HEVC"),
        pytest.param("libx265", "matroska", SILENT_HEVC, id="an MKV of HEVC"),
        pytest.param("libx264", "3gp", {"sound": "aac"}, id="an Android's 3GP"),
        pytest.param("mpeg4", "3gp", {"sound": "aac"}, id="an old Android's 3GP"),
        pytest.param("libx264", "matroska", {"sound": "aac"}, id="an MKV with an index"),
    ],
)
def test_recordings_of_browsers_and_phones_are_decoded(codec: str, container: str, options: dict[str, str]) -> None:
    numbers, size, last_second = shown(encode_clip(numbered(), codec, container, **options))
    assert numbers == pytest.approx(range(FRAMES), abs=1)
    assert size == (64, 96)
    assert last_second == pytest.approx((FRAMES - 1) / 30, abs=0.03)


@pytest.mark.parametrize(
    ("codec", "container"), [("libx264", "mov"), ("libx265", "mov"), ("libx264", "3gp"), ("libx264", "matroska")]
)
def test_a_phone_held_upright_gives_an_upright_picture(codec: str, container: str) -> None:
    options = SILENT_HEVC if codec == "libx265" else {}
    pictures = numbered()[:12]  # x265 gives fewer than it reorders no decoding times, now and then
    clip = encode_clip(pictures, codec, container, matrix=PORTRAIT, **options)
    assert shown(clip)[1] == (96, 64)


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_pictures_at_irregular_times_keep_their_times(container: str) -> None:
    """A browser drops pictures when it is busy, a phone in the dark."""
    times = [*range(12), *range(20, 140, 10)]
    numbers, _, last_second = shown(encode_clip(numbered(), container=container, times=times))
    assert numbers == pytest.approx(range(FRAMES), abs=1)
    assert last_second == pytest.approx(130 / 30, abs=0.01)


def test_the_type_of_the_document_decides_nothing() -> None:
    chrome = encode_clip(numbered(), container="matroska", live="1")
    webm = chrome.replace(b"\x42\x82\x88matroska", b"\x42\x82\x88webm\0\0\0\0")
    assert webm != chrome
    assert shown(webm) == shown(chrome)


def test_a_codec_that_is_not_read_is_refused_with_the_setting_of_the_phone() -> None:
    prores = encode_clip(numbered()[:2], "mjpeg", "mov")
    with pytest.raises(errors.UnsupportedVideoTypeError, match="Most Compatible") as caught:
        inspect_clip(prores)
    assert caught.value.context["codec"] == "jpeg"


# what stands around the pictures of a file


@pytest.mark.parametrize(
    "trailer",
    [b"SEFT" + bytes(range(40)), b"\0\0\0\1SEFH" + bytes(64), b"\xff" * 200, b"\0\0\0\3" + b"vivo" * 30, b"\r\n" * 9],
    ids=["an older Samsung's", "a long box", "ones", "a short box", "lines"],
)
@pytest.mark.parametrize(
    "options", [{}, {"movflags": "frag_keyframe+empty_moov", "g": "8"}], ids=["whole", "fragments"]
)
def test_a_trailer_that_is_no_box_changes_nothing(trailer: bytes, options: dict[str, str]) -> None:
    clip = encode_clip(numbered(), **options)
    assert shown(clip + trailer) == shown(clip)


def test_quicktime_files_without_brands_and_with_filling_are_read() -> None:
    """Cameras of before 2005 wrote no brands, and some apps put filling before them."""
    mov = encode_clip(numbered(), container="mov")
    assert mov[4:8] == b"ftyp"
    assert shown(mov.replace(b"ftyp", b"free", 1)) == shown(mov)
    fragments = encode_clip(numbered(), movflags="frag_keyframe+empty_moov+default_base_moof")
    assert shown(box(b"wide") + box(b"free", bytes(8)) + fragments) == shown(fragments)
    with pytest.raises(errors.UnsupportedVideoTypeError):
        inspect_clip(box(b"free") * 50_000 + fragments)
