"""Process that runs the peer of the benchmarks: cv2.imdecode, then MediaPipe's FaceMesh in static mode.

Reads requests from stdin (4 bytes of length, then an image file). Answers on stdout, each with 4 bytes of length before
it: seconds by the clock and of processor time, as doubles, then 468 points of x, y, z as doubles in pixels of the
upright picture, or nothing if there is no face. `benchmarks/mediapipe_peer.py` starts it in its own environment.
"""

import os
import struct
import sys
import time

import cv2
import numpy as np
from mediapipe.python.solutions.face_mesh import FaceMesh

ANSWERS = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # keep what the libraries print out of the answers


def answer(mesh: FaceMesh, data: bytes) -> bytes:
    start, start_cpu = time.perf_counter(), time.process_time()
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    faces = mesh.process(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)).multi_face_landmarks
    points = b""
    if faces:
        height, width = image.shape[:2]
        points = np.array([(p.x * width, p.y * height, p.z * width) for p in faces[0].landmark], float).tobytes()
    return struct.pack("<2d", time.perf_counter() - start, time.process_time() - start_cpu) + points


def main() -> None:
    requests = sys.stdin.buffer
    with FaceMesh(static_image_mode=True, max_num_faces=1) as mesh:
        while header := requests.read(4):
            data = requests.read(struct.unpack("<I", header)[0])
            packed = answer(mesh, data)
            ANSWERS.write(struct.pack("<I", len(packed)) + packed)
            ANSWERS.flush()


if __name__ == "__main__":
    main()
