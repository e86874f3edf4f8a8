"""One call of the API as a value, and its HTTP request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

from gwansang_client.decoding import encode, encode_scalar
from gwansang_client.uploads import NamedContent, Upload, load_upload

T_co = TypeVar("T_co", covariant=True)
JSON = "application/json"
_REPEATABLE = ("GET", "PUT")  # a DELETE that is sent again may be answered with 404


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """A call of one operation and the way to read its answer.

    public: sent without credentials. files: parts of a multipart form, in their order. repeatable: may be sent again
    although nobody knows whether it has arrived. timeout: seconds, None for that of the client.
    """

    operation: str
    method: str
    path: str
    read: Callable[[bytes], T_co]
    public: bool = False
    query: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, object] | None = None
    form: Mapping[str, object] | None = None
    files: Sequence[tuple[str, Upload]] = ()
    timeout: float | None = None

    @property
    def repeatable(self) -> bool:
        """Return whether sending the call twice has the effect of sending it once."""
        return self.method in _REPEATABLE or "Idempotency-Key" in self.headers or self.operation == "refresh_tokens"

    def with_query(self, **query: object) -> "Call[T_co]":
        """Return the call with further parameters."""
        return replace(self, query={**self.query, **query})

    def loaded(self) -> "Call[T_co]":
        """Return the call with its files in memory; raises OSError."""
        return replace(self, files=[(name, load_upload(upload)) for name, upload in self.files])

    def request(self) -> dict[str, Any]:
        """Return the arguments of httpx for this call, whose files are loaded."""
        request: dict[str, Any] = {"method": self.method, "url": self.path, "params": given(self.query)}
        request["headers"] = {"Accept": JSON, **self.headers}
        if self.json is not None:
            request["json"] = self.json
        if self.form is not None:
            request["data"] = given(self.form)
        if self.files:
            request["files"] = [(name, _part(upload)) for name, upload in self.files]
        if self.timeout is not None:
            request["timeout"] = self.timeout
        return request


def path_with(template: str, **values: object) -> str:
    """Return a path with its parameters filled in and escaped."""
    return template.format(**{name: quote(str(value), safe="") for name, value in values.items()})


def given(values: Mapping[str, object]) -> dict[str, Any]:
    """Return the values that are not None, as queries and forms have them."""
    return {name: _text(value) for name, value in values.items() if value is not None}


def given_json(values: Mapping[str, object]) -> dict[str, Any]:
    """Return the values that are not None as JSON."""
    return {name: encode(value) for name, value in values.items() if value is not None}


def idempotency(key: str | None) -> dict[str, str]:
    """Return the header that makes a creating call repeatable, with a new key unless one is given."""
    return {"Idempotency-Key": key or str(uuid4())}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(encode_scalar(value))


def _part(upload: Upload) -> tuple[str, bytes, str]:
    if not isinstance(upload, NamedContent):
        raise TypeError("the files of a call are loaded before it is sent")
    return upload.name, upload.content, "application/octet-stream"  # the service goes by the bytes
