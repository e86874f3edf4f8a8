"""Operations of the API document as functions and methods of the Python client."""

import keyword
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from tools.python_client_types import Schema, field_type, inline_name, parameter_type, resolved

_JSON, _FORM, _MULTIPART = "application/json", "application/x-www-form-urlencoded", "multipart/form-data"
_IDEMPOTENCY: Final = "Idempotency-Key"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of a function; place: path, query, json, form, file, files or key."""

    name: str
    annotation: str
    place: str
    is_required: bool

    @property
    def is_positional(self) -> bool:
        """Return whether it is given without its name: ids of paths, and files."""
        return self.place in ("path", "file", "files")

    @property
    def declaration(self) -> str:
        """Return the parameter as a function declares it."""
        if self.is_required:
            return f"{self.name}: {self.annotation}"
        optional = self.annotation if self.annotation.endswith("| None") else f"{self.annotation} | None"
        return f"{self.name}: {optional} = None"


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation with the type of its answer; item: that of the items of pages, None for other answers.

    reader: the expression that reads an answer. accept: the media type to ask for, None for JSON.
    """

    name: str
    verb: str
    path: str
    text: str
    answer: str
    reader: str
    parameters: list[Parameter]
    item: str | None = None
    is_public: bool = False
    has_body: bool = False
    accept: str | None = None

    def call_function(self) -> str:
        """Return the function that makes the call."""
        return (
            f"def {self.name}({self._declared()}) -> Call[{self.answer}]:\n{documented(self.text, '    ')}"
            f"    return Call({', '.join(self._arguments())})\n"
        )

    def method(self, *, is_async: bool) -> str:
        """Return the method of a client that sends the call."""
        start, wait = ("async def", "await ") if is_async else ("def", "")
        body = f"return {wait}self.send({self._made_call()})"
        return self._method(f"{start} {self.name}", self.answer, self.text, body)

    def iterating_method(self, *, is_async: bool) -> str:
        """Return the method of a client that yields the items of all pages."""
        kind = "AsyncIterator" if is_async else "Iterator"
        name, text = f"def {self.name.replace('list_', 'iterate_')}", f"Yield the items of all pages of `{self.name}`."
        return self._method(name, f"{kind}[{self.item}]", text, f"return self._items({self._made_call()})")

    def _method(self, start: str, answer: str, text: str, body: str) -> str:
        method = f"{start}(self, {self._declared()}) -> {answer}:\n{documented(text, '    ')}    {body}\n"
        return textwrap.indent(method.replace("(self, )", "(self)"), "    ")

    def _declared(self) -> str:
        ordered = sorted(self.parameters, key=lambda parameter: not parameter.is_required)
        positional = [parameter.declaration for parameter in ordered if parameter.is_positional]
        named = [parameter.declaration for parameter in ordered if not parameter.is_positional]
        return ", ".join([*positional, *(["*", *named] if named else [])])

    def _made_call(self) -> str:
        given = [each.name if each.is_positional else f"{each.name}={each.name}" for each in self._in_order()]
        return f"calls.{self.name}({', '.join(given)})"

    def _in_order(self) -> list[Parameter]:
        return sorted(self.parameters, key=lambda parameter: not parameter.is_positional)

    def _arguments(self) -> Iterator[str]:
        yield f'"{self.name}", "{self.verb}", {self._path()}, {self.reader}'
        if self.is_public:
            yield "public=True"
        if query := self._named("query"):
            yield f"query={{{query}}}"
        if headers := self._headers():
            yield f"headers={headers}"
        yield from self._body()

    def _headers(self) -> str | None:
        if self._of("key"):
            return "idempotency(idempotency_key)"
        return f'{{"Accept": "{self.accept}"}}' if self.accept else None

    def _body(self) -> Iterator[str]:
        if self.has_body and (body := self._named("json")):
            yield f"json=given_json({{{body}}})" + ("" if self._needs_body() else " or None")
        if form := self._named("form"):
            yield f"form={{{form}}}"
        for each in self._of("file"):
            yield f'files=[("{each.name}", {each.name})]'
        for each in self._of("files"):
            yield f'files=[("{each.name}", upload) for upload in upload_list({each.name})]'

    def _needs_body(self) -> bool:
        return self.verb == "PATCH" or any(each.is_required for each in self._of("json"))

    def _path(self) -> str:
        filled = "".join(f", {each.name}={each.name}" for each in self._of("path"))
        return f'path_with("{self.path}"{filled})' if filled else f'"{self.path}"'

    def _named(self, place: str) -> str:
        return ", ".join(f'"{each.name.rstrip("_")}": {each.name}' for each in self._of(place))

    def _of(self, place: str) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.place == place]


