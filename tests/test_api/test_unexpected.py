"""Unexpected errors: an answer with the request id and nothing else."""

import pytest

from tests.support.fakes import FakeVision
from tests.support.serving import UPLOAD_CALL, send_request

SECRET = "/home/someone/secret.py says SELECT * FROM people"


def breaking() -> FakeVision:
    def fail(_: bytes) -> None:
        raise RuntimeError(SECRET)

    return FakeVision(fail)


def test_an_unexpected_error_returns_the_request_id_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    answer = send_request(
        "POST", UPLOAD_CALL, app={"build": breaking}, files={"file": b"photo"}, headers={"X-Request-ID": "r-1"}
    )
    assert answer.status_code == 500
    assert answer.json()["error"] == {
        "code": "INTERNAL_ERROR",
        "message": "An unexpected error; it has been noted.",
        "details": None,
    }
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "r-1"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    logged = capsys.readouterr().err
    assert SECRET in logged
    assert '"request_id": "r-1"' in logged
