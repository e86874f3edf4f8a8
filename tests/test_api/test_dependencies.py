"""Dependencies of endpoints against the container that provides them."""

from typing import Annotated, get_args, get_origin, get_type_hints

from fastapi.params import Depends

from gwansang.container import Container, EdgePolicy
from gwansang.dependencies import services


def test_each_provided_service_has_the_type_that_the_container_declares() -> None:
    edge = {f"edge.{name}": kind for name, kind in get_type_hints(EdgePolicy).items()}
    declared = {**get_type_hints(Container), **edge}
    aliases = [get_args(alias) for alias in vars(services).values() if get_origin(alias) is Annotated]
    provided = {
        dependency.dependency.path: kind
        for kind, dependency in aliases
        if isinstance(dependency, Depends) and isinstance(dependency.dependency, services.Provided)
    }
    assert len(provided) > 20
    assert provided == {path: declared[path] for path in provided}
