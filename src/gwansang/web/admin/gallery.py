"""The gallery: its people, the sources of their pictures, and imports with their progress."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from gwansang.core.middleware.body_budget import BodyBudget
from gwansang.core.middleware.body_gate import BodyRule
from gwansang.core.paging import PageRequest
from gwansang.core.problem_texts import format_problem
from gwansang.dependencies.services import Celebrities, Submissions, Tasks
from gwansang.services.jobs.import_job import load_pictures
from gwansang.services.lookalike.celebrities import PersonNames
from gwansang.services.tasks.failure import Failure
from gwansang.services.tasks.kinds import IMPORT
from gwansang.texts import Locale
from gwansang.web.admin.forms import AdminAct, AdminPage, AdminRoute, require_file
from gwansang.web.admin.views import PREFIX

router = APIRouter(prefix=f"{PREFIX}/gallery", include_in_schema=False, route_class=AdminRoute)
PersonNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]
_PAGE: Final = 30
_SHOWN: Final = 500  # pictures of an import; the API has all of them
_REFRESH_S: Final = 3
_FRAMING_BYTES: Final = 64 * 1024
_IMPORT_WAIT_S: Final = 60.0
_FIELDS: Final = ("name_ko", "name_en", "category", "note")


def body_rules(sizes: Mapping[str, int]) -> Iterator[BodyRule]:
    """Yield the limit of archives, whose bodies wait for each other and for no others."""
    size = sizes[IMPORT.body_limit]
    budget = BodyBudget(max_bytes=size, timeout_s=_IMPORT_WAIT_S, guaranteed=1)
    path = re.compile(f"^{PREFIX}/gallery/import$")
    yield BodyRule(frozenset(("POST",)), path, size + _FRAMING_BYTES, budget)


@router.get("")
async def list_people(
    view: AdminPage,
    celebrities: Celebrities,
    text: Annotated[str, Query(max_length=100)] = "",
    category: Annotated[str, Query(max_length=40)] = "",
    after: str | None = None,
) -> Response:
    """List the people of the gallery by name, found by a part of it."""
    request = PageRequest(size=_PAGE, after=after)
    people = await celebrities.page(request, text=text or None, category=category or None)
    return view.page("gallery", people=people, text=text, category=category)


@router.post("")
async def add_person(act: AdminAct, celebrities: Celebrities) -> Response:
    """Add a person; the pictures follow by an import."""
    names = PersonNames(act.text("name_ko"), act.text("name_en"))
    added = await celebrities.add(names, act.text("category"), act.text("note"), by=act.admin.user_id)
    return act.moved(f"/gallery/{added.id}", done="person_added")


@router.get("/{celebrity_id:int}")
async def show_person(celebrity_id: PersonNumber, view: AdminPage, celebrities: Celebrities) -> Response:
    """Show a person with source and licence of each picture."""
    person, photos = await celebrities.get(celebrity_id)
    return view.page("person", person=person, photos=photos)


@router.post("/{celebrity_id:int}")
async def change_person(celebrity_id: PersonNumber, act: AdminAct, celebrities: Celebrities) -> Response:
    """Change names, category and note of a person."""
    given = {field: act.text(field) for field in _FIELDS}
    await celebrities.change(celebrity_id, **given, by=act.admin.user_id)
    return act.moved(f"/gallery/{celebrity_id}", done="person_changed")


@router.post("/{celebrity_id:int}/delete")
async def delete_person(celebrity_id: PersonNumber, act: AdminAct, celebrities: Celebrities) -> Response:
    """Remove a person with the data of their pictures."""
    await celebrities.remove(celebrity_id, by=act.admin.user_id)
    return act.moved("/gallery", done="person_removed")


@router.post("/{celebrity_id:int}/pictures/{photo_id:uuid}/delete")
async def delete_picture(
    celebrity_id: PersonNumber, photo_id: UUID, act: AdminAct, celebrities: Celebrities
) -> Response:
    """Remove the data of a picture."""
    await celebrities.remove_photo(celebrity_id, photo_id, by=act.admin.user_id)
    return act.moved(f"/gallery/{celebrity_id}", done="photo_removed")


@router.post("/import")
async def import_archive(act: AdminAct, submissions: Submissions) -> Response:
    """Submit the import of an archive as a task, and show its progress."""
    task = await submissions.archive(act.admin.user_id, require_file(act), None)
    return act.moved(f"/gallery/imports/{task.id}", done="import_submitted")


@router.get("/imports/{task_id:uuid}")
async def show_import(task_id: UUID, view: AdminPage, tasks: Tasks, watch: bool = False) -> Response:
    """Show the progress of the administrator's own import, then what became of each picture; watch: whether the page
    loads itself again until then."""
    info = await tasks.get(view.admin.user_id, task_id)
    pictures = load_pictures(info.result) if info.result is not None and info.kind == IMPORT.name else ()
    problems = [(picture, _reason(picture.failure, view.locale)) for picture in pictures if picture.fate != "added"]
    problems.sort(key=lambda each: each[0].fate != "unusable")
    return view.page(
        "import",
        headers={"Refresh": str(_REFRESH_S)} if watch and not info.ended else None,
        task=info,
        watch=watch,
        reason=_reason(info.error, view.locale),
        counts=Counter(picture.fate for picture in pictures),
        problems=problems[:_SHOWN],
        left_out=max(0, len(problems) - _SHOWN),
    )


def _reason(failure: Failure | None, locale: Locale) -> str:
    return "" if failure is None else format_problem(failure.code, failure.details, locale) or failure.message
