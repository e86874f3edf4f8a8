"""Command of the conversion; exit code 1 and one sentence if it fails."""

import hashlib
import sys
from functools import partial
from pathlib import Path

from gwansang.vision.models import catalog
from gwansang.vision.models.catalog import Model
from gwansang.vision.models.fetch import disk_error_sentence, exclusive_lock, write_file
from tools.convert_face_network.dlib_file import WeightsError
from tools.convert_face_network.network import convert


class ConversionError(Exception):
    """The network could not be converted; the message is one sentence with the reason and the remedy."""


def convert_model(model_dir: Path, model: Model = catalog.FACE_EMBEDDING) -> bool:
    """Convert the fetched network in `model_dir` and delete its unconverted file; return False if that was done before.

    Raises ConversionError; no file is ever half-written.
    """
    source = model_dir / model.unconverted_file
    try:
        with exclusive_lock(model_dir, partial(print, file=sys.stderr)):
            if catalog.find_fault(model, model_dir) is None:
                return False
            converted = convert(source.read_bytes())
            if hashlib.sha256(converted).hexdigest() != model.sha256:
                raise ConversionError(
                    f"{model.file} came out of its conversion with another digest than pinned; reinstall the pinned "
                    "requirements (`make clean run`) and try again."
                )
            write_file(model_dir / model.file, converted)
            source.unlink()
    except FileNotFoundError:
        raise ConversionError(f"{source} is missing; {catalog.FETCH_HINT} first.") from None
    except WeightsError as error:
        raise ConversionError(f"{source} could not be converted: {error}.") from error
    except OSError as error:
        raise ConversionError(disk_error_sentence(error, model_dir)) from error
    return True


def configured_folder() -> Path:
    """Return the folder of the setting MODEL_PATH."""
    from gwansang.cli.models import configured_path  # noqa: PLC0415 - needs libraries of the service that the image's build lacks

    return configured_path()


def main(arguments: list[str]) -> None:
    """Convert the network in the given folder, by default the one of MODEL_PATH."""
    model_dir = Path(arguments[0]) if arguments else configured_folder()
    try:
        if convert_model(model_dir):
            print(f"models: {catalog.FACE_EMBEDDING.file} converted and verified ({model_dir})")
    except ConversionError as error:
        sys.exit(f"convert_face_network: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
