"""Retakes of portraits for training and tests: other light, size, sharpness, compression, small turns, near cameras."""

from dataclasses import dataclass

import cv2
import numpy as np

from gwansang.vision.decode import Pixels
from gwansang.vision.face import Points
from gwansang.vision.mesh import VERTEX_COUNT
from gwansang.vision.warp import PictureWarp


@dataclass(frozen=True, slots=True)
class Light:
    """Exposure: gamma, gain, gains of red and blue, and gradients (log gain per face width) across and down."""

    gamma: float
    gain: float
    across: float
    down: float
    red: float
    blue: float


@dataclass(frozen=True, slots=True)
class Retake:
    """One change of a portrait; blur and noise in pixels of a face 400 wide and in grey levels.

    near_cm: distance of the camera; yaw_deg, pitch_deg: turn of the head; face_px: width of the face, photo_px: long
    side of the photo, if it is larger; quality: of the JPEG.
    """

    name: str
    near_cm: float | None = None
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    face_px: float | None = None
    photo_px: int | None = None
    quality: int | None = None
    light: Light | None = None
    blur: float = 0.0
    noise: float = 0.0

    @property
    def warps(self) -> bool:
        """True if the geometry changes."""
        return bool(self.near_cm or self.yaw_deg or self.pitch_deg)


PLAIN = Retake("plain")
FIXED = (
    PLAIN, Retake("near25", near_cm=25), Retake("near40", near_cm=40), Retake("near60", near_cm=60),
    Retake("turn10", yaw_deg=10), Retake("nod8", pitch_deg=-8), Retake("up8", pitch_deg=8),
    Retake("face200", face_px=200), Retake("photo200", photo_px=200), Retake("q50", quality=50),
)  # fmt: skip
"""Retakes that every neutral photo gets; the figures name them."""
CHANGED = tuple(retake.name for retake in FIXED[1:])


def draw_retake(rng: np.random.Generator, name: str) -> Retake:
    """Return a random retake."""
    uniform, normal = rng.uniform, rng.normal
    warp = rng.random() < 0.7
    return Retake(
        name,
        near_cm=float(1 / uniform(1 / 150, 1 / 24)) if warp and rng.random() < 0.6 else None,
        yaw_deg=float(np.clip(normal(0, 5), -11, 11)) if warp else 0.0,
        pitch_deg=float(np.clip(normal(0, 4.5), -10, 10)) if warp else 0.0,
        face_px=float(np.exp(uniform(np.log(110), np.log(600)))) if rng.random() < 0.5 else None,
        quality=int(uniform(35, 95)) if rng.random() < 0.6 else None,
        light=_draw_light(rng) if rng.random() < 0.7 else None,
        blur=float(abs(normal(0, 1.5))) if rng.random() < 0.4 else 0.0,
        noise=float(abs(normal(0, 6))) if rng.random() < 0.4 else 0.0,
    )


def _draw_light(rng: np.random.Generator) -> Light:
    normal = rng.normal
    gamma, gain = float(np.exp(normal(0, 0.25))), float(np.exp(normal(-0.05, 0.2)))
    across, down = float(normal(0, 0.25)), float(normal(0, 0.2))
    return Light(gamma, gain, across, down, float(np.exp(normal(0, 0.06))), float(np.exp(normal(0, 0.1))))


def retake_portrait(
    image: Pixels, mesh: Points, marks: Points, retake: Retake, cm_per_px: float, rng: np.random.Generator
) -> tuple[Pixels, Points]:
    """Return a changed RGB picture (h, w, 3) and its marks (n, 2), given its (478, 3) mesh; marks may be NaN."""
    if retake.warps:
        height, width = image.shape[:2]
        warp = PictureWarp(width, height, mesh[:VERTEX_COUNT, :2], _project(mesh[:VERTEX_COUNT], retake, cm_per_px))
        image, marks = warp.move_picture(image), warp.move_points(marks)
    if retake.light:
        image = _relight(image, retake.light, mesh)
    if retake.blur:
        sigma = retake.blur * float(np.ptp(mesh[:, 0])) / 400
        image = cv2.GaussianBlur(image, (0, 0), sigma).astype(np.uint8, copy=False)
    image, marks = _resize(image, mesh, marks, retake)
    if retake.noise:
        image = np.clip(image + rng.normal(0, retake.noise, image.shape), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(image if retake.quality is None else _compress(image, retake.quality)), marks


def _project(mesh: Points, retake: Retake, cm_per_px: float) -> Points:
    """Return the (468, 2) pixels of the vertices after the turn and from nearer; the portrait counts as from afar."""
    centre = mesh.mean(axis=0)
    yaw, pitch = np.radians(retake.yaw_deg), np.radians(retake.pitch_deg)
    # x right, y down, z away from the camera
    turn = np.array([[np.cos(yaw), 0, -np.sin(yaw)], [0, 1, 0], [np.sin(yaw), 0, np.cos(yaw)]])
    nod = np.array([[1, 0, 0], [0, np.cos(pitch), np.sin(pitch)], [0, -np.sin(pitch), np.cos(pitch)]])
    moved = (mesh - centre) @ (nod @ turn).T
    if retake.near_cm:
        moved = moved * (retake.near_cm / (retake.near_cm + moved[:, 2:] * cm_per_px))
    projected: Points = moved[:, :2] + centre[:2]
    return projected


def _relight(image: Pixels, light: Light, mesh: Points) -> Pixels:
    height, width = image.shape[:2]
    centre, scale = mesh.mean(axis=0), np.ptp(mesh[:, 0])
    across = np.clip((np.arange(width, dtype=np.float32) - centre[0]) / scale, -1, 1) * light.across
    down = np.clip((np.arange(height, dtype=np.float32) - centre[1]) / scale, -1, 1) * light.down
    gains = np.array([light.gain * light.red, light.gain, light.gain * light.blue], np.float32)
    field = np.exp(across[None] + down[:, None])[..., None] * gains
    levels = ((np.arange(256) / 255.0) ** light.gamma).astype(np.float32) * 255
    relit: Pixels = np.clip(levels[image] * field, 0, 255).astype(np.uint8)
    return relit


def _resize(image: Pixels, mesh: Points, marks: Points, retake: Retake) -> tuple[Pixels, Points]:
    """Shrink the picture to the size of the retake, and never enlarge it."""
    height, width = image.shape[:2]
    scale = 1.0 if retake.face_px is None else retake.face_px / float(np.ptp(mesh[:VERTEX_COUNT, 0]))
    if retake.photo_px is not None:
        scale = retake.photo_px / max(height, width)
    if scale >= 1:
        return image, marks
    size = (round(width * scale), round(height * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    return small, (marks + 0.5) * (size[0] / width, size[1] / height) - 0.5


def _compress(image: Pixels, quality: int) -> Pixels:
    data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    decoded = cv2.imdecode(data, cv2.IMREAD_COLOR)
    if decoded is None:
        raise ValueError("A picture that was just compressed can't be read.")
    return decoded[..., ::-1].astype(np.uint8, copy=False)
