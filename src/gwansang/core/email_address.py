"""Normalization of e-mail addresses: one form for sign-in, uniqueness and sending mail."""

import hashlib
import re
import unicodedata

import idna

from gwansang.core.exceptions import InvalidInput

MAX_BYTES = 254  # RFC 5321, the longest path without its brackets
_MAX_INPUT = 320
_MAX_LOCAL = 64
# A dot-atom in ASCII: quoted local parts and look-alike letters of other scripts are refused.
_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_TOP_LEVEL = re.compile(r"[a-z][a-z0-9-]*[a-z0-9]")


class InvalidEmailError(InvalidInput):
    """Carries `field` in its context, and never the address."""

    code = "INVALID_EMAIL"
    title = "This is no e-mail address"


def normalize_email(text: str) -> str:
    """Return the address in lower case and NFKC, its domain in ASCII (IDNA); raises InvalidEmailError."""
    if len(text) > _MAX_INPUT:
        raise _invalid_email()
    local, at, domain = unicodedata.normalize("NFKC", text).strip(" ").lower().rpartition("@")
    if not at or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise _invalid_email()
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > MAX_BYTES:
        raise _invalid_email()
    return address


def address_key(text: str) -> str:
    """Return the spender of an address for rate limits: one digest for all its spellings, which does not reveal it."""
    try:
        address = normalize_email(text)
    except InvalidEmailError:
        address = ""  # no account has such an address, so all of them share one quota
    return hashlib.sha256(address.encode()).hexdigest()[:32]


def normalize_email_prefix(text: str) -> str:
    """Normalize the beginning of an address for a search by prefix; raises InvalidEmailError."""
    prefix = unicodedata.normalize("NFKC", text[:_MAX_INPUT]).strip(" ").lower()
    if not prefix.isprintable():  # a NUL or a lone surrogate, which no database stores
        raise _invalid_email()
    return prefix


def _ascii_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain.removesuffix("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _invalid_email() from None
    host, dot, top = ascii_domain.rpartition(".")
    if not dot or not host or not _TOP_LEVEL.fullmatch(top):  # neither a bare host name nor an IP address
        raise _invalid_email()
    return ascii_domain


def _invalid_email() -> InvalidEmailError:
    return InvalidEmailError("This is no e-mail address that mail can be sent to.", field="email")
