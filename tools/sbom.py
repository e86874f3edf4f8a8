"""Software bill of materials of the service, as CycloneDX JSON: its packages with licences, and its face models.

    python -m tools.sbom PYTHON OUT

PYTHON is the interpreter of an environment that holds only what the service needs; OUT is the file to write.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from gwansang.vision.models.catalog import MODELS, Model


def describe_models(models: Sequence[Model] = MODELS) -> Iterator[dict[str, Any]]:
    """Yield a component for each face model: its file, digest and licence, and the pinned wheel that has it."""
    for model in models:
        yield {
            "type": "machine-learning-model",
            "bom-ref": f"model:{model.name}",
            "name": model.name,
            "version": model.source.version,
            "hashes": [{"alg": "SHA-256", "content": model.sha256}],
            "licenses": [{"license": {"id": model.licence}}],
            "pedigree": {
                "ancestors": [
                    {
                        "type": "library",
                        "name": model.source.package,
                        "version": model.source.version,
                        "purl": f"pkg:pypi/{model.source.package}@{model.source.version}",
                        "hashes": [{"alg": "SHA-256", "content": model.source.sha256}],
                    }
                ]
            },
        }


def list_packages(python: Path) -> dict[str, Any]:
    """Return the bill of the packages that are installed for an interpreter; the same packages give the same bill."""
    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--pyproject", "pyproject.toml"]
    command += ["--output-reproducible", "--spec-version", "1.6", str(python)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - a fixed command
    bill: dict[str, Any] = json.loads(done.stdout)
    return bill


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bill of materials; return the exit code."""
    python, out = (Path(name) for name in (sys.argv[1:] if arguments is None else arguments))
    bill = list_packages(python)
    bill["components"] = [*bill["components"], *describe_models()]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(bill, indent=2) + "\n")
    print(f"{out}: {len(bill['components'])} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
