"""A short name for the device of a request, from its User-Agent."""

import re

MAX_NAME = 50
# The first that matches counts: browsers name their ancestors, too.
_PROGRAMS = (
    (re.compile(r"\bEdg(e|A|iOS)?/"), "Edge"),
    (re.compile(r"\b(OPR|Opera|OPT)/"), "Opera"),
    (re.compile(r"\bSamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"\bWhale/"), "Whale"),
    (re.compile(r"\bKAKAOTALK\b", re.IGNORECASE), "KakaoTalk"),
    (re.compile(r"\bNAVER\("), "Naver"),
    (re.compile(r"\b(Firefox|FxiOS)/"), "Firefox"),
    (re.compile(r"\b(Chrome|CriOS|Chromium)/"), "Chrome"),
    (re.compile(r"\bVersion/\S+ .*Safari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"\biPhone\b"), "iPhone"),
    (re.compile(r"\biPad\b"), "iPad"),
    (re.compile(r"\bAndroid\b"), "Android"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"\bWindows\b"), "Windows"),
    (re.compile(r"\bMac OS X\b|\bMacintosh\b"), "Mac"),
    (re.compile(r"\bLinux\b"), "Linux"),
)
_PRODUCT = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,39}")
_MAX_READ = 512


def device_name_of(user_agent: str | None, given: str | None = None) -> str | None:
    """Return the name that a client gives its device, else one such as "Chrome, Windows"; None if there is neither.

    A given name is cut to what fits in a line; versions are left out, so that the name identifies no single device.
    """
    name = "".join(letter for letter in given or "" if letter.isprintable()).strip()[:MAX_NAME].strip()
    return name or _describe((user_agent or "")[:_MAX_READ])


def _describe(user_agent: str) -> str | None:
    parts = [_first(_PROGRAMS, user_agent), _first(_SYSTEMS, user_agent)]
    if parts[0] is None and (product := _PRODUCT.match(user_agent)) and product[0] != "Mozilla":
        parts[0] = product[0]
    return ", ".join(part for part in parts if part) or None


def _first(names: tuple[tuple[re.Pattern[str], str], ...], user_agent: str) -> str | None:
    return next((name for pattern, name in names if pattern.search(user_agent)), None)
