"""The texts of a JSON file, one by one."""

from collections.abc import Iterator


def leaves(node: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text with the path that leads to it, such as "/parts/nose/name"."""
    if isinstance(node, str):
        yield path, node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield from leaves(value, f"{path}/{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from leaves(value, f"{path}/{index}")
