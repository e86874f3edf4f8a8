"""Strict decoding of an image inside JSON: base64 or a data URL."""

import binascii
import re
from urllib.parse import unquote_to_bytes

from gwansang.core.exceptions import InvalidInput
from gwansang.vision.errors import EmptyImageError

_PARAMETER = r';(?:[^,;"=]{1,50}="[^"]{0,200}"|[^,;]{1,100})'
_DATA_URL = re.compile(rf"\s*data:[^,;]{{0,100}}((?:{_PARAMETER}){{0,8}}),", re.IGNORECASE)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\r\n\f\v"


class InvalidBase64Error(InvalidInput):
    code = "INVALID_BASE64"
    title = "The image is not valid base64"


def decode_image(text: str) -> bytes:
    """Return the image's bytes, whatever type a data URL declares; raises InvalidBase64Error, EmptyImageError."""
    try:
        start = _start(text)
        raw = text[start:].encode("ascii")
        if start and b"%" in raw:  # as in any URL
            raw = unquote_to_bytes(raw)
        raw = raw.translate(None, _WHITE_SPACE)
    except UnicodeEncodeError:
        raise _invalid() from None
    if not raw:
        raise EmptyImageError("The image is empty; put the photo's bytes into it as base64.", field="image")
    padding = b"=" * (-len(raw) % 4) if not raw.endswith(b"=") else b""
    try:
        return binascii.a2b_base64(raw.translate(_URL_SAFE) + padding, strict_mode=True)
    except binascii.Error:
        raise _invalid() from None


def _start(text: str) -> int:
    """Return the index at which the base64 begins; a data URL must be base64."""
    match = _DATA_URL.match(text)
    if match is None:
        return 0
    if not match[1].lower().endswith(";base64"):
        raise _invalid()
    return match.end()


def _invalid() -> InvalidBase64Error:
    return InvalidBase64Error("The image must be base64, bare or as a data URL.", field="image")
