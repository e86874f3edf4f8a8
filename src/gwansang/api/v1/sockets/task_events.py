"""A task as it is told over a WebSocket: its state, every change of it, its end."""

from uuid import UUID

from gwansang.api.v1.presenters.tasks import present_event
from gwansang.api.v1.sockets.connection import Socket
from gwansang.core.exceptions import Unauthenticated
from gwansang.services.tasks.task_service import TaskService


async def watch(socket: Socket, tasks: TaskService, task_id: UUID, after: int) -> None:
    """Tells the caller of their own task until it has ended; raises TaskNotFoundError."""
    if socket.user_id is None:
        raise Unauthenticated("Sign in, or send an API key.")
    async for info in tasks.events(socket.user_id, task_id, after):
        await socket.send(present_event(info, socket.locale))