def operations_of(document: Schema) -> Iterator[Operation]:
    """Yield the operations, in the order of the document; one for each type of answer."""
    for path, methods in document["paths"].items():
        for verb, described in methods.items():
            yield from _operation(document, path, verb.upper(), described)


def _operation(document: Schema, path: str, verb: str, described: Schema) -> Iterator[Operation]:
    for number, (media, schema) in enumerate(_answers(described).items()):
        suffix = f"_as_{media.split('/')[-1].split('+')[0]}" if number else ""
        answer, reader = _reader(media, schema)
        paged = any(each["name"] == "after" for each in described.get("parameters", ()))
        yield Operation(
            name=described["operationId"] + suffix,
            verb=verb,
            path=path,
            text=str(described.get("description") or described.get("summary")).split("\n\n")[0],
            answer=answer,
            reader=reader,
            parameters=_parameters(document, described, several=len(_answers(described)) > 1),
            item=_item(document, answer) if paged else None,
            is_public=not described.get("security"),
            has_body=_JSON in described.get("requestBody", {}).get("content", {}),
            accept=media if media not in (_JSON, "") else None,
        )


def _answers(described: Schema) -> dict[str, Schema]:
    """Return the schemas of a success by their media types; "" for one without a description of its content."""
    success = next(answer for status, answer in described["responses"].items() if status.startswith("2"))
    contents = {media: content["schema"] for media, content in success.get("content", {}).items()}
    return contents or {"": {"type": "null" if "204" in described["responses"] else "string"}}


def _reader(media: str, schema: Schema) -> tuple[str, str]:
    """Return the type of an answer and the expression that reads it."""
    if media != _JSON:
        return ("None", "as_nothing") if schema.get("type") == "null" else ("bytes", "as_bytes")
    if schema.get("type") == "array":
        item = field_type(schema["items"], prefix="models.")
        return f"list[{item}]", f"as_list({item})"
    kind = field_type(schema, prefix="models.")
    return kind, f"as_model({kind})"


def _item(document: Schema, page: str) -> str:
    properties: Schema = document["components"]["schemas"][page.removeprefix("models.")]["properties"]
    return field_type(properties["items"]["items"], prefix="models.")


def _parameters(document: Schema, described: Schema, *, several: bool) -> list[Parameter]:
    """Return the parameters, each name once; several: the answer's type is chosen by the operation's name."""
    found: dict[str, Parameter] = {}
    for each in (*_of_address(described), *_of_body(document, described)):
        if not (several and each.name == "format"):
            found.setdefault(each.name, each)
    return list(found.values())


def _of_address(described: Schema) -> Iterator[Parameter]:
    for each in described.get("parameters", ()):
        if each["name"] == _IDEMPOTENCY:
            yield Parameter("idempotency_key", "str", "key", is_required=False)
        elif each["in"] in ("path", "query"):
            required = bool(each.get("required"))
            yield Parameter(_name(each["name"]), parameter_type(each["schema"]), each["in"], required)


def _of_body(document: Schema, described: Schema) -> Iterator[Parameter]:
    for media, content in described.get("requestBody", {}).get("content", {}).items():
        body = resolved(document, content["schema"])
        for name, schema in body.get("properties", {}).items():
            required = name in body.get("required", ())
            if media == _MULTIPART and _is_file(schema):
                yield Parameter(_name(name), "Upload", "file", required)
            elif media == _MULTIPART and _is_file(schema.get("items", {})):
                yield Parameter(_name(name), "Uploads", "files", required)
            else:
                inline = inline_name(described["operationId"], name, schema)
                annotation = f"models.{inline}" if inline else parameter_type(schema)
                yield Parameter(_name(name), annotation, "json" if media == _JSON else "form", required)


def _is_file(schema: Schema) -> bool:
    return schema.get("format") == "binary"


def _name(name: str) -> str:
    return f"{name}_" if keyword.iskeyword(name) else name


def documented(text: str, indent: str) -> str:
    """Return a docstring of at most 120 columns."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace('"""', "'''")
    lines = textwrap.wrap(plain, 106 - len(indent), break_on_hyphens=False)
    closing = f"\n{indent}" if len(lines) > 1 else ""
    return f'{indent}"""' + f"\n{indent}".join(lines) + f'{closing}"""\n'
