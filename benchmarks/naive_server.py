"""The simplest server of face landmarks, which `benchmarks.naive` compares with: no limits, no checks, no reading.

    python benchmarks/naive_server.py face_mesh|landmarker PORT BUNDLE

FastAPI with a thread pool of 4; each thread has a network of its own. `face_mesh` is MediaPipe's FaceMesh with refined
landmarks, `landmarker` Face Landmarker of MediaPipe Tasks with blendshapes. Both answer `POST /` of a form's `file`
with the points as fractions of the picture. Runs in the environment of `benchmarks/mediapipe_peer.py`.
"""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import cv2
import mediapipe
import numpy as np
import uvicorn
from fastapi import FastAPI, UploadFile
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions

KIND, PORT, BUNDLE = sys.argv[1], int(sys.argv[2]), sys.argv[3]
POOL = ThreadPoolExecutor(4)
OF_THREAD = threading.local()
app = FastAPI()


def find_face_mesh(picture: np.ndarray) -> list:
    if not hasattr(OF_THREAD, "mesh"):
        OF_THREAD.mesh = mediapipe.solutions.face_mesh.FaceMesh(static_image_mode=True, refine_landmarks=True)
    found = OF_THREAD.mesh.process(picture).multi_face_landmarks
    return found[0].landmark if found else []


def find_landmarks(picture: np.ndarray) -> list:
    if not hasattr(OF_THREAD, "landmarker"):
        options = FaceLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=BUNDLE), num_faces=1, output_face_blendshapes=True
        )
        OF_THREAD.landmarker = FaceLandmarker.create_from_options(options)
    found = OF_THREAD.landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture))
    return found.face_landmarks[0] if found.face_landmarks else []


FIND = {"face_mesh": find_face_mesh, "landmarker": find_landmarks}[KIND]


def answer(data: bytes) -> dict:
    picture = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    return {"landmarks": [[point.x, point.y, point.z] for point in FIND(picture)]}


@app.post("/")
async def landmarks(file: UploadFile) -> dict:
    data = await file.read()
    return await asyncio.get_running_loop().run_in_executor(POOL, answer, data)


@app.get("/health/ready")
async def ready() -> dict:
    return {"status": "ok"}


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=PORT, log_level="warning")
