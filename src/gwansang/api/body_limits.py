"""Size limits of request bodies, declared at the endpoints that differ from the default."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import APIRouter
from fastapi.routing import APIRoute

from gwansang.core.middleware.body_budget import BodyBudget
from gwansang.core.middleware.body_gate import BodyRule

DEFAULT_BYTES: Final = 256 * 1024
_FORM_FRAMING_BYTES: Final = 64 * 1024  # what a multipart form adds around its files
_OWN_TIMEOUT_S: Final = 60.0
Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class _BodyLimit:
    sizes: tuple[int | str, ...]
    form: bool
    own_budget: bool


_LIMITS: dict[Callable[..., Any], _BodyLimit] = {}


def body_limit(*sizes: int | str, form: bool = False, own_budget: bool = False) -> Callable[[Endpoint], Endpoint]:
    """Declare the limit of an endpoint's body: the largest of some sizes, each in bytes or the name of its setting.

    form: whether the body is a form with files of that size. own_budget: whether these bodies have a budget of one
    body, so that they wait for each other and no other request waits for them.
    """

    def declare(endpoint: Endpoint) -> Endpoint:
        _LIMITS[endpoint] = _BodyLimit(sizes, form, own_budget)
        return endpoint

    return declare


def body_rules(routers: Iterable[APIRouter], settings: Mapping[str, int]) -> Iterator[BodyRule]:
    """Yield the rule of each route whose endpoint declares a limit; raises KeyError for an unknown setting."""
    for route in (route for router in routers for route in router.routes if isinstance(route, APIRoute)):
        limit = _LIMITS.get(route.endpoint)
        if limit is None:
            continue
        size = max(settings[size] if isinstance(size, str) else size for size in limit.sizes)
        max_bytes = size + (_FORM_FRAMING_BYTES if limit.form else 0)
        budget = BodyBudget(max_bytes=size, timeout_s=_OWN_TIMEOUT_S, guaranteed=1) if limit.own_budget else None
        yield BodyRule(frozenset(route.methods or ()), route.path_regex, max_bytes, budget)
