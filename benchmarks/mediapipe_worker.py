"""Process that runs the peer of the benchmarks: cv2.imdecode, then Face Landmarker of MediaPipe Tasks in image mode.

Its argument is the bundle. Reads requests from stdin (4 bytes of length, then an image file). Answers on stdout, each
with 4 bytes of length before it: seconds by the clock and of processor time, as doubles, then 478 points of x, y, z as
doubles in pixels of the upright picture and 52 blendshapes as doubles, or nothing after the seconds if there is no
face. `benchmarks/mediapipe_peer.py` starts it in its own environment.
"""

import os
import struct
import sys
import time

import cv2
import mediapipe
import numpy as np
from mediapipe.tasks.python import BaseOptions
from mediapipe.tasks.python.vision import FaceLandmarker, FaceLandmarkerOptions, RunningMode

ANSWERS = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # keep what the libraries print out of the answers


def answer(landmarker: FaceLandmarker, data: bytes) -> bytes:
    start, start_cpu = time.perf_counter(), time.process_time()
    image = cv2.cvtColor(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    found = landmarker.detect(mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=image))
    numbers = b""
    if found.face_landmarks:
        height, width = image.shape[:2]
        points = [(p.x * width, p.y * height, p.z * width) for p in found.face_landmarks[0]]
        scores = [category.score for category in found.face_blendshapes[0]]
        numbers = np.concatenate([np.ravel(points), scores]).astype(np.float64).tobytes()
    return struct.pack("<2d", time.perf_counter() - start, time.process_time() - start_cpu) + numbers


def main() -> None:
    requests = sys.stdin.buffer
    options = FaceLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=sys.argv[1]),
        running_mode=RunningMode.IMAGE,
        num_faces=1,
        output_face_blendshapes=True,
    )
    with FaceLandmarker.create_from_options(options) as landmarker:
        while header := requests.read(4):
            data = requests.read(struct.unpack("<I", header)[0])
            packed = answer(landmarker, data)
            ANSWERS.write(struct.pack("<I", len(packed)) + packed)
            ANSWERS.flush()


if __name__ == "__main__":
    main()
