"""What the doctor reports."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    GOOD = "[green]ok[/]     "
    NOTE = "[yellow]note[/]   "
    MISSING = "[red]missing[/]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's report."""

    verdict: Verdict
    what: str
    advice: str = ""
