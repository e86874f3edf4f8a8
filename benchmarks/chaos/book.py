"""The account book: promises against what is there, entry by entry."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """One line of the book; it balances if `wrong` is empty."""

    name: str
    checked: int
    wrong: tuple[str, ...] = ()
    note: str = ""


class Book:
    """The entries in their order."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def add(self, name: str, checked: int, wrong: Iterable[str] = (), note: str = "") -> None:
        """Enter what was checked, and each thing that is not as promised."""
        entry = Entry(name, checked, tuple(wrong), note)
        self.entries.append(entry)
        print(f"  entered: {name}: {len(entry.wrong)} wrong of {checked}", flush=True)

    @property
    def balanced(self) -> bool:
        return not any(entry.wrong for entry in self.entries)

    def lines(self, examples: int = 8) -> Sequence[str]:
        """Return the table as lines."""
        width = max(len(entry.name) for entry in self.entries)
        lines = [f"{'entry':{width}}  checked  wrong"]
        for entry in self.entries:
            note = f"  {entry.note}" if entry.note else ""
            lines.append(f"{entry.name:{width}}  {entry.checked:7}  {len(entry.wrong):5}{note}")
            lines += [f"    {one}" for one in entry.wrong[:examples]]
        return lines
