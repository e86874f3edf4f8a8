"""A reading for people: title, story and topics first; in full, every part, zone, palace and year, too."""

from collections.abc import Iterator
from typing import TypedDict

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gwansang.reading.covers import UNSEEN_SHAPE
from gwansang.reading.model import ENERGIES
from gwansang.schemas.analysis import FaceReading, PartOut, ReasonOut
from gwansang.schemas.topics import TopicOut
from gwansang.texts import Locale, join_sentences, load

_BAR_CELLS = 20
_UNITS = {"ratio": "", "log_ratio": "", "deg": "°"}


class ReportText(TypedDict):
    """Headings and labels of a report."""

    overall: str
    energies: dict[str, str]
    element: str
    columns: list[str]
    percentile: str  # {}
    fortune: str
    lucky: str
    quality: str
    topic: dict[str, str]  # strength, caution, today
    parts: str
    zones: str
    palaces: str
    ages: str


def render_reading(name: str, reading: FaceReading, locale: Locale, *, full: bool = False) -> RenderableType:
    """Return the reading of a photo as one panel; full: with all parts and their reasons, zones, palaces and years."""
    texts = load("report", locale, ReportText)
    sections = (
        _story(reading),
        *(_topic(topic, texts) for topic in reading.topics),
        _summary(reading, texts),
        *(_whole_face(reading, texts) if full else ()),
        _fortune(reading, texts),
        _quality(reading, texts),
        Text(reading.disclaimer, style="dim"),
    )
    return Panel(Group(*sections), title=escape(name), padding=(1, 2))


def _story(reading: FaceReading) -> RenderableType:
    return Group(Text(reading.title, style="bold cyan"), Text(reading.story), "")


def _topic(topic: TopicOut, texts: ReportText) -> RenderableType:
    labels = texts["topic"]
    grid = Table.grid(padding=(0, 2))
    for key in ("strength", "caution", "today"):
        grid.add_row(Text(labels[key], style="dim"), Text(getattr(topic, key)))
    return Group(Text(topic.name, style="bold"), Text(topic.text), grid, "")


def _whole_face(reading: FaceReading, texts: ReportText) -> Iterator[RenderableType]:
    yield _parts(reading, texts)
    for part in reading.parts_analysis.values():
        yield _paragraph(part.name, join_sentences(filter(None, (part.meaning, part.note))))
    yield ""
    zones = (reading.zones.upper, reading.zones.middle, reading.zones.lower)
    yield Group(
        Text(texts["zones"], style="bold"), *(_paragraph(zone.name, zone.meaning) for zone in zones if zone), ""
    )
    palaces = (_paragraph(palace.name, palace.meaning) for palace in reading.palaces)
    yield Group(Text(texts["palaces"], style="bold"), *palaces, "")
    if reading.ages.positions:
        yield Group(Text(texts["ages"], style="bold"), *(Text(one.meaning) for one in reading.ages.positions), "")


def _paragraph(name: str, text: str) -> RenderableType:
    return Text.assemble((f"{name}  ", "bold"), text)


def _summary(reading: FaceReading, texts: ReportText) -> RenderableType:
    grid = Table.grid(padding=(0, 2))
    grid.add_row(texts["overall"], _bar(reading.overall_score / 100), f"[bold]{reading.overall_score}[/] / 100")
    scores = reading.energy_scores.model_dump()
    for energy in ENERGIES:
        grid.add_row(texts["energies"][energy], _bar(scores[energy] / 5), f"{scores[energy]} / 5")
    element = reading.element
    share = share_of(reading, element.primary)
    grid.add_row(texts["element"], _bar(share), f"{element.name} {share:.0%}")
    return Group(grid, "")


def share_of(reading: FaceReading, element: str) -> float:
    """Return the share of an element, 0 if the reading names none."""
    return reading.element.shares.get(element, 0.0)


def _bar(share: float) -> Text:
    full = round(max(0.0, min(1.0, share)) * _BAR_CELLS)
    return Text.assemble(("█" * full, "cyan"), ("░" * (_BAR_CELLS - full), "dim"))


def _parts(reading: FaceReading, texts: ReportText) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("#", justify="right", style="dim")
    for heading, right in zip(texts["columns"], (False, False, True, True, False), strict=True):
        table.add_column(heading, justify="right" if right else "left")
    for number, part in enumerate(reading.parts_analysis.values(), start=1):
        name, shape = f"{part.name} {part.hanja}", escape(part.shape)
        if part.shape_id == UNSEEN_SHAPE:
            table.add_row(str(number), name, shape, "–", "–", "", style="dim")
        else:
            cells = (f"[bold]{shape}[/]", str(part.score), f"{part.probability:.0%}", _key_reason(part, texts))
            table.add_row(str(number), name, *cells)
    return Group(table, "")


def _key_reason(part: PartOut, texts: ReportText) -> str:
    return escape(format_reason(part.reasons[0], texts)) if part.reasons else ""


def format_reason(reason: ReasonOut, texts: ReportText) -> str:
    """Return a measure with its value and percentile."""
    value = f"{reason.value:.3g}{_UNITS.get(reason.unit, '')}"
    return f"{reason.label} {value} · {texts['percentile'].format(reason.percentile)}"


def _fortune(reading: FaceReading, texts: ReportText) -> RenderableType:
    fortune, lucky = reading.fortune, reading.fortune.lucky
    numbers = ", ".join(map(str, lucky.numbers))
    head = f"[bold]{texts['fortune']}[/] {fortune.date} {fortune.day_pillar_name}({fortune.day_pillar})"
    luck = f"{texts['lucky']}: {lucky.color} · {lucky.direction} · {numbers} · {lucky.hours}"
    return Group(head, escape(reading.today_fortune), f"[dim]{escape(luck)}[/]", "")


def _quality(reading: FaceReading, texts: ReportText) -> RenderableType:
    quality = reading.quality
    facts = [f"yaw {quality.yaw_deg:+.0f}°", f"pitch {quality.pitch_deg:+.0f}°", f"roll {quality.roll_deg:+.0f}°"]
    if quality.distance_cm is not None:
        facts.append(f"{quality.distance_cm:.0f} cm")
    head = f"[bold]{texts['quality']}[/] {quality.score:.0%} · {' · '.join(facts)}"
    lines = [f"[yellow]![/] {escape(advice.text)}" for advice in quality.advice]
    return Group(head, *lines, "")
