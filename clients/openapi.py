"""Write the OpenAPI document that clients are generated from: `python clients/openapi.py clients/openapi.json`."""

import json
import sys
from pathlib import Path

from gwansang.config import Settings
from gwansang.main import create_app

# What generated clients call if they are given no address.
_SERVERS = [{"url": "http://localhost:8000", "description": "A service on this machine, as `make run` starts it."}]


def document() -> str:
    """Return the document of this version, as text whose lines show changes."""
    app = create_app(Settings(_env_file=None, public_docs=True))
    served = {**app.openapi(), "servers": _SERVERS}
    return json.dumps(served, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(document(), encoding="utf-8")
