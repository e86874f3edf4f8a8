"""A sign-up, readings of three lengths, a task, an error and an erasure with the generated Python client.

python example.py http://localhost:8000 photo.jpg
"""

import sys
import time
from pathlib import Path

from gwansang_api import (
    AccountsApi,
    AnalysisApi,
    ApiClient,
    ApiException,
    Configuration,
    ErrorCode,
    FaceRequest,
    LongWorkApi,
    Problem,
    Reauthenticated,
    Registration,
    SigningInApi,
)

EMAIL, PASSWORD = "python@example.com", "correct horse battery"


def main(url: str, photo: bytes) -> None:
    client = ApiClient(Configuration(host=url))
    AccountsApi(client).register(Registration(email=EMAIL, username="minji", password=PASSWORD))
    client.configuration.access_token = SigningInApi(client).login(username=EMAIL, password=PASSWORD).access_token
    score = read_in_three_lengths(AnalysisApi(client), photo)
    be_refused(AnalysisApi(client))
    follow_task(LongWorkApi(client), photo)
    AccountsApi(client).delete_me(Reauthenticated(current_password=PASSWORD))
    print(score)


def read_in_three_lengths(analysis: AnalysisApi, photo: bytes) -> int | None:
    full = analysis.analyze_uploaded_face(file=[("me.jpg", photo)], locale="en")
    assert full.parts_analysis is not None
    assert not full.ai_generated
    short = analysis.analyze_uploaded_face(file=[("me.jpg", photo)], detail="short")
    assert short.overall_score == full.overall_score
    assert short.parts_analysis is None
    story = analysis.analyze_uploaded_face(file=[("me.jpg", photo)], detail="story", locale="en")
    assert story.topics
    assert story.overall_score is None
    return full.overall_score


def be_refused(analysis: AnalysisApi) -> None:
    try:
        analysis.analyze_face(FaceRequest(image="!"))
    except ApiException as refusal:
        problem = Problem.from_json(refusal.body)
        assert problem is not None
        assert problem.error.code is ErrorCode.INVALID_BASE64
    else:
        raise AssertionError("an image that is no base64 was taken")


def follow_task(work: LongWorkApi, photo: bytes) -> None:
    task = work.analyze_batch(file=[("1.jpg", photo), ("2.jpg", photo)])
    deadline = time.monotonic() + 60
    while task.status in ("queued", "processing") and time.monotonic() < deadline:
        time.sleep(0.2)
        task = work.read_task(task.task_id)
    assert task.result is not None
    assert task.result.actual_instance.read == 2
    reading = work.read_batch_photo(task.task_id, 1).reading
    assert reading is not None
    assert reading.overall_score is not None
    assert [each.task_id for each in work.list_tasks().items] == [task.task_id]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]).read_bytes())
