"""Language of the code base: beginnings and words of docstrings, collisions of public names.

    python -m tests.support.prose [FOLDER ...]

prints one line for each folder: the shares of docstrings that begin with an interrogative instead of a verb or a name
(HEADLESS), and that contain words which TOLD and WHERE match. `--list FOLDER ...` prints each of these docstrings.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

HEADLESS = re.compile(r"(What|Whether|Who|Whoever|Whom|Whose|How|Where|Which|When|Why)\b")
TOLD = re.compile(r"\b(told|tells?|telling)\b", re.IGNORECASE)
WHERE = re.compile(r"\bwhere\b", re.IGNORECASE)
FOLDERS = ("src", "tests", "benchmarks", "calibration")
MAX_PERCENT = {"headless": 2.0, "told": 0.5, "where": 3.0}
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_DEFINITIONS = (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True, slots=True)
class Docstring:
    """A docstring and its position."""

    file: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class ProseCount:
    """Counts of docstrings, in all and by fault."""

    docstrings: int
    headless: int
    told: int
    where: int

    def percent(self, count: int) -> float:
        """Return `count` as a percentage of all docstrings."""
        return 100 * count / self.docstrings if self.docstrings else 0.0


def docstrings_of(text: str, file: str) -> Iterator[Docstring]:
    """Yield every docstring of a module's source text."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, _DOCUMENTED) and (docstring := ast.get_docstring(node)):
            yield Docstring(file, node.body[0].lineno, docstring)


def docstrings_in(folder: Path) -> list[Docstring]:
    """Return every docstring of the Python files below a folder."""
    files = sorted(folder.rglob("*.py"))
    return [found for path in files for found in docstrings_of(path.read_text(encoding="utf-8"), str(path))]


def count_prose(docstrings: Iterable[Docstring]) -> ProseCount:
    """Count the docstrings with each fault."""
    texts = [docstring.text for docstring in docstrings]
    return ProseCount(
        docstrings=len(texts),
        headless=sum(bool(HEADLESS.match(text)) for text in texts),
        told=sum(bool(TOLD.search(text)) for text in texts),
        where=sum(bool(WHERE.search(text)) for text in texts),
    )


def language_faults(docstrings: Iterable[Docstring]) -> list[str]:
    """Return a line for each fault whose share of the docstrings is above its bound."""
    count = count_prose(docstrings)
    counts = {"headless": count.headless, "told": count.told, "where": count.where}
    return [
        f"{name}: {percent:.1f} % of {count.docstrings} docstrings, at most {MAX_PERCENT[name]} %"
        for name, number in counts.items()
        if (percent := count.percent(number)) > MAX_PERCENT[name]
    ]


def public_names(text: str) -> list[str]:
    """Return the public classes and functions that a module's source text defines at its top level."""
    body = ast.parse(text).body
    return [node.name for node in body if isinstance(node, _DEFINITIONS) and not node.name.startswith("_")]


def colliding_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the public names that two or more modules of one package define, with those modules.

    sources: module texts by path relative to the root package; a package is the first folder of that path.
    """
    modules: dict[str, list[str]] = defaultdict(list)
    for path, text in sources.items():
        package = path.split("/", maxsplit=1)[0] if "/" in path else ""
        for name in public_names(text):
            modules[f"{package}:{name}"].append(path)
    return {name: paths for name, paths in sorted(modules.items()) if len(paths) > 1}


def main(folders: list[str]) -> None:
    """Print the counts of each folder, or with `--list FOLDER ...` each docstring at fault."""
    if folders[:1] == ["--list"]:
        for folder in folders[1:]:
            for found in docstrings_in(Path(folder)):
                if HEADLESS.match(found.text) or TOLD.search(found.text) or WHERE.search(found.text):
                    print(f"{found.file}:{found.line}: {found.text.splitlines()[0]}")  # noqa: T201 - a command's output
        return
    print(f"{'':24}{'docstrings':>12}{'headless':>10}{'told':>8}{'where':>8}")  # noqa: T201 - a command's output
    for folder in folders or FOLDERS:
        count = count_prose(docstrings_in(Path(folder)))
        shares = [count.percent(part) for part in (count.headless, count.told, count.where)]
        print(f"{folder:24}{count.docstrings:12}{shares[0]:9.1f}%{shares[1]:7.1f}%{shares[2]:7.1f}%")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1:])
