"""Forms written byte by byte, as clients other than httpx write them."""

from typing import Any

FILE = 'form-data; name="file"'
UNCHOSEN = (f'Content-Disposition: {FILE}; filename=""\r\nContent-Type: application/octet-stream', b"")
"""What a browser sends for a file input in which nothing was chosen."""


def raw_form(*parts: tuple[str, bytes]) -> dict[str, Any]:
    """Return content and headers of a request with a form; parts: their own headers and content."""
    body = b"".join(f"--B\r\n{headers}\r\n\r\n".encode() + content + b"\r\n" for headers, content in parts)
    return {"content": body + b"--B--\r\n", "headers": {"Content-Type": "multipart/form-data; boundary=B"}}


def nameless(content: bytes, content_type: str) -> tuple[str, bytes]:
    """Return a file part without a file name."""
    return f"Content-Disposition: {FILE}\r\nContent-Type: {content_type}", content


def extended(content: bytes, name: str, plain: str = "") -> tuple[str, bytes]:
    """Return a file part with a percent-encoded UTF-8 name as in RFC 5987, beside a plain one if it has one."""
    beside = f'; filename="{plain}"' if plain else ""
    return f"Content-Disposition: {FILE}{beside}; filename*=UTF-8''{name}", content


def field(name: str, value: str) -> tuple[str, bytes]:
    return f'Content-Disposition: form-data; name="{name}"', value.encode()
