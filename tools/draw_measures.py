"""Drawing of a face's points and measures as SVG, without its photo: what people marked beside what the product tells.

    python -m tools.draw_measures FACES OUT [--only NAME ...] [--models FOLDER]

FACES holds photos with `.tem` files of 189 hand-marked points; OUT gets an SVG of each. The pictures of the
documentation are two averaged faces, which are no people and from which nothing was learned (DeBruine 2016, "Young
adult composite faces", CC-BY), which were made by

    python -m tools.draw_measures faces/composite docs/pictures --only f_easian m_easian
"""

import argparse
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

import numpy as np

from gwansang.reading.hand_marks import parse_marks
from gwansang.vision.face import Face, Points
from gwansang.vision.measuring.channels import apply_matrix, crop_matrix
from gwansang.vision.measuring.template import DETAIL_POINTS, KEYS, POINT_COUNT, measure_template
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.models.runtime import Networks
from gwansang.vision.pipeline import read_photo

_SCALE = 2.4  # units of the picture per pixel of the eye-level crop
_LEFT, _TOP = 44.0, 20.0  # first column and row of the crop that are shown
_WIDTH, _HEIGHT = 1180, 890
_TABLE_LEFT, _TABLE_TOP, _ROW = 676, 176, 27
_INK, _MESH, _MARKED, _TOLD = "#7a7a7a", "#9a9a9a", "#d9730d", "#2f7fd0"  # legible on light and on dark pages
_SOURCE = "Made from: DeBruine (2016), Young adult composite faces, CC-BY."
_Place = tuple[int, ...]  # points whose mean is meant


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a measure: points whose means it joins; label at (x, y) from the place `labelled`, in picture units.

    name: of the table's row, empty for a second line of the same measure.
    """

    key: str
    name: str
    places: tuple[_Place, ...]
    label: tuple[float, float] | None = None
    labelled: int = -1


_LINES = (
    _Line("BG", "gap of the brows / width of the eyes", ((76,), (77,)), (-72, -8)),
    _Line("BS", "slope of the brows, degrees", ((75, 76), (71,)), (-26, 4)),
    _Line("BS", "", ((78, 77), (82,))),
    _Line("ES", "between the eyes / width of an eye", ((22,), (23,)), (9, 5)),
    _Line("EO", "height / width of an eye", ((20,), (29,)), (-12, 20)),
    _Line("EO", "", ((25,), (32,))),
    _Line("NL", "length of the nose / of the face", ((50, 56), (55,)), (7, -105)),
    _Line("NA", "width of the nose / between the eyes", ((62, 63), (67, 68)), (9, 5)),
    _Line("PL", "height of the philtrum / lower third", ((55,), (90,)), (7, -36)),
    _Line("LF", "height of both lips / width of the mouth", ((90,), (96,)), (7, -12)),
    _Line("LF", "", ((101,), (106,))),
    _Line("MW", "width of the mouth / between the eyes", ((87,), (93,)), (9, 5)),
    _Line("CL", "chin under the lips / length of the nose", ((106,), (129,)), (7, -52)),
    _Line("CW", "width of the chin / of the face", ((128,), (130,)), (12, 14)),
    _Line("JW", "width of the jaw / of the face", ((126,), (132,)), (9, 12)),
    _Line("JA", "angle of the jaw, degrees", ((111,), (126,), (128,)), (-32, 16), 1),
    _Line("JA", "", ((114,), (132,), (130,))),
    _Line("FL", "length of the face / its width", ((110,), (113,)), (9, 5)),
)
_WITHOUT_LINE = (
    ("UL", "height of the upper lip / lower lip"),
    ("MC", "rise of the mouth's corners, degrees"),
    ("BE", "brow over the eye / width of an eye"),
)


@dataclass(frozen=True, slots=True)
class _Drawing:
    """Points in units of the picture: mesh (468, 2); marked, told (189, 2), NaN where there is no point."""

    mesh: Points
    marked: Points
    told: Points


def draw(face: Face, marks: Points, title: str) -> str:
    """Return the SVG of a measured face and its (189, 2) hand marks in pixels of the photo."""
    told = np.full((POINT_COUNT, 2), np.nan)
    told[list(DETAIL_POINTS)] = face.details
    matrix = crop_matrix(face.points)
    mesh, marked, details = (
        (apply_matrix(matrix, points) - (_LEFT, _TOP)) * _SCALE
        for points in (face.points[:VERTEX_COUNT, :2], marks, told)
    )
    drawing = _Drawing(mesh, marked, details)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="15" fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        *_face(drawing),
        *_legend(title),
        *_table(face, dict(zip(KEYS, measure_template(marks).tolist(), strict=True))),
        f'<text x="{_TABLE_LEFT}" y="{_HEIGHT - 16}" font-size="13">{escape(_SOURCE)}</text>',
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _face(drawing: _Drawing) -> list[str]:
    marked = [path for line in _LINES if (path := _polyline(drawing.marked, line))]
    told = [_polyline(drawing.told, line) for line in _LINES]
    details = list(DETAIL_POINTS)
    return [
        f'<path d="{_dots(drawing.mesh)}" stroke="{_MESH}" stroke-width="3" stroke-linecap="round"/>',
        f'<path d="{"".join(marked)}" fill="none" stroke="{_MARKED}" stroke-width="3.5" stroke-opacity=".75"/>',
        f'<path d="{"".join(told)}" fill="none" stroke="{_TOLD}" stroke-width="1.5"/>',
        f'<g fill="none" stroke="{_MARKED}" stroke-width="1.5">{_circles(drawing.marked[details], 4.5)}</g>',
        f'<g fill="{_TOLD}">{_circles(drawing.told[details], 2.4)}</g>',
        f'<g font-size="14" font-weight="bold" fill="{_TOLD}">{_labels(drawing.told)}</g>',
    ]


def _polyline(points: Points, line: _Line) -> str:
    return "M" + "L".join(_pair(points[list(place)].mean(axis=0)) for place in line.places)


def _labels(told: Points) -> str:
    texts = []
    for line in _LINES:
        if line.label is not None:
            x, y = told[list(line.places[line.labelled])].mean(axis=0) + line.label
            texts.append(f'<text x="{x:.0f}" y="{y:.0f}">{line.key}</text>')
    return "".join(texts)


def _dots(points: Points) -> str:
    return "".join(f"M{_pair(point)}h0" for point in points)


def _circles(points: Points, radius: float) -> str:
    return "".join(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>' for x, y in points)


def _pair(point: Points) -> str:
    return f"{point[0]:.1f} {point[1]:.1f}"


def _legend(title: str) -> Iterable[str]:
    x, y = _TABLE_LEFT, 64
    yield f'<text x="{x}" y="32" font-size="19">{escape(title)}</text>'
    yield f'<circle cx="{x + 12}" cy="{y - 5}" r="1.5" fill="{_MESH}"/>'
    yield f'<text x="{x + 32}" y="{y}">{VERTEX_COUNT} vertices of the mesh</text>'
    yield f'<path d="M{x} {y + 19}h24" stroke="{_MARKED}" stroke-width="3.5" stroke-opacity=".75"/>'
    yield f'<circle cx="{x + 12}" cy="{y + 19}" r="4.5" fill="none" stroke="{_MARKED}" stroke-width="1.5"/>'
    yield f'<text x="{x + 32}" y="{y + 24}">marked by hand, {len(DETAIL_POINTS)} of {POINT_COUNT} points</text>'
    yield f'<path d="M{x} {y + 43}h24" stroke="{_TOLD}" stroke-width="1.5"/>'
    yield f'<circle cx="{x + 12}" cy="{y + 43}" r="2.4" fill="{_TOLD}"/>'
    yield f'<text x="{x + 32}" y="{y + 48}">told by the product, {len(DETAIL_POINTS)} detail points</text>'


def _table(face: Face, marked: dict[str, float]) -> Iterable[str]:
    x, columns = _TABLE_LEFT, (_TABLE_LEFT + 40, _WIDTH - 112, _WIDTH - 8)
    heads = (
        f'<tspan x="{columns[1]}" fill="{_MARKED}">marked</tspan><tspan x="{columns[2]}" fill="{_TOLD}">told</tspan>'
    )
    yield f'<text y="{_TABLE_TOP - 10}" text-anchor="end">{heads}</text>'
    rows = [(line.key, line.name) for line in _LINES if line.name] + list(_WITHOUT_LINE)
    for index, (key, name) in enumerate(rows):
        y = _TABLE_TOP + 18 + index * _ROW
        digits = 1 if name.endswith("degrees") else 2
        value, told, error = (
            round(number, digits) + 0.0 for number in (marked[key], face.values[key], face.errors[key])
        )
        yield f'<text x="{x}" y="{y}" font-weight="bold">{key}</text><text x="{columns[0]}" y="{y}">{name}</text>'
        yield (
            f'<text y="{y}" text-anchor="end"><tspan x="{columns[1]}">{value:.{digits}f}</tspan>'
            f'<tspan x="{columns[2]}">{told:.{digits}f} ± {error:.{digits}f}</tspan></text>'
        )


def _photos(folder: Path, only: Sequence[str]) -> list[Path]:
    """Return the photos with marks, in the order of their names, all or only the named ones."""
    photos = [file for file in sorted(folder.glob("*.jpg")) if file.with_suffix(".tem").exists()]
    return [file for file in photos if not only or file.stem in only]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faces", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="names of photos, without suffix")
    parser.add_argument("--models", type=Path, default=Path(".models"), help="folder of the networks")
    options = parser.parse_args()
    photos = _photos(options.faces, options.only)
    if not photos:
        raise SystemExit(f"{options.faces} has no photos with .tem files beside them.")
    networks = Networks.load(options.models)
    options.out.mkdir(parents=True, exist_ok=True)
    for photo in photos:
        face = read_photo(photo.read_bytes(), networks)
        marks = parse_marks(photo.with_suffix(".tem").read_text(encoding="utf-8"))
        target = options.out / f"{photo.stem}.svg"
        target.write_text(draw(face, marks, f"Averaged face {photo.stem}"), encoding="utf-8")
        print(f"{target}: {target.stat().st_size / 1000:.1f} kB")


if __name__ == "__main__":
    main()
