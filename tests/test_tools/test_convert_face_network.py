"""The conversion against an independent forward pass in NumPy, and the shipped network against dlib's own output."""

import hashlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray
from tools.convert_face_network.__main__ import ConversionError, convert_model
from tools.convert_face_network.dlib_file import WeightsError, parse
from tools.convert_face_network.network import convert

from gwansang.vision.models import catalog
from gwansang.vision.models.catalog import Model
from tests.support.photos import REPOSITORY, model_dir
from tests.test_tools.dlib_writer import Network, dlib_file


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(seed=7)


@pytest.fixture(scope="module")
def file(network: Network) -> bytes:
    return dlib_file(network)


@pytest.fixture(scope="module")
def converted(file: bytes) -> bytes:
    return convert(file)


@pytest.fixture
def model(file: bytes, converted: bytes, tmp_path: Path) -> Model:
    """Return the catalog entry of the generated network, whose unconverted file is in `tmp_path`."""
    (tmp_path / "face_embedding.dat").write_bytes(file)
    return replace(
        catalog.FACE_EMBEDDING,
        sha256=hashlib.sha256(converted).hexdigest(),
        member_sha256=hashlib.sha256(file).hexdigest(),
    )


def run(model: bytes, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], rgb[None].astype(np.float32))
    interpreter.invoke()
    result: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    return result


def photo_like() -> NDArray[np.uint8]:
    """Return an image computed by a formula: waves of a different length in each channel."""
    y, x = np.mgrid[0:150, 0:150]
    waves = [np.sin(x / (9 + 4 * c)) * np.cos(y / (13 - 3 * c)) for c in range(3)]
    return np.rint(np.stack(waves, axis=-1) * 127.5 + 127.5).astype(np.uint8)


def test_the_converted_network_computes_what_the_numpy_network_computes(network: Network, converted: bytes) -> None:
    expected = network.forward(photo_like())
    got = run(converted, photo_like())
    assert got.shape == (128,)
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_another_process_converts_the_file_into_the_same_bytes(file: bytes, converted: bytes) -> None:
    script = "import sys,hashlib; from tools.convert_face_network.network import convert;"
    script += "print(hashlib.sha256(convert(sys.stdin.buffer.read())).hexdigest())"
    command = [sys.executable, "-c", script]
    other = subprocess.run(command, cwd=REPOSITORY, input=file, capture_output=True, check=True)
    assert other.stdout.decode().strip() == hashlib.sha256(converted).hexdigest()


def test_the_embedding_network_computes_what_dlib_computes() -> None:
    # dlib 20.0.1, compute_face_descriptor of the same image; every 16th of the 128 numbers
    expected = [-0.05137, -0.104912, -0.13068, 0.084436, 0.236264, -0.099183, -0.100886, 0.206064]
    got = run((model_dir() / catalog.FACE_EMBEDDING.file).read_bytes(), photo_like())
    assert got[::16] == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("length", [0, 1, 300, 400, 5_000, 1_000_000])
def test_a_truncated_file_is_refused(file: bytes, length: int) -> None:
    with pytest.raises(WeightsError):
        parse(file[:length])


def test_a_file_with_trailing_bytes_is_refused(file: bytes) -> None:
    with pytest.raises(WeightsError, match="goes on after the last layer"):
        parse(file + b"\x01\x01")


def test_another_network_is_refused(file: bytes) -> None:
    with pytest.raises(WeightsError, match="found the layer 'bn_con2' instead of affine_"):
        parse(file.replace(b"affine_", b"bn_con2", 1))


def test_a_fetched_network_is_converted_once_and_its_source_deleted(model: Model, tmp_path: Path) -> None:
    assert convert_model(tmp_path, model)
    catalog.verify_models(tmp_path, (model,))
    assert not (tmp_path / "face_embedding.dat").exists()
    assert not convert_model(tmp_path, model)


def test_a_result_with_another_digest_than_pinned_is_not_kept(model: Model, tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match="another digest than pinned"):
        convert_model(tmp_path, replace(model, sha256="0" * 64))
    assert {path.name for path in tmp_path.iterdir()} == {".lock", "face_embedding.dat"}


def test_a_network_that_was_not_fetched_is_reported_with_the_command_that_does(tmp_path: Path) -> None:
    with pytest.raises(ConversionError, match=r"face_embedding\.dat is missing; run `gwansang models fetch` first\.$"):
        convert_model(tmp_path)


@pytest.mark.parametrize("arguments", [(), ("FOLDER",)], ids=["MODEL_PATH", "argument"])
def test_the_command_reports_a_broken_file_in_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "face_embedding.dat").write_bytes(b"no network at all")
    command = [sys.executable, "-m", "tools.convert_face_network", *(str(tmp_path) for _ in arguments)]
    variables = {"MODEL_PATH": str(tmp_path if not arguments else "nowhere")}
    done = subprocess.run(command, cwd=REPOSITORY, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"convert_face_network: {tmp_path / 'face_embedding.dat'} could not be converted: ")
    assert done.stderr.count("\n") == 1


def test_the_service_imports_nothing_of_the_conversion() -> None:
    script = "import sys, gwansang.main, gwansang.cli; print({'flatbuffers', 'pip', 'tools'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
