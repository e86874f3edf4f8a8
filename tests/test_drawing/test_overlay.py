"""Drawings of measured lines: names stay apart and in the picture, hostile names stay names."""

from xml.etree import ElementTree as ET

import pytest

from gwansang.drawing.overlay import Canvas, MeasuredLine, MeasuredPart, draw_overlay
from gwansang.drawing.text_width import text_width

SVG = "{http://www.w3.org/2000/svg}"
JPEG = b"\xff\xd8\xff"


def across(left: float, right: float, count: int = 12) -> list[MeasuredPart]:
    """Return parts whose lines cross a face between two fractions of the width, all near its middle."""
    heights = [0.45 + 0.01 * row for row in range(count)]
    return [MeasuredPart(f"부위 {y:.2f}", [MeasuredLine([(left, y), (right, y)])]) for y in heights]


def drawn(parts: list[MeasuredPart], *, jpeg: bytes | None = JPEG, notice: str = "재미로 봐요.") -> ET.Element:
    drawing = draw_overlay(parts, Canvas(400, 500, jpeg), "제목", notice, font="Noto Serif CJK KR")
    return ET.fromstring(drawing)  # noqa: S314 - our own


def boxes_of(drawing: ET.Element) -> list[tuple[float, float, float, float]]:
    """Return left, top, right and bottom of the boxes of the names."""
    boxes = [box for box in drawing.iter(f"{SVG}rect") if "rx" in box.attrib]
    sides = [[float(box.attrib[name]) for name in ("x", "y", "width", "height")] for box in boxes]
    return [(x, y, x + width, y + height) for x, y, width, height in sides]


@pytest.mark.parametrize("jpeg", [JPEG, None])
def test_names_stay_apart_and_inside_the_picture(jpeg: bytes | None) -> None:
    drawing = drawn(across(0.2, 0.8), jpeg=jpeg)
    left, _, width, height = map(float, drawing.attrib["viewBox"].split())
    boxes = boxes_of(drawing)
    assert len(boxes) == 12
    assert all(left <= x0 and x1 <= left + width and y0 >= 0 and y1 <= height for x0, y0, x1, y1 in boxes)
    assert not any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
        for index, a in enumerate(boxes)
        for b in boxes[index + 1 :]
    )


def test_a_picture_is_widened_for_names_without_room_and_only_over_a_photo() -> None:
    roomy, narrow, alone = drawn(across(0.4, 0.6)), drawn(across(0.1, 0.9)), drawn(across(0.1, 0.9), jpeg=None)
    widths = [float(drawing.attrib["width"]) for drawing in (roomy, narrow, alone)]
    assert widths[0] == widths[2] == 400
    assert widths[1] > 450
    face_left = 0.1 * 400
    assert all(x1 <= face_left or x0 >= 0.9 * 400 for x0, _, x1, _ in boxes_of(narrow))


def test_names_fit_their_boxes() -> None:
    drawing = drawn(across(0.3, 0.7))
    for line, (_, _, right, _) in zip(
        (line for line in drawing.iter(f"{SVG}text") if "부위" in (line.text or "")), boxes_of(drawing), strict=True
    ):
        assert float(line.attrib["x"]) + text_width(line.text or "") * float(line.attrib["font-size"]) <= right


def test_hostile_names_stay_names() -> None:
    name = "<script>alert('1')</script>&"
    drawing = drawn([MeasuredPart(name, [MeasuredLine([(0.4, 0.5), (0.6, 0.5)])])], notice=name)
    assert {node.tag.removeprefix(SVG) for node in drawing.iter()} <= {
        *("svg", "title", "desc", "g", "rect", "circle", "path", "text", "image")
    }
    assert name in {line.text for line in drawing.iter(f"{SVG}text")}


def test_a_reading_without_lines_is_a_photo_with_the_notice() -> None:
    drawing = drawn([MeasuredPart("눈", [])])
    assert [line.text for line in drawing.iter(f"{SVG}text")] == ["재미로 봐요."]


def test_points_are_not_joined() -> None:
    drawing = drawn([MeasuredPart("눈", [MeasuredLine([(0.4, 0.5), (0.5, 0.5), (0.6, 0.5)], joined=False)])])
    assert len(list(drawing.iter(f"{SVG}circle"))) == 3
    assert len(list(drawing.iter(f"{SVG}path"))) == 1  # the pointer of the name
