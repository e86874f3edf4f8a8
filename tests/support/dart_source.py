"""Checks of Dart sources without a Dart SDK: syntax, and whether the names that they use exist."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tree_sitter_dart
from tree_sitter import Language, Node, Parser

_PARSER = Parser(Language(tree_sitter_dart.language()))
_DECLARATIONS = {
    *("class_definition", "enum_declaration", "function_signature", "getter_signature", "setter_signature"),
    *("initialized_identifier", "static_final_declaration", "factory_constructor_signature", "constructor_signature"),
    *("constant_constructor_signature", "mixin_declaration", "type_alias", "enum_constant"),
    "redirecting_factory_constructor_signature",
}
LIBRARY_NAMES = set(Path(__file__).with_name("dart_library_names.txt").read_text().split())
"""Names of Dart's libraries and of dio, built_value, web_socket_channel and test that the client uses."""
_MEMBERS = {"unconditional_assignable_selector", "conditional_assignable_selector", "cascade_selector"}


@dataclass
class Operation:
    """Parameters of a method of the generated core: all of them, and those that every call has to give."""

    parameters: set[str]
    required: set[str]


@dataclass
class Names:
    """The names that sources declare."""

    declared: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)
    fields: dict[str, set[str]] = field(default_factory=dict)
    operations: dict[str, Operation] = field(default_factory=dict)


def parsed(text: str) -> Node:
    """Return the root of the syntax tree."""
    return _PARSER.parse(text.encode()).root_node


def syntax_errors(text: str) -> list[str]:
    """Return the lines of which the grammar can make nothing."""
    lines = text.splitlines()
    return [
        f"{node.start_point.row + 1}: {lines[node.start_point.row].strip()}"
        for node in _walk(parsed(text))
        if node.type == "ERROR" or node.is_missing
    ]


def names_of(files: Iterable[Path]) -> Names:
    """Return what the files declare."""
    names = Names()
    for file in files:
        for node in _walk(parsed(file.read_text(encoding="utf-8"))):
            if node.type in _DECLARATIONS:
                names.declared |= {_text(child) for child in node.children if child.type == "identifier"}
            if node.type == "formal_parameter":
                names.parameters |= {_text(child) for child in _walk(node) if child.type == "identifier"}
            if node.type == "class_definition":
                _add_class(names, node)
    return names


def unknown_names(text: str, known: Names, listed: set[str]) -> list[str]:
    """Return the types, members and named arguments that neither the known sources nor the list have."""
    root = parsed(text)
    members = known.declared | listed
    arguments = known.parameters | listed
    types = [*_texts(root, "type_identifier"), *filter(_is_type, _texts(root, "identifier"))]
    found = [f"type {name}" for name in types if name not in members]
    for node in _walk(root):
        if node.type in _MEMBERS:
            name = _first_identifier(node)
            found += [f"member {name}"] if name is not None and name not in members else []
        if node.type == "label" and (name := _first_identifier(node)) not in arguments:
            found.append(f"argument {name}")
    return found


def wrong_calls(text: str, known: Names) -> list[str]:
    """Return the calls of the generated core whose arguments are not those of the operation."""
    found = []
    for node in _walk(parsed(text)):
        if node.type not in _MEMBERS or (operation := known.operations.get(_first_identifier(node) or "")) is None:
            continue
        following = node.parent.next_sibling if node.parent is not None and node.parent.type == "selector" else None
        if following is None or not (argument_list := _child(following, "argument_part", "arguments")):
            continue
        given = {_first_identifier(label) or "" for label in _labels(argument_list)}
        found += [f"{_first_identifier(node)}: no {name}" for name in sorted(operation.required - given)]
        found += [f"{_first_identifier(node)}: unknown {name}" for name in sorted(given - operation.parameters)]
    return found


def wrong_builders(text: str, known: Names) -> list[str]:
    """Return the fields that a builder of a model sets and the model does not have."""
    found = []
    for node in _walk(parsed(text)):
        fields = known.fields.get(_text(node)) if node.type in ("identifier", "type_identifier") else None
        call = node.next_sibling
        if not fields or call is None or (arguments := _child(call, "argument_part", "arguments")) is None:
            continue
        for inner in _walk(arguments):
            if inner.type in _MEMBERS and inner.parent is not None and _is_assigned(inner):
                name = _first_identifier(inner)
                found += [f"{_text(node)}.{name}"] if name not in fields else []
    return found


def _add_class(names: Names, node: Node) -> None:
    name = _first_identifier(node) or ""
    names.fields[name] = {
        _text(child) for getter in _of(node, "getter_signature") for child in getter.children_by_field_name("name")
    }
    if not name.endswith("Api"):
        return
    for method in _of(node, "function_signature"):
        parameters, required = set(), set()
        for part in _of(method, "optional_formal_parameters"):
            for parameter in _of(part, "formal_parameter"):
                title = _text(parameter.children_by_field_name("name")[0])
                parameters.add(title)
                before = parameter.prev_sibling
                if _text(parameter).startswith("required ") or (before is not None and before.type == "required"):
                    required.add(title)
        names.operations[_first_identifier(method) or ""] = Operation(parameters, required)


def _is_assigned(node: Node) -> bool:
    """Return whether a member is on the left of an assignment."""
    around = node.parent
    while around is not None and around.type in ("selector", "cascade_section", "assignable_expression"):
        if any(child.type == "=" for child in around.children):
            return True
        around = around.parent
    return around is not None and around.type == "assignment_expression"


def _is_type(name: str) -> bool:
    return name.lstrip("_")[:1].isupper() and not name.isupper()


def _labels(arguments: Node) -> Iterator[Node]:
    for argument in arguments.children:
        if argument.type == "named_argument":
            yield from (child for child in argument.children if child.type == "label")


def _child(node: Node, *path: str) -> Node | None:
    """Return the descendant along a path of types, of which the node itself may be the first."""
    current: Node | None = node
    for kind in path:
        if current is None:
            return None
        current = next((child for child in current.children if child.type == kind), None)
    return current


def _of(node: Node, kind: str) -> Iterator[Node]:
    return (inner for inner in _walk(node) if inner.type == kind)


def _texts(node: Node, kind: str) -> list[str]:
    return [_text(inner) for inner in _of(node, kind)]


def _first_identifier(node: Node) -> str | None:
    return next((_text(child) for child in node.children if child.type == "identifier"), None)


def _text(node: Node) -> str:
    return node.text.decode() if node.text is not None else ""


def _walk(node: Node) -> Iterator[Node]:
    yield node
    for child in node.children:
        yield from _walk(child)
