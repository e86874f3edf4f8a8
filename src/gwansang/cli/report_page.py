"""A reading as one HTML page that needs nothing else: the drawn photo, style and texts are in it; it has no script."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gwansang.cli.overlay import overlay_on
from gwansang.cli.report import ReportText, format_reason, share_of
from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.elements import ELEMENTS
from gwansang.reading.model import ENERGIES
from gwansang.reading.texts import elements_text
from gwansang.schemas.analysis import FaceReading, PartOut
from gwansang.texts import load

if TYPE_CHECKING:
    from jinja2 import Template

_FOLDER = Path(__file__).parent / "templates"


def report_page(name: str, reading: FaceReading, photo: bytes | None) -> str:
    """Return the page of a reading; `photo` is drawn with its measured lines, a clip has none."""
    texts = load("report", reading.locale, ReportText)
    names = elements_text(reading.locale)["elements"]
    energies = reading.energy_scores.model_dump()
    return _template().render(
        name=name,
        reading=reading,
        texts=texts,
        picture=None if photo is None else overlay_on(photo, reading),
        energies=[(texts["energies"][energy], energies[energy]) for energy in ENERGIES],
        elements=[(names[element]["name"], share_of(reading, element)) for element in ELEMENTS],
        parts=[_part(part, texts) for part in reading.parts_analysis.values()],
        zones=[zone for zone in (reading.zones.upper, reading.zones.middle, reading.zones.lower) if zone],
    )


def _part(part: PartOut, texts: ReportText) -> dict[str, Any]:
    return {
        "part": part,
        "seen": part.shape_id != UNSEEN_SHAPE,
        "reasons": [(format_reason(reason, texts), reason.classic) for reason in part.reasons],
    }


@cache
def _template() -> "Template":
    """Return the template; it escapes every value, and a value that is missing is an error."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 20 ms of every command

    loader = FileSystemLoader(_FOLDER)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("report.html")
