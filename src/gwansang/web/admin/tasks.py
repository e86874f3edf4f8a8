"""Tasks of all users: the queue, what failed and why; cancelled, and tried again."""

from typing import Final
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from gwansang.core.paging import PageRequest
from gwansang.core.problem_texts import format_problem
from gwansang.dependencies.services import AllTasks
from gwansang.services.tasks.task_operations import TaskOverview
from gwansang.texts import Locale
from gwansang.web.admin.forms import AdminAct, AdminPage, AdminRoute
from gwansang.web.admin.views import PREFIX

router = APIRouter(prefix=f"{PREFIX}/tasks", include_in_schema=False, route_class=AdminRoute)
_PAGE: Final = 30
_STATUSES: Final = ("queued", "processing", "done", "failed", "cancelled")


@router.get("")
async def list_tasks(view: AdminPage, tasks: AllTasks, status: str = "", after: str | None = None) -> Response:
    """List the tasks of all users, newest first, with the state of the queue."""
    chosen = status if status in _STATUSES else None
    page = await tasks.page(PageRequest(size=_PAGE, after=after), chosen)
    rows = [(task, _reason(task, view.locale)) for task in page.items]
    return view.page("tasks", state=await tasks.state(), rows=rows, page=page, status=chosen, statuses=_STATUSES)


@router.post("/{task_id:uuid}/cancel")
async def cancel_task(task_id: UUID, act: AdminAct, tasks: AllTasks) -> Response:
    """Cancel a task; one that has ended stays as it is."""
    await tasks.cancel(task_id, act.admin.user_id)
    return act.moved("/tasks", done="task_cancelled")


@router.post("/{task_id:uuid}/retry")
async def retry_task(task_id: UUID, act: AdminAct, tasks: AllTasks) -> Response:
    """Put a failed task back into the queue."""
    await tasks.retry(task_id, act.admin.user_id)
    return act.moved("/tasks", done="task_retried")


def _reason(task: TaskOverview, locale: Locale) -> str:
    if task.error is None:
        return ""
    return format_problem(task.error.code, task.error.details, locale) or task.error.message
