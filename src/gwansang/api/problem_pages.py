"""A page about each code of an error at the `type` of its problems: HTML for people, JSON for programs."""

import html
from collections.abc import Iterator

from fastapi import APIRouter, Request
from pydantic import BaseModel
from starlette.responses import HTMLResponse, JSONResponse, Response

from gwansang.api.errors import problem_type, status_of
from gwansang.core.exceptions import AppError, NotFound
from gwansang.core.problem_texts import describe_problem
from gwansang.core.static_answers import etag_of, unless_known
from gwansang.dependencies.params import chosen_locale
from gwansang.texts import LOCALES, Locale, load

router = APIRouter(prefix="/problems", include_in_schema=False)
_PAGE = """<!doctype html>
<html lang="{locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ max-width: 40rem; margin: 3rem auto; padding: 0 1rem; }}
body {{ font: 1rem/1.7 system-ui, sans-serif; word-break: keep-all; }}
dt {{ font-weight: 600; }} dd {{ margin: 0 0 1rem; }} code {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<main>
<h1>{heading}</h1>
{body}
</main>
<nav>{languages}</nav>
</body>
</html>
"""


class ProblemInfo(BaseModel):
    """The meaning of an error code; `text` is for people, with … for a number or name that an answer fills in."""

    type: str
    code: str
    title: str
    status: int | None
    text: str
    locale: str


@router.get("")
async def list_problems(request: Request) -> Response:
    """Return all error codes with their texts."""
    locale = chosen_locale(request)
    words = load("problem_page", locale, dict[str, str])
    errors = _errors_by_code()
    infos = [_info(code, errors.get(code), locale) for code in sorted(load("problems", locale, dict[str, str]))]
    rows = "\n".join(
        f'<dt><a href="{info.type}?locale={locale}"><code>{info.code}</code></a></dt><dd>{html.escape(info.text)}</dd>'
        for info in infos
    )
    body = f"<p>{html.escape(words['intro'])}</p>\n<dl>\n{rows}\n</dl>"
    answer = [info.model_dump() for info in infos]
    return _answer(request, {"items": answer}, words["all"], words["all"], body)


@router.get("/{name}")
async def read_problem(name: str, request: Request) -> Response:
    """Return what one error code means; raises NotFound for an unknown one."""
    locale = chosen_locale(request)
    code = name.upper().replace("-", "_")
    if name != name.lower() or code not in load("problems", locale, dict[str, str]):
        raise NotFound("There is no error of this name.")
    info, words = _info(code, _errors_by_code().get(code), locale), load("problem_page", locale, dict[str, str])
    facts = [(words["code"], info.code), (words["title"], info.title), (words["status"], str(info.status or "–"))]
    rows = "".join(f"<dt>{html.escape(term)}</dt><dd><code>{html.escape(fact)}</code></dd>" for term, fact in facts)
    body = (
        f"<p>{html.escape(info.text)}</p>\n<dl>{rows}</dl>\n"
        f'<p><a href="/problems?locale={locale}">{html.escape(words["all"])}</a></p>'
    )
    return _answer(request, info.model_dump(), info.code, words["heading"], body)


def _info(code: str, error: type[AppError] | None, locale: Locale) -> ProblemInfo:
    return ProblemInfo(
        type=problem_type(code),
        code=code,
        title=error.title if error else code.replace("_", " ").capitalize(),
        status=status_of(error) if error else None,  # none of the service: an error of the command line
        text=describe_problem(code, locale),
        locale=locale,
    )


def _errors_by_code() -> dict[str, type[AppError]]:
    return {error.code: error for error in _errors()}


def _errors(family: type[AppError] = AppError) -> Iterator[type[AppError]]:
    yield family
    for error in family.__subclasses__():
        yield from _errors(error)


def _answer(request: Request, content: object, title: str, heading: str, body: str) -> Response:
    locale = chosen_locale(request)
    if "text/html" in request.headers.get("Accept", ""):
        links = " · ".join(f'<a href="?locale={each}" hreflang="{each}">{each}</a>' for each in LOCALES)
        page = _PAGE.format(
            locale=locale, title=html.escape(title), heading=html.escape(heading), body=body, languages=links
        )
        answer: Response = HTMLResponse(page)
    else:
        answer = JSONResponse(content)
    answer.headers.update(
        {"Cache-Control": "public, no-cache", "Vary": "Accept, Accept-Language", "Content-Language": locale}
    )
    return unless_known(request, answer, etag_of(bytes(answer.body)))
