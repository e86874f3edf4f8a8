"""Errors of calls, tasks and live sessions as the Python client raises them."""

import base64
import pickle
import time
from itertools import cycle
from uuid import uuid4

import numpy as np
import pytest
from websockets.sync.client import ClientConnection

from gwansang_client import (
    ApiError,
    ConflictError,
    ErrorCode,
    Guidance,
    GwansangClient,
    InvalidRequestError,
    LiveProblem,
    LiveReading,
    NoReadingError,
    NotFoundError,
    PermissionDeniedError,
    SocketClosedError,
    TaskFailedError,
    WaitTimeoutError,
    models,
)
from tests.support.client_accounts import PASSWORD, client_of, filmed, signed_up
from tests.support.photos import drawn_portrait, encoded
from tests.support.serving import Server


def test_errors_have_a_type_a_code_and_their_fields(service: Server) -> None:
    with signed_up(service) as client:
        with pytest.raises(PermissionDeniedError) as consent:
            client.match_uploaded_face(drawn_portrait())
        assert consent.value.code == ErrorCode.CONSENT_REQUIRED
        assert consent.value.request_id
        with pytest.raises(NotFoundError) as missing:
            client.read_reading(uuid4())
        assert (missing.value.status, missing.value.code) == (404, "ANALYSIS_NOT_FOUND")
        with pytest.raises(ConflictError):
            client.register(email=client.read_me().email, username="minji", password=PASSWORD)
        with pytest.raises(InvalidRequestError) as invalid:
            client.compare_readings(a="the first", b=uuid4())
        assert [fault.field for fault in invalid.value.fields] == ["a"]
        with pytest.raises(InvalidRequestError) as no_photo:
            client.analyze_uploaded_face(b"no photo")
        assert no_photo.value.code == ErrorCode.UNSUPPORTED_IMAGE_TYPE
        assert "JPEG" in str(no_photo.value)
        again = pickle.loads(pickle.dumps(no_photo.value))  # noqa: S301  # our own bytes
        assert (type(again), again.code, str(again)) == (InvalidRequestError, no_photo.value.code, str(no_photo.value))


class WithoutSockets(GwansangClient):
    """A client behind a proxy that lets no WebSocket through."""

    refused = 0

    def _connect(self, path: str) -> ClientConnection:
        self.refused += 1
        raise OSError("blocked")


def test_a_task_is_polled_where_no_socket_can_be_had(service: Server) -> None:
    with signed_up(service) as client, WithoutSockets(service.url, trust_env=False) as other:
        other.sign_in(client.read_me().email, PASSWORD)
        done = other.wait_for_task(other.analyze_batch(drawn_portrait()).task_id, timeout=60)
        assert isinstance(done.result, models.BatchOut)
        assert other.refused == 2


def test_a_task_that_fails_raises_the_error_of_its_call(service: Server) -> None:
    with signed_up(service) as client:
        wall = encoded(np.full((480, 640, 3), 128, np.uint8))
        task = client.analyze_face_later(image=base64.b64encode(wall).decode())
        with pytest.raises(TaskFailedError) as failed:
            client.wait_for_task(task.task_id, timeout=60)
        assert failed.value.code == ErrorCode.NO_FACE


def test_a_task_of_somebody_else_is_not_found_and_time_runs_out(service: Server) -> None:
    with signed_up(service) as client:
        with pytest.raises(NotFoundError):
            client.wait_for_task(uuid4(), timeout=60)
        with pytest.raises(WaitTimeoutError):
            client.wait_for_task(uuid4(), timeout=0)


def test_guests_have_live_sessions_with_problems_and_an_end(service: Server) -> None:
    with client_of(service) as guest, guest.live() as session:
        assert session.hello.guest
        session.send_frame(b"no picture")
        problem = session.receive()
        assert isinstance(problem, LiveProblem)
        assert problem.error.status == 400
        with pytest.raises(NoReadingError):
            session.read(filmed()[:1])
        frames = cycle(filmed())
        session.send_frame(next(frames))
        for message in session:
            if isinstance(message, Guidance) and not message.ready:
                time.sleep(1 / 30)  # as a camera does
                session.send_frame(next(frames))
        assert isinstance(message, LiveReading)
        with pytest.raises(SocketClosedError) as closed:
            session.receive()
        assert closed.value.code == 1000


def test_a_live_session_without_consent_is_refused_with_its_error(service: Server) -> None:
    with signed_up(service) as client:
        client.withdraw_consent("reading")
        with pytest.raises(ApiError) as refused, client.live():
            raise AssertionError("the session opened")
        assert refused.value.code == ErrorCode.CONSENT_REQUIRED
