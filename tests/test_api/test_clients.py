"""Clients: the committed document, what linters say of it, and clients that are generated from it and used."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.support.clients import CLIENTS, install, installed, node, npm, skip
from tests.support.dart_source import (
    LIBRARY_NAMES,
    names_of,
    syntax_errors,
    unknown_names,
    wrong_builders,
    wrong_calls,
)
from tests.support.photos import drawn_portrait
from tests.support.serving import Server

RENEW = "run `make openapi` and look at what changes for clients"


def generated_document(folder: Path) -> str:
    """Return the document that the program writes, without any setting of this machine."""
    document = folder / "openapi.json"
    command = [sys.executable, str(CLIENTS / "openapi.py"), str(document)]
    subprocess.run(command, cwd=folder, check=True, env={"PATH": os.environ["PATH"], **_python_path()})
    return document.read_text(encoding="utf-8")


def _python_path() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name == "PYTHONPATH"}


def test_the_document_equals_the_committed_one(tmp_path: Path) -> None:
    committed = (CLIENTS / "openapi.json").read_text(encoding="utf-8")
    assert generated_document(tmp_path).splitlines() == committed.splitlines(), RENEW


def test_dart_models_of_a_reading_are_generated_with_their_types(tmp_path: Path) -> None:
    client = installed("dart", tmp_path)
    generated = npm(client, "run", "--silent", "generate")
    assert generated.returncode == 0, generated.stdout + generated.stderr
    models = (client / "build" / "face_reading.dart").read_text(encoding="utf-8")
    for line in (
        "final int? overallScore;",
        "final Map<String, PartOut>? partsAnalysis;",
        "final DateTime createdAt;",
        "final double? distanceCm;",
        "factory FaceReading.fromJson(Map<String, dynamic> json)",
    ):
        assert line in models


def test_linters_find_no_fault_in_the_document_and_see_planted_ones(tmp_path: Path) -> None:
    client = installed("lint", tmp_path)
    for linter in ("redocly", "spectral"):
        found = npm(client, "run", "--silent", linter)
        assert found.returncode == 0, found.stdout + found.stderr
    document = client.parent / "openapi.json"
    planted = json.loads(document.read_text())
    reading = planted["components"]["schemas"]["FaceReading"]
    reading["examples"][0]["overall_score"] = "high"
    del planted["components"]["schemas"]["PartOut"]["properties"]["reasons"]["items"]
    document.write_text(json.dumps(planted))
    assert "array-items" in npm(client, "run", "--silent", "spectral").stdout
    redocly = npm(client, "run", "--silent", "redocly")
    assert "no-invalid-schema-examples" in redocly.stdout + redocly.stderr


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generators, after OpenAPI Generator has made its clients."""
    java = shutil.which("java")
    if java is None:
        skip("java is not installed; Debian's default-jre-headless has it")
    package = find_spec("openapi_generator_cli")
    assert package is not None
    assert package.origin is not None
    folder = tmp_path_factory.mktemp("generated")
    shutil.copy(CLIENTS / "openapi.json", folder)
    shutil.copytree(
        CLIENTS / "generators", folder / "generators", ignore=shutil.ignore_patterns("node_modules", "build")
    )
    program = Path(package.origin).with_name("openapi-generator.jar")
    recipes = [recipe.name for recipe in (CLIENTS / "generators").glob("*.yaml")]
    command = [java, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", str(program), "batch", "--fail-fast"]
    ran = subprocess.run([*command, *recipes], cwd=folder / "generators", capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder / "generators"


def example(command: list[str], folder: Path, server: Server, tmp_path: Path) -> None:
    """Run an example, which signs up, reads a drawn face in several ways, and erases its account."""
    photo = tmp_path / "me.jpg"
    photo.write_bytes(drawn_portrait())
    environment = {**os.environ, "PYTHONPATH": str(folder / "build" / "python")}
    ran = subprocess.run(
        [*command, server.url, str(photo)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert 60 <= int(ran.stdout) <= 98


def test_the_generated_python_client_works_with_the_service(generated: Path, server: Server, tmp_path: Path) -> None:
    example([sys.executable, "example.py"], generated, server, tmp_path)


def test_the_generated_typescript_client_works_with_the_service(
    generated: Path, server: Server, tmp_path: Path
) -> None:
    install(generated)
    compiled = npm(generated, "run", "--silent", "compile")
    assert compiled.returncode == 0, compiled.stdout
    example([node(), "build/compiled/example.js"], generated, server, tmp_path)


@pytest.fixture(scope="module")
def fetch_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the generators, after those that need npm alone have made their clients, compiled with examples."""
    folder = installed("generators", tmp_path_factory.mktemp("fetch"))
    for script in ("generate", "compile:fetch"):
        ran = npm(folder, "run", "--silent", script)
        assert ran.returncode == 0, ran.stdout + ran.stderr
    return folder


@pytest.mark.parametrize("name", ["openapi_fetch", "hey_api"])
def test_an_example_of_a_fetch_client_works_with_the_service(
    name: str, fetch_clients: Path, server: Server, tmp_path: Path
) -> None:
    example([node(), f"build/compiled/{name}.js"], fetch_clients, server, tmp_path)


def test_wrong_use_of_a_fetch_client_does_not_compile(fetch_clients: Path) -> None:
    right = {name: (fetch_clients / name).read_text() for name in ("openapi_fetch.ts", "hey_api.ts")}
    wrong = {
        "openapi_fetch.ts": right["openapi_fetch.ts"].replace("kept.overall_score", "kept.overall_scores"),
        "hey_api.ts": right["hey_api.ts"].replace("size: 20", "sizes: 20"),
    }
    for name, text in wrong.items():
        (fetch_clients / name).write_text(text)
    compiled = npm(fetch_clients, "run", "--silent", "compile:fetch")
    assert compiled.returncode != 0
    assert "overall_scores" in compiled.stdout
    assert "sizes" in compiled.stdout


def test_every_file_of_the_generated_dart_client_can_be_parsed(generated: Path) -> None:
    files = [*(generated / "build" / "dart-dio" / "lib").rglob("*.dart")]
    assert len(files) > 100
    assert {file.name: found for file in files if (found := syntax_errors(file.read_text()))} == {}
    assert syntax_errors("class Part {\n  void defaults(b) => b\n    ..covered = ;\n}") == ["3: ..covered = ;"]


def test_the_dart_package_uses_the_generated_core_as_it_is(generated: Path) -> None:
    package = CLIENTS / "dart"
    sources = {file.name: file.read_text() for folder in ("lib", "test") for file in (package / folder).rglob("*.dart")}
    core = [*(generated / "build" / "dart-dio" / "lib").rglob("*.dart")]
    known = names_of([*core, *package.rglob("*.dart")])
    for name, text in sources.items():
        assert syntax_errors(text) == [], name
        assert unknown_names(text, known, LIBRARY_NAMES) == [], name
        assert wrong_calls(text, known) == [], name
        assert wrong_builders(text, known) == [], name
    wrong = """void f() {
      client.tasks.analyzeBatch(files: photos);
      Registration((builder) => builder..mail = email);
      client.session.oldMethod();
    }"""
    assert wrong_calls(wrong, known) == ["analyzeBatch: no file", "analyzeBatch: unknown files"]
    assert wrong_builders(wrong, known) == ["Registration.mail"]
    assert {"member oldMethod", "member mail"} <= set(unknown_names(wrong, known, LIBRARY_NAMES))


def test_the_dart_package_depends_on_what_it_imports() -> None:
    package = CLIENTS / "dart"
    pubspec = yaml.safe_load((package / "pubspec.yaml").read_text())
    declared = {pubspec["name"], *pubspec["dependencies"], *pubspec["dev_dependencies"]}
    for file in [*(package / "lib").rglob("*.dart"), *(package / "test").rglob("*.dart")]:
        text = file.read_text()
        assert set(re.findall(r"^(?:import|export) 'package:(\w+)/", text, re.MULTILINE)) <= declared
        local = re.findall(r"^(?:import|export) '(?!package:|dart:)(.+)';", text, re.MULTILINE)
        assert all((file.parent / path).exists() for path in local), file.name


def test_the_generated_dart_client_has_typed_calls_and_models(generated: Path) -> None:
    source = generated / "build" / "dart-dio" / "lib" / "src"
    reading = (source / "model" / "face_reading.dart").read_text()
    for line in ("int? get overallScore;", "BuiltMap<String, PartOut>? get partsAnalysis;", "bool? get aiGenerated;"):
        assert line in reading
    calls = (source / "api" / "analysis_api.dart").read_text()
    assert "Future<Response<FaceReading>> analyzeUploadedFace({" in calls
    made_up = [path.name for path in (source / "model").glob("*.dart") if re.search(r"body_|page_out|_\d", path.name)]
    assert made_up == []
    texts = [path.read_text() for path in (source / "model").glob("*.dart")]
    assert not any("dynamic" in text for text in texts)
