"""The converter against a forward pass written on its own, and the converted model against dlib's own answers."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter  # type: ignore[import-untyped]  # ships no types
from numpy.typing import NDArray

from gwansang.vision.models import catalog
from gwansang.vision.models.conversion.convert import convert
from gwansang.vision.models.conversion.dlib_weights import WeightsError, parse
from tests.test_vision.dlib_file import Network, dlib_file

MODELS = Path(__file__).parents[2] / ".models"


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(seed=7)


@pytest.fixture(scope="module")
def file(network: Network) -> bytes:
    return dlib_file(network)


def run(model: bytes, rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    interpreter = Interpreter(model_content=model, num_threads=1)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], rgb[None].astype(np.float32))
    interpreter.invoke()
    result: NDArray[np.float32] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0]
    return result


def photo_like() -> NDArray[np.uint8]:
    """A picture by formula, the same everywhere: waves of a different length per colour."""
    y, x = np.mgrid[0:150, 0:150]
    waves = [np.sin(x / (9 + 4 * c)) * np.cos(y / (13 - 3 * c)) for c in range(3)]
    return np.rint(np.stack(waves, axis=-1) * 127.5 + 127.5).astype(np.uint8)


def test_the_converted_network_computes_what_the_written_out_network_computes(network: Network, file: bytes) -> None:
    expected = network.forward(photo_like())
    got = run(convert(file), photo_like())
    assert got.shape == (128,)
    assert np.abs(got - expected).max() < 1e-4 * np.abs(expected).max()


def test_the_same_file_is_converted_into_the_same_bytes(file: bytes) -> None:
    script = "import sys,hashlib; from gwansang.vision.models.conversion.convert import convert;"
    script += "print(hashlib.sha256(convert(sys.stdin.buffer.read())).hexdigest())"
    other = subprocess.run([sys.executable, "-c", script], input=file, capture_output=True, check=True)
    assert other.stdout.decode().strip() == hashlib.sha256(convert(file)).hexdigest()


def test_the_shipped_embedding_answers_as_dlib_does() -> None:
    # dlib 20.0.1, compute_face_descriptor of the same picture; every 16th of the 128 numbers
    expected = [-0.05137, -0.104912, -0.13068, 0.084436, 0.236264, -0.099183, -0.100886, 0.206064]
    got = run(catalog.read(catalog.FACE_EMBEDDING, MODELS), photo_like())
    assert got[::16] == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("length", [0, 1, 300, 400, 5_000, 1_000_000])
def test_a_cut_off_file_is_refused(file: bytes, length: int) -> None:
    with pytest.raises(WeightsError):
        parse(file[:length])


def test_a_file_with_something_behind_the_network_is_refused(file: bytes) -> None:
    with pytest.raises(WeightsError, match="goes on after the last layer"):
        parse(file + b"\x01\x01")


def test_another_network_is_refused(file: bytes) -> None:
    with pytest.raises(WeightsError, match="found the layer 'bn_con2' instead of affine_"):
        parse(file.replace(b"affine_", b"bn_con2", 1))


def test_the_command_says_in_one_sentence_what_is_wrong(tmp_path: Path) -> None:
    source = tmp_path / "other.dat"
    source.write_bytes(b"no network at all")
    run = [sys.executable, "-m", "gwansang.vision.models.conversion.convert", str(source), str(tmp_path / "out.tflite")]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out.tflite").exists()
