"""Deviation of landmarks when the same photo is rescaled, recompressed, turned, relit or mirrored.

    python -m benchmarks.repeatability [PHOTOS] [--every N]

Each photo is changed, its landmarks are found again, and the change is undone in the points. The deviation from the
landmarks of the unchanged photo is printed in % of the distance between the eye centres (IOD), for one look of the mesh
network and for the product's mean of two looks, one of them mirrored. Of a mirrored photo the common shift of all
points is left out: one look on the crop of MediaPipe Tasks moves a mesh by half a pixel of the crop.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.photos import MODEL_DIR, Rgb, photo_files, read_rgb
from gwansang.vision.crop import CropRegion
from gwansang.vision.decode import DecodedImage
from gwansang.vision.detector import detect_faces
from gwansang.vision.face import Points
from gwansang.vision.landmarks import FaceMesh, find_landmarks, find_landmarks_once
from gwansang.vision.mesh import mirrored_landmarks
from gwansang.vision.models.runtime import Networks

_Change = Callable[[Rgb], tuple[Rgb, Points]]  # the changed photo, and the (2, 3) transform of points into it
_Method = Callable[[Networks, DecodedImage, CropRegion], FaceMesh]


def scale(factor: float) -> _Change:
    def change(photo: Rgb) -> tuple[Rgb, Points]:
        interpolation = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        image = cv2.resize(photo, None, fx=factor, fy=factor, interpolation=interpolation)
        fx, fy = image.shape[1] / photo.shape[1], image.shape[0] / photo.shape[0]
        return image.astype(np.uint8), np.array([[fx, 0, (fx - 1) / 2], [0, fy, (fy - 1) / 2]])

    return change


def turn(degrees: float) -> _Change:
    def change(photo: Rgb) -> tuple[Rgb, Points]:
        centre = ((photo.shape[1] - 1) / 2, (photo.shape[0] - 1) / 2)
        matrix = cv2.getRotationMatrix2D(centre, -degrees, 1.0)
        size = (photo.shape[1], photo.shape[0])
        image = cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        return image.astype(np.uint8), np.asarray(matrix)

    return change


def relight(gain: float) -> _Change:
    return lambda photo: (np.clip(photo.astype(np.float32) * gain, 0, 255).astype(np.uint8), np.eye(2, 3))


def recompress(photo: Rgb) -> tuple[Rgb, Points]:
    jpeg = cv2.imencode(".jpg", photo, (cv2.IMWRITE_JPEG_QUALITY, 50))[1]
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)).astype(np.uint8), np.eye(2, 3)


def mirror(photo: Rgb) -> tuple[Rgb, Points]:
    return np.ascontiguousarray(photo[:, ::-1]), np.array([[-1.0, 0, photo.shape[1] - 1], [0, 1, 0]])


CHANGES: dict[str, _Change] = {
    "scaled 0.5": scale(0.5),
    "scaled 0.7": scale(0.7),
    "scaled 1.5": scale(1.5),
    "quality 50": recompress,
    "turned 20°": turn(20),
    "turned -20°": turn(-20),
    "light -30 %": relight(0.7),
    "light +30 %": relight(1.3),
    "mirrored": mirror,
}


METHODS: dict[str, _Method] = {"one look": find_landmarks_once, "the product": find_landmarks}


def points_of(networks: Networks, photo: Rgb, method: _Method) -> Points | None:
    picture = DecodedImage(photo, np.eye(2, 3), photo.shape[1], photo.shape[0], 1)
    faces = detect_faces(networks, picture)
    return method(networks, picture, faces[0].region()).points[:, :2] if faces else None


def deviation(before: Points, after: Points, transform: Points) -> float:
    is_mirrored = np.linalg.det(transform[:, :2]) < 0
    if is_mirrored:
        after = after[mirrored_landmarks()]
    undone = (after - transform[:, 2]) @ np.linalg.inv(transform[:, :2]).T
    if is_mirrored:  # the network's crop moves every point by half a pixel to one side
        undone = undone - (undone - before).mean(axis=0)
    iod = np.linalg.norm(before[[33, 133]].mean(axis=0) - before[[263, 362]].mean(axis=0))
    return float(100 * np.linalg.norm(undone - before, axis=1).mean() / iod)


def measure(networks: Networks, photo: Rgb, deviations: dict[tuple[str, str], list[float]]) -> None:
    changed = {name: change(photo) for name, change in CHANGES.items()}
    for label, method in METHODS.items():
        before = points_of(networks, photo, method)
        if before is None:
            return
        for name, (image, transform) in changed.items():
            after = points_of(networks, image, method)
            if after is not None:
                deviations.setdefault((label, name), []).append(deviation(before, after, transform))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", nargs="*", type=Path)
    parser.add_argument("--every", type=int, default=2, help="take each N-th photo")
    options = parser.parse_args()
    files = photo_files(options.photos)[:: options.every]
    if not files:
        raise SystemExit("No photos: name a folder of portraits, or set GWANSANG_FACES.")
    networks = Networks.load(MODEL_DIR)
    deviations: dict[tuple[str, str], list[float]] = {}
    for file in files:
        measure(networks, read_rgb(file), deviations)
    print(f"{len(files)} photos; deviation in % of the eye distance, median / 95th percentile")
    for name in [*CHANGES, "all"]:
        cells = []
        for label in METHODS:
            values = [
                v for (method, n), each in deviations.items() if method == label and name in (n, "all") for v in each
            ]
            cells.append(f"{label} {np.median(values):.2f} / {np.percentile(values, 95):.2f}")
        print(f"{name:12} " + "   ".join(cells))


if __name__ == "__main__":
    main()
