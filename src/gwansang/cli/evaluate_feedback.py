"""`gwansang evaluate feedback`: how often users said that a shape fits, with Wilson's intervals."""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gwansang.cli.failure import CommandError, write_json
from gwansang.cli.options import read_settings
from gwansang.config import Settings
from gwansang.container import open_accounts
from gwansang.services.readings.feedback_service import ShapeCount

_Z95 = 1.959964  # of the two-sided 95 % interval


def evaluate_feedback(
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="OUT", help="Write every figure to a file.")
    ] = None,
) -> None:
    """Print how often users said that a shape fits, by part, shape and content version; exit code 1 without answers."""
    counts = asyncio.run(_load_counts(read_settings()))
    if not counts:
        raise CommandError("There are no answers yet: they come from users who agree to `improve`.")
    Console(soft_wrap=True, highlight=False).print(_table(counts))
    if json_file is not None:
        write_json(json_file, {"counts": [{**asdict(one), "interval": _interval(one)} for one in counts]})


async def _load_counts(settings: Settings) -> Sequence[ShapeCount]:
    async with open_accounts(settings) as accounts:
        return await accounts.feedback.counts()


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927); total: at least 1."""
    share, square = hits / total, _Z95 * _Z95
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = _Z95 / (1 + square / total) * math.sqrt(share * (1 - share) / total + square / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def _interval(count: ShapeCount) -> tuple[float, float]:
    return wilson_interval(count.fits, count.fits + count.fits_not)


def _table(counts: Sequence[ShapeCount]) -> Table:
    table = Table(title="Parts that users said fit", box=None, padding=(0, 2, 0, 0))
    for heading in ("part", "shape", "content"):
        table.add_column(heading)
    for heading in ("fits", "of", "share", "95 %"):
        table.add_column(heading, justify="right")
    for one in counts:
        total, (low, high) = one.fits + one.fits_not, _interval(one)
        figures = (str(one.fits), str(total), f"{one.fits / total:.0%}", f"{low:.0%}–{high:.0%}")
        table.add_row(one.part, one.shape_id, one.content_version, *figures)
    return table
