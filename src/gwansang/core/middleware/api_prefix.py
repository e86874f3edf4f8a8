"""A second prefix for the paths of the API, for clients that were configured with another one."""

from starlette.types import ASGIApp, Receive, Scope, Send


class ApiPrefix:
    """Takes a request or socket below `prefix` for one of the API, whose paths begin with `api`; those work as well.

    It is the outermost middleware, so that limits, logs and metrics know the paths of the API alone.
    """

    def __init__(self, app: ASGIApp, *, prefix: str, api: str) -> None:
        self.app = app
        self._prefix = f"{prefix}/"
        self._api = f"{api}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if path.startswith(self._prefix) and not path.startswith(self._api):
            scope = {**scope, "path": self._api + path.removeprefix(self._prefix)}
            scope["raw_path"] = scope["path"].encode()
        await self.app(scope, receive, send)
