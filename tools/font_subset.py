"""Make the fonts of the cards anew from Noto Serif CJK: `python -m tools.font_subset NotoSerifCJK-Regular.ttc`.

The collection is that of Debian's package fonts-noto-cjk. Two subsets are written, with Korean and with Japanese
forms, and the widths of their characters, by which lines are broken. Each has Latin, kana, punctuation and every
character that a text of the product has or a card draws beside it. The Korean one has the 2,350 Hangul syllables of
KS X 1001, too, the Japanese one the 2,965 kanji of the first level of JIS X 0208, so that most changes of texts need
no new font.
"""

import argparse
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTCollection, TTFont

PACKAGE: Final = Path(__file__).parent.parent / "src" / "gwansang"
FONTS: Final = PACKAGE / "drawing" / "fonts"
DRAWN_BESIDE_TEXTS: Final = [PACKAGE / folder for folder in ("reading", "drawing", "api/v1/cards")]  # such as hanja
SUBSETS: Final = {"NotoSerifKR-subset.otf": 1, "NotoSerifJP-subset.otf": 0}  # index of the face in the collection
_LATIN: Final = (range(0x20, 0x7F), range(0xA0, 0x180))
_CJK_PUNCTUATION_AND_KANA: Final = (range(0x3000, 0x303F), range(0x3041, 0x3100), range(0xFF01, 0xFF5F))
_SIGNS: Final = "‐–—―‘’“”†•…‥′″※→←↑↓○●◎△▲▽▼□■◇◆★☆♪〆°±×÷≒℃"
_UNUSED_TABLES: Final = ["GSUB", "BASE", "VORG", "vhea", "vmtx", "DSIG"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("collection", type=Path, help="NotoSerifCJK-Regular.ttc of fonts-noto-cjk")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further folders of texts")
    options = parser.parse_args()
    shown = characters_of([PACKAGE / "texts", *DRAWN_BESIDE_TEXTS, *options.also])
    wanted = {
        "NotoSerifKR-subset.otf": shown | set(_encoded(range(0xB0, 0xC9), "euc_kr")),
        "NotoSerifJP-subset.otf": {letter for letter in shown if not _is_hangul(letter)}
        | set(_encoded(range(0xB0, 0xD0), "euc_jp")),
    }
    widths: dict[str, dict[str, int]] = {}
    for name, index in SUBSETS.items():
        font = TTCollection(options.collection).fonts[index]
        cut_font(font, wanted[name] | _always())
        font.save(FONTS / name)
        widths |= {name: widths_of(font)}
        print(f"{name}: {len(font.getBestCmap())} characters, {(FONTS / name).stat().st_size:,} bytes")
    (FONTS / "widths.json").write_text(json.dumps(_shared(widths), ensure_ascii=False, indent=1) + "\n")


def characters_of(folders: Iterable[Path]) -> set[str]:
    """Return every printable character of the JSON files and modules in folders."""
    letters: set[str] = set()
    for folder in folders:
        for file in folder.rglob("*.json"):
            letters |= set(_leaves(json.loads(file.read_text())))
        for file in folder.rglob("*.py"):
            letters |= set(file.read_text())
    return {letter for letter in letters if letter.isprintable()}


def cut_font(font: TTFont, characters: Iterable[str]) -> None:
    """Leave only these characters in a font, with their kerning."""
    options = subset.Options()
    options.layout_features = ["kern"]
    options.drop_tables += _UNUSED_TABLES
    options.hinting = False
    options.notdef_outline = True
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[ord(character) for character in characters])
    subsetter.subset(font)


def widths_of(font: TTFont) -> dict[str, int]:
    """Return the widths in thousandths of an em of all characters that are not a whole em wide, Hangul as "가"."""
    widths = {}
    for code, glyph in font.getBestCmap().items():
        width, _ = font["hmtx"][glyph]
        if width != font["head"].unitsPerEm and (code == ord("가") or not _is_hangul(chr(code))):
            widths[chr(code)] = width
    return widths


def _shared(widths: dict[str, dict[str, int]]) -> dict[str, int]:
    """Return the widths of both faces as one table: where they share a character, it is equally wide."""
    korean, japanese = widths.values()
    unlike = {letter for letter in korean.keys() & japanese.keys() if korean[letter] != japanese[letter]}
    if unlike:
        raise SystemExit(f"not equally wide in both faces: {''.join(sorted(unlike))}")
    return dict(sorted((korean | japanese).items()))


def _always() -> set[str]:
    return {chr(code) for codes in (*_LATIN, *_CJK_PUNCTUATION_AND_KANA) for code in codes} | set(_SIGNS)


def _encoded(rows: range, encoding: str) -> Iterator[str]:
    """Yield the characters of some rows of a double-byte code."""
    for row in rows:
        for cell in range(0xA1, 0xFF):
            try:
                yield bytes((row, cell)).decode(encoding)
            except UnicodeDecodeError:
                continue


def _is_hangul(letter: str) -> bool:
    return "가" <= letter <= "힣"


def _leaves(document: object) -> str:
    if isinstance(document, dict):
        return "".join(map(_leaves, document.values()))
    return "".join(map(_leaves, document)) if isinstance(document, list) else str(document)


if __name__ == "__main__":
    main()
