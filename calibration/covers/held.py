"""Things that are held before a face: phones, cups, bottles, books, microphones, masks in a hand, and round things."""

from collections.abc import Callable

import cv2
import numpy as np

from calibration.covers.fills import any_colour, any_fill
from calibration.covers.hands import Pose, hand_skin, paint_finger
from calibration.covers.scene import Alpha, Scene, soften
from calibration.covers.things import any_place
from gwansang.vision.face import Points

Corners = Points  # (n, 2) of a shape


def draw_thing(scene: Scene) -> None:
    """Hold a thing before the face, with or without the fingers that hold it."""
    rng = scene.rng
    place, turn = any_place(scene), rng.normal(0, 22)
    kinds: tuple[Callable[[Scene, Points, float], Points], ...] = (
        _phone,
        _phone,
        _cup,
        _bottle,
        _book,
        _microphone,
        _lump,
    )
    shape = kinds[rng.integers(len(kinds))]
    corners = shape(scene, place, turn)
    alpha = scene.polygon(corners)
    scene.throw_shadow(alpha)
    scene.paint(soften(alpha, rng.uniform(0.4, 1.5)), any_fill(scene, alpha), covers=True)
    _print_on(scene, alpha, corners)
    if rng.random() < 0.6:
        _grip(scene, corners)


def _phone(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    right, down = rng.uniform(3.0, 4.3), rng.uniform(5.5, 8.5)
    if rng.random() < 0.25:
        right, down = down, right
    return scene.outline(scene.shift(place, 0, rng.uniform(-2, 3)), right, down, turn, rng.choice([8.0, 14.0, 40.0]))


def _cup(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    half, depth, taper = rng.uniform(2.8, 4.6), rng.uniform(3, 5.5), rng.uniform(0.65, 1.0)
    corners = scene.outline(scene.shift(place, 0, rng.uniform(0, depth)), half, depth, turn / 2, 14.0)
    middle = corners.mean(axis=0)
    low = np.clip((corners[:, 1:] - middle[1]) / (depth * scene.cm) * 0.5 + 0.5, 0, 1)
    return np.column_stack([middle[0] + (corners[:, :1] - middle[0]) * (1 - (1 - taper) * low), corners[:, 1:]])


def _bottle(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    half, length = rng.uniform(1.6, 3.4), rng.uniform(7, 12)
    return scene.outline(scene.shift(place, 0, rng.uniform(-1, length * 0.7)), half, length, turn, rng.uniform(3, 10))


def _book(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    right, down = rng.uniform(4, 11), rng.uniform(3.5, 9)
    return scene.outline(scene.shift(place, rng.normal(0, 2), rng.uniform(0, down)), right, down, turn / 2, 60.0)


def _microphone(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    half = rng.uniform(1.8, 3.2)
    handle = np.array([place, scene.shift(place, np.sin(np.radians(turn)) * -14, 14)])
    scene.paint(scene.line(handle, rng.uniform(1.5, 3)), any_colour(rng), covers=True)
    return scene.outline(place, half, half * rng.uniform(1, 1.5), turn)


def _lump(scene: Scene, place: Points, turn: float) -> Corners:
    rng = scene.rng
    corners = scene.outline(place, rng.uniform(1.8, 6), rng.uniform(1.8, 6), turn * 3, rng.uniform(1.6, 4))
    rough = 1 + 0.15 * np.interp(np.arange(len(corners)), np.linspace(0, len(corners), 9), rng.normal(0, 1, 9))
    middle = corners.mean(axis=0)
    grown: Points = middle + (corners - middle) * rough[:, None]
    return grown


def _print_on(scene: Scene, alpha: Alpha, corners: Corners) -> None:
    """Put lenses, labels, writing, a rim or a bright reflection on a thing."""
    rng = scene.rng
    middle, reach = corners.mean(axis=0), corners.std(axis=0)
    for _ in range(rng.integers(0, 4)):
        spot = middle + rng.normal(0, 0.8, 2) * reach
        mark = scene.blob(spot, rng.uniform(0.3, 1.6), rng.uniform(0.3, 1.6))
        scene.paint(mark * alpha * rng.uniform(0.4, 1), any_colour(rng), covers=False)
    if rng.random() < 0.3:
        letters, (x, y) = np.zeros(scene.size, np.uint8), middle - reach * (0.9, 0)
        for row in range(int(rng.integers(1, 8))):
            text = "".join(chr(c) for c in rng.integers(97, 123, rng.integers(4, 18)))
            cv2.putText(letters, text, (int(x), int(y + 12 * row)), 0, rng.uniform(0.3, 0.8), 255, 1, cv2.LINE_AA)
        scene.paint((letters / np.float32(255)) * alpha, any_colour(rng), covers=False)
    if rng.random() < 0.4:
        rim = scene.line(np.vstack([corners, corners[:1]]), rng.uniform(0.1, 0.5))
        scene.paint(rim * alpha, any_colour(rng), covers=False)
    if rng.random() < 0.3:
        streak = scene.line(middle + rng.normal(0, 1, (2, 2)) * reach, rng.uniform(0.3, 1.5))
        scene.paint(soften(streak, 3) * alpha * rng.uniform(0.1, 0.7), np.float32([240] * 3), covers=False)


def _grip(scene: Scene, corners: Corners) -> None:
    """Lay the fingers of a hand around a side of a thing, and the thumb around the other."""
    rng = scene.rng
    middle, reach = corners.mean(axis=0), corners.std(axis=0) * 1.3
    side, low = rng.choice([-1, 1]), rng.uniform(-0.5, 0.8)
    pose = Pose(0.0, 1.0, 0.0, bool(rng.random() < 0.7), hand_skin(scene))
    across, down = scene.across * scene.cm, np.array([-scene.across[1], scene.across[0]]) * scene.cm
    depth, sag = rng.uniform(1, 5), rng.uniform(-0.5, 2.5)
    edge = middle + side * scene.across * reach[0] + down * low * reach[1] / scene.cm
    for finger in range(int(rng.integers(1, 5))):
        tip = edge - side * across * depth * rng.uniform(0.8, 1.1) + down * finger * 1.8
        start = edge + side * across * rng.uniform(0.5, 2.5) + down * (finger * 1.8 + sag)
        paint_finger(scene, [start, (start + tip) / 2 - down * 0.2, tip], rng.uniform(0.8, 1.0), pose)
    if rng.random() < 0.5:
        far = middle - side * scene.across * reach[0] + down * low * reach[1] / scene.cm
        tip = far + side * across * rng.uniform(0.5, 3)
        paint_finger(scene, [far - side * across * 2 + down * 3, far, tip], 1.05, pose)
