"""Templates and style sheets of pages that the server renders."""

from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import Environment, Template

_FOLDER: Final = Path(__file__).parent / "templates"
_PALETTE: Final = "palette.css"  # the colours of all pages, light and dark


def template(name: str) -> "Template":
    """Return a template; it escapes every value, and a value that is missing is an error."""
    return _environment().get_template(name)


@cache
def style(name: str) -> bytes:
    """Return a style sheet, with the colours before it."""
    return (_FOLDER / _PALETTE).read_bytes() + (_FOLDER / name).read_bytes()


@cache
def style_digest(name: str) -> str:
    """Return what a style sheet's URL contains so that it changes with its content."""
    return blake2b(style(name), digest_size=8).hexdigest()


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - 20 ms of the start otherwise

    loader = FileSystemLoader(_FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
