"""`gwansang evaluate quality`: what is said of covers, changes and harmless things that are drawn on photos."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.drawn_photos import (
    KINDS,
    DrawingPlan,
    DrawnOutcome,
    DrawnSession,
    Kind,
    evaluate_drawings,
)
from gwansang.cli.failure import CommandError, naming_file, write_json
from gwansang.cli.options import read_norms, read_settings
from gwansang.cli.people_info import PersonInfo, read_people_info
from gwansang.cli.photo_set import PhotoSetResult, photos_by_name, process_photos, rejection_lines
from gwansang.vision.drawn.catalog import ALARMS

Result = PhotoSetResult[str, DrawnSession]
_TITLES: dict[Kind, str] = {
    "cover": "Covers, which a warning has to name",
    "harmless": "Harmless things, which no warning names",
    "change": "Changes of the picture, which a warning has to name",
    "steady change": "Changes that a reading has to withstand",
    "composition": "Compositions of one person",
}
_DUE: dict[Kind, str] = {
    "cover": "warned rightly",
    "harmless": "no warning",
    "change": "warned rightly",
    "steady change": "no warning",
    "composition": "counted as one",
}
_SHEET_COLUMNS = 10


@dataclass(frozen=True, slots=True)
class _Row:
    """Figures of one drawing; parts_told, parts_kept: means, of 15; refused, wrong_codes: numbers by code."""

    drawn: int
    right: int
    wrong: int
    refused: Mapping[str, int]
    parts_told: float | None
    parts_kept: float | None
    covered_parts: int
    covered_parts_decided: int
    wrong_codes: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Alarms:
    """False alarms on the bare photos of one group."""

    photos: int
    alarms: int
    codes: Mapping[str, int]


def evaluate_quality(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Photos of bare faces, one person each; info.csv beside them gives groups."),
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write a contact sheet of every drawing, with what was said.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed gives other shapes, colours and strengths.")] = 0,
    photos: Annotated[int | None, typer.Option(min=1, help="Draw on so many photos only, chosen by the seed.")] = None,
    times: Annotated[int, typer.Option(min=1, help="Drawings of each kind on each photo.")] = 1,
    compositions: Annotated[int, typer.Option(min=0, help="Compositions of each photo.")] = 10,
    only: Annotated[
        list[str] | None, typer.Option(metavar="KIND", help=f"Draw these kinds only: {', '.join(KINDS)}.")
    ] = None,
) -> None:
    """Draw covers and changes on photos and compare what is said of them; exit code 1 if no photo can be read."""
    settings = read_settings()
    norms = read_norms(settings.norms_path)
    plan = DrawingPlan(norms, seed, _kinds(only), times, compositions, tiles=save is not None)
    people = _choose(photos_by_name(folder), photos, seed)
    result = process_photos(people, settings.model_path, settings.inference_workers, partial(evaluate_drawings, plan))
    if not result.photos:
        why = "; ".join(rejection_lines(result)) or "there is no photo in it"
        raise CommandError(f"Nothing can be drawn on in {folder}: {why}.")
    outcomes = [outcome for sessions in result.people.values() for one in sessions for outcome in one.outcomes]
    rows = {kind: _rows([one for one in outcomes if one.kind == kind]) for kind in KINDS if kind in plan.kinds}
    alarms = _alarms(result, read_people_info(folder))
    console = Console(soft_wrap=True, highlight=False)
    for kind, figures in rows.items():
        console.print(_table(kind, figures), "")
    console.print(_alarms_table(alarms), "")
    console.print(f"{result.photos} photos of {len(people)} people, seed {seed}, norms {norms.id}", markup=False)
    for line in rejection_lines(result):
        console.print(line, markup=False)
    if save is not None:
        _save_sheets(save, outcomes)
    if json_file is not None:
        counts = {"photos": result.photos, "people": len(people), "seed": seed, "refused": dict(result.rejected)}
        drawn = {kind: {name: asdict(row) for name, row in figures.items()} for kind, figures in rows.items()}
        write_json(json_file, {**counts, "drawn": drawn, "bare": {name: asdict(row) for name, row in alarms.items()}})


def _kinds(only: list[str] | None) -> frozenset[Kind]:
    chosen = frozenset(kind for kind in KINDS if only is None or kind in only)
    unknown = set(only or ()) - chosen
    if unknown:
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} is none of {', '.join(KINDS)}", param_hint="--only")
    return chosen


def _choose(people: Mapping[str, Sequence[Path]], count: int | None, seed: int) -> dict[str, list[Path]]:
    """Return all photos by person, or so many of them, of as many people as there are."""
    shuffled = np.random.default_rng(seed).permutation(sorted(people)).tolist()
    rounds = max(map(len, people.values()), default=0)
    order = [(name, people[name][n]) for n in range(rounds) for name in shuffled if n < len(people[name])]
    chosen: dict[str, list[Path]] = {}
    for name, photo in order[:count]:
        chosen.setdefault(name, []).append(photo)
    return chosen


def _rows(outcomes: Sequence[DrawnOutcome]) -> dict[str, _Row]:
    """Return the figures of each drawing, in the order in which they were drawn, and of all together."""
    names = dict.fromkeys(outcome.name for outcome in outcomes)
    rows = {name: _row([one for one in outcomes if one.name == name]) for name in names}
    return {**rows, "all": _row(outcomes)} if len(rows) > 1 else rows


def _row(outcomes: Sequence[DrawnOutcome]) -> _Row:
    kept = [one.kept for one in outcomes if one.kept is not None]
    told = [one.told for one in outcomes if one.told is not None]
    return _Row(
        drawn=len(outcomes),
        right=sum(one.right for one in outcomes),
        wrong=sum(bool(one.wrong) for one in outcomes),
        refused=_count(one.refused for one in outcomes if one.refused is not None),
        parts_told=sum(told) / len(told) if told else None,
        parts_kept=sum(kept) / len(kept) if kept else None,
        covered_parts=sum(one.covered for one in outcomes),
        covered_parts_decided=sum(one.decided for one in outcomes),
        wrong_codes=_count(code for one in outcomes for code in one.wrong),
    )


def _table(kind: Kind, rows: Mapping[str, _Row]) -> Table:
    columns = {
        "drawn": [str(row.drawn) for row in rows.values()],
        _DUE[kind]: [_share(row.right, row.drawn) for row in rows.values()],
        "warned wrongly": [_share(row.wrong, row.drawn) for row in rows.values()],
        "refused": [_listed(row.refused) for row in rows.values()],
        "parts kept, of told": [_parts(row) for row in rows.values()],
        "covered parts decided": [_share(row.covered_parts_decided, row.covered_parts) for row in rows.values()],
        "wrong codes": [_listed(row.wrong_codes) for row in rows.values()],
    }
    used = {head: cells for head, cells in columns.items() if any(cells)}
    table = Table("", *used, title=_TITLES[kind], title_justify="left", box=None)
    for name, *cells in zip(rows, *used.values(), strict=True):
        table.add_row(name, *cells)
    return table


def _parts(row: _Row) -> str:
    return "" if row.parts_kept is None else f"{row.parts_kept:.1f} of {row.parts_told:.1f}"


def _count(codes: Iterable[str]) -> dict[str, int]:
    return dict(Counter(codes).most_common())


def _listed(codes: Mapping[str, int]) -> str:
    return ", ".join(f"{code} {count}" for code, count in codes.items())


def _share(count: int, of: int) -> str:
    return f"{count} ({100 * count / of:.1f} %)" if of else ""


def _alarms(result: Result, info: Mapping[str, PersonInfo]) -> dict[str, _Alarms]:
    """Return the bare photos that get a warning which none of them should get: all, then by sex, then by origin."""
    groups: dict[tuple[int, str], list[frozenset[str]]] = {}
    for person, sessions in result.people.items():
        known = info.get(person, PersonInfo())
        for group in enumerate(("all", known.sex, known.origin)):
            groups.setdefault(group, []).extend(session.bare.codes & ALARMS for session in sessions)
    return {
        name: _Alarms(len(codes), sum(map(bool, codes)), _count(code for one in codes for code in one))
        for (_, name), codes in sorted(groups.items())
        if name
    }


def _alarms_table(alarms: Mapping[str, _Alarms]) -> Table:
    table = Table("group", "photos", "false alarms", "codes", title="Bare photos", title_justify="left", box=None)
    for name, row in alarms.items():
        table.add_row(name, str(row.photos), _share(row.alarms, row.photos), _listed(row.codes))
    return table


def _save_sheets(folder: Path, outcomes: Sequence[DrawnOutcome]) -> None:
    """Write one PNG for each drawing, with a tile for each photo."""
    with naming_file(folder):
        folder.mkdir(parents=True, exist_ok=True)
    for name in dict.fromkeys(outcome.name for outcome in outcomes):
        coded = [one.tile for one in outcomes if one.name == name and one.tile is not None]
        tiles = [cv2.imdecode(np.frombuffer(tile, np.uint8), cv2.IMREAD_COLOR) for tile in coded]
        shown = [tile for tile in tiles if tile is not None]
        columns = min(_SHEET_COLUMNS, len(shown))
        shown += [np.full_like(shown[0], 255)] * (-len(shown) % columns)
        sheet = np.vstack([np.hstack(shown[n : n + columns]) for n in range(0, len(shown), columns)])
        path = folder / f"{name.replace(' ', '-').replace('%', 'percent')}.png"
        with naming_file(path):
            path.write_bytes(cv2.imencode(".png", sheet)[1].tobytes())
