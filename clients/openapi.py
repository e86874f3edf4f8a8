"""Write the OpenAPI document that clients are generated from: `python clients/openapi.py clients/openapi.json`."""

import json
import sys
from pathlib import Path

from gwansang.config import Settings
from gwansang.main import create_app


def document() -> str:
    """Return the document of this version, as text whose lines show changes."""
    app = create_app(Settings(_env_file=None, public_docs=True))
    return json.dumps(app.openapi(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
