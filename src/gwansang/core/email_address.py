"""One canonical form of an e-mail address: for signing in, for uniqueness and for sending mail."""

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


def canonical_email(written: str) -> str:
    """The address in lower case, NFKC, its domain in ASCII (IDNA); raises InvalidEmailError where it can't be one."""
    if len(written) > _MAX_INPUT:
        raise _refused()
    local, at, domain = unicodedata.normalize("NFKC", written).strip(" ").lower().rpartition("@")
    if not at or len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local):
        raise _refused()
    address = f"{local}@{_ascii_domain(domain)}"
    if len(address) > MAX_BYTES:
        raise _refused()
    return address


def canonical_start(written: str) -> str:
    """The beginning of an address in the form in which addresses are stored; raises InvalidEmailError where none
    begins like this."""
    start = unicodedata.normalize("NFKC", written[:_MAX_INPUT]).strip(" ").lower()
    if not start.isprintable():  # a NUL or half a letter, which no database takes
        raise _refused()
    return start


def _ascii_domain(domain: str) -> str:
    try:
        ascii_domain = idna.encode(domain.removesuffix("."), uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise _refused() from None
    host, dot, top = ascii_domain.rpartition(".")
    if not dot or not host or not _TOP_LEVEL.fullmatch(top):  # neither a bare host name nor an IP address
        raise _refused()
    return ascii_domain


def _refused() -> InvalidEmailError:
    return InvalidEmailError("This is no e-mail address that mail can be sent to.", field="email")
