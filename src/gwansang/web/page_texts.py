"""What the service tells the page: its texts in each language, and its settings, which name the files of the texts."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from gwansang.core.static_answers import IMMUTABLE, StaticAnswer
from gwansang.texts import LOCALES, Locale, load

_JSON = "application/json"


@dataclass(frozen=True)
class PageOptions:
    """What the settings of the service allow on the page: readings without an account; the documentation of the API."""

    guests: bool
    docs: bool


def page_texts(locale: Locale) -> dict[str, Any]:
    """Return every text of the page: its own, the hints at the camera, and the names in reports and on cards."""
    elements = load("elements", locale, dict[str, Any])["elements"]
    return load("page", locale, dict[str, Any]) | {
        "live": load("live", locale, dict[str, str]),
        "report": load("report", locale, dict[str, Any]),
        "match_card": load("match_card", locale, dict[str, str]),
        "elements": {name: element["name"] for name, element in elements.items()},
    }


def page_files(options: PageOptions) -> Mapping[str, StaticAnswer]:
    """Return the answers by their paths: the settings, and one file of texts for each language."""
    files: dict[str, StaticAnswer] = {}
    locales = []
    for locale in LOCALES:
        body = json.dumps(page_texts(locale), ensure_ascii=False).encode()
        path = f"/web/texts/{locale}-{hashlib.sha256(body).hexdigest()[:12]}.json"
        files[path] = StaticAnswer(body, _JSON, IMMUTABLE)
        locales.append({"code": locale, "name": load("page", locale, dict[str, Any])["language"], "texts": path})
    settings = json.dumps({**asdict(options), "locales": locales}, ensure_ascii=False).encode()
    return files | {"/web/settings.json": StaticAnswer(settings, _JSON), "/web/manifest.json": _manifest()}


def _manifest() -> StaticAnswer:
    """Return the manifest by which the page can be installed like an app."""
    texts = load("page", LOCALES[0], dict[str, Any])
    manifest = {
        "name": texts["name"],
        "short_name": texts["name"],
        "description": texts["description"],
        "lang": LOCALES[0],
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f4ecdb",
        "theme_color": "#f4ecdb",
        "icons": [
            {"src": "/icon.svg", "type": "image/svg+xml", "sizes": "any"},
            *({"src": f"/icon-{size}.png", "type": "image/png", "sizes": f"{size}x{size}"} for size in (192, 512)),
            {"src": "/icon-maskable.png", "type": "image/png", "sizes": "512x512", "purpose": "maskable"},
        ],
    }
    return StaticAnswer(json.dumps(manifest, ensure_ascii=False).encode(), "application/manifest+json")
