"""The files of the Python client: generated from the document, without anything of the service."""

import ast
import json
import subprocess
import sys

from tools.python_client import DOCUMENT, TARGET, generated_files


def test_the_generated_modules_are_those_of_the_document() -> None:
    generated = generated_files(json.loads(DOCUMENT.read_text(encoding="utf-8")))
    committed = {name: (TARGET / name).read_text(encoding="utf-8") for name in generated}
    assert committed == generated, "run `make openapi`"


def test_the_package_needs_nothing_of_the_service() -> None:
    listing = "import gwansang_client, sys; print(sorted({name.split('.')[0] for name in sys.modules}))"
    environment = {"PYTHONPATH": str(TARGET.parents[1])}
    ran = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True, env=environment)
    imported = set(ast.literal_eval(ran.stdout))
    assert {"httpx", "websockets"} <= imported
    assert imported.isdisjoint({"gwansang", "pydantic", "numpy"})
