"""Hands on a face: open, cupped, closed, one or two, of the person's own skin and in the light of the face."""

from dataclasses import dataclass

import cv2
import numpy as np

from calibration.covers.fills import any_colour, grain, own_skin, shading, skin_colour
from calibration.covers.scene import CHEEKS, CHIN, EYES, LIPS, NOSE_TIP, Fill, Scene, roundness, soften, through
from calibration.covers.things import any_place
from gwansang.vision.face import Points

_LENGTHS = (6.0, 7.4, 7.9, 7.0)  # of the fingers, little one first
_ARCH = (3.0, 3.9, 4.1, 3.7)  # of their knuckles over the middle of the palm
_SKIN_PATCHES = (50, 280, 151, 9, 200, 205, 425, 152)  # cheeks, forehead, chin


@dataclass(frozen=True, slots=True)
class Hand:
    """palm: its middle; along, across: one centimetre of the hand, towards the fingers and towards the thumb."""

    palm: Points
    along: Points
    across: Points

    @classmethod
    def of(cls, scene: Scene, palm: Points, turn_deg: float, size: float, side: int) -> "Hand":
        """Return a hand whose fingers point in a direction of the frame of the face; 0 is to the right, 90 down."""
        turn = np.radians(scene.tilt_deg + turn_deg)
        along = np.array([np.cos(turn), np.sin(turn)]) * scene.cm * size
        return cls(palm, along, side * np.array([-along[1], along[0]]))

    def at(self, across: float, along: float) -> Points:
        """Return a place of the hand, in its centimetres."""
        place: Points = self.palm + self.across * across + self.along * along
        return place


@dataclass(frozen=True, slots=True)
class Pose:
    """How the fingers are held: spread between them, length that is seen, bend to the side; lit: fill of the skin."""

    spread: float
    reach: float
    bend: float
    back: bool
    lit: Fill


def draw_hand(scene: Scene) -> None:
    """Lay one or two hands on the face: whole, only the fingers, spread or together, a fist, or cupped."""
    rng = scene.rng
    size = rng.uniform(0.75, 1.15)
    side, kind = int(rng.choice([-1, 1])), rng.random()
    spread = 0.0 if rng.random() < 0.5 else rng.uniform(0.02, 0.3)
    reach = rng.uniform(0.75, 1.1) if rng.random() < 0.75 else rng.uniform(0.3, 0.75)
    pose = Pose(spread, reach, rng.normal(0, 0.5), bool(rng.random() < 0.6), hand_skin(scene))
    turn = rng.uniform(0, 360)
    if kind < 0.25:
        _paint_hand(scene, Hand.of(scene, any_place(scene), turn, size, side), pose)
    elif kind < 0.5:  # the fingers cover, the palm lies beside
        hand = Hand.of(scene, any_place(scene), turn, size, side)
        moved = Hand(hand.at(rng.normal(0, 1.5), -rng.uniform(4, 8)), hand.along, hand.across)
        _paint_hand(scene, moved, pose)
    elif kind < 0.72:
        _cup_mouth(scene, pose, size, side)
    elif kind < 0.85:
        place = (scene.middle(LIPS), scene.points[CHIN], scene.points[CHEEKS[side > 0]])[rng.integers(3)]
        hand = Hand.of(scene, scene.shift(place, *rng.normal(0, 1, 2)), rng.normal(-90, 50), size, side)
        _paint_hand(scene, hand, Pose(0.0, rng.uniform(0.1, 0.3), 0.0, True, pose.lit))
    else:
        _lay_both(scene, pose, size)


def _cup_mouth(scene: Scene, pose: Pose, size: float, side: int) -> None:
    """Hold a hand before mouth, nose or chin, with the fingers to the other side of the face."""
    rng = scene.rng
    target = (scene.middle(LIPS), scene.points[NOSE_TIP], scene.points[CHIN])[rng.choice(3, p=[0.6, 0.2, 0.2])]
    turn = (0 if side > 0 else 180) + rng.normal(-10 * side, 22)
    hand = Hand.of(
        scene, scene.shift(target, *rng.normal(0, 0.9, 2)), turn, size, side if rng.random() < 0.3 else -side
    )
    moved = Hand(hand.at(rng.normal(0, 0.6), -rng.uniform(0, 7.5)), hand.along, hand.across)
    _paint_hand(scene, moved, pose)


def _lay_both(scene: Scene, pose: Pose, size: float) -> None:
    """Lay two hands on both eyes, cheeks, halves of the mouth or of the jaw."""
    rng = scene.rng
    kind, lift = rng.integers(4), rng.uniform(-6, 2)
    right, down, turn = rng.uniform(0.5, 3), rng.normal(0, 0.8), rng.normal(0, 25)
    for number, side in enumerate((-1, 1)):
        eye, cheek = scene.middle(EYES[number]), scene.points[CHEEKS[number]]
        lips, jaw = scene.shift(scene.middle(LIPS), side * right, 0), scene.shift(scene.points[CHIN], side * right, 0)
        hand = Hand.of(scene, scene.shift((eye, cheek, lips, jaw)[kind], 0, down), -90 - side * turn, size, -side)
        _paint_hand(scene, Hand(hand.at(rng.normal(0, 0.4), lift), hand.along, hand.across), pose)


def _paint_hand(scene: Scene, hand: Hand, pose: Pose) -> None:
    rng = scene.rng
    arm = [hand.at(0, -2.5), hand.at(0, -5), hand.at(rng.normal(0, 1), -11), hand.at(rng.normal(0, 3), -26)]
    outlines = [_tube(through(arm), (3.4, 2.7, 3.0, 4.2), float(np.linalg.norm(hand.along))), _oval(hand)]
    whole = np.maximum(scene.polygon(outlines[0]), scene.polygon(outlines[1]))
    scene.throw_shadow(whole)
    depth = rng.uniform(0.5, 2.0)
    paint_skin(scene, whole, pose.lit, depth)
    lines = np.zeros(scene.size, np.float32)
    for _ in range(rng.integers(0, 4)):  # of the palm, tendons, veins
        start, end = hand.at(rng.uniform(-3, 3), rng.uniform(-3, 3)), hand.at(rng.uniform(-3, 3), rng.uniform(-3, 3))
        lines += scene.line(through([start, hand.at(*rng.normal(0, 2, 2)), end]), rng.uniform(0.05, 0.2))
    scene.darken(soften(np.minimum(lines, 1) * whole, 0.06 * scene.cm), float(rng.uniform(0.03, 0.3)))
    if rng.random() < 0.6:
        _paint_thumb(scene, hand, pose)
    present = rng.random(4) < (0.97 if rng.random() < 0.8 else 0.6)
    for finger in rng.permutation(np.flatnonzero(present)):
        across = 1.95 * (finger - 1.5)
        start = hand.at(across, _ARCH[finger] - 0.8)
        towards = hand.along + hand.across * (pose.spread * (finger - 1.5) + rng.normal(0, 0.03))
        length = _LENGTHS[finger] * pose.reach * rng.uniform(0.92, 1.06) + 0.8
        places = [start, start + towards * length / 2 + hand.across * pose.bend * pose.reach, start + towards * length]
        paint_finger(scene, places, rng.uniform(0.8, 1.0), pose)


def _paint_thumb(scene: Scene, hand: Hand, pose: Pose) -> None:
    out = scene.rng.uniform(0.5, 1.2)
    places = [hand.at(2.6, -1.5), hand.at(2.8 + 2.2 * out, 1.2), hand.at(2.6 + 2.9 * out, 4.6)]
    paint_finger(scene, places, 1.1, pose)


def paint_finger(scene: Scene, places: list[Points], half_cm: float, pose: Pose) -> None:
    """Paint a finger through some places, with joints, a nail if its back is seen, and a shadow beside it."""
    whole, rng = np.array(places), scene.rng
    scene, box = scene.window(whole, 2.5)
    curve = through(list(whole - (box[1].start, box[0].start)), 24)
    lit = pose.lit[box] * np.float32(rng.uniform(0.94, 1.05))
    half = min(half_cm * scene.cm, float(np.linalg.norm(curve[-1] - curve[0])) * 0.21)
    tip = scene.ellipse(curve[-1], 0.8 * half / scene.cm, 0.8 * half / scene.cm)
    alpha = np.maximum(scene.polygon(_tube(curve, (1.0, 0.95, 0.8), half)), tip)
    scene.darken(soften(alpha, rng.uniform(0.08, 0.3) * scene.cm), float(rng.uniform(0.0, 0.35)))
    paint_skin(scene, alpha, lit, rng.uniform(0.4, 0.9))
    step = (curve[-1] - curve[-2]) / max(float(np.linalg.norm(curve[-1] - curve[-2])), 1e-6)
    beside = np.array([-step[1], step[0]]) * half
    creases = np.zeros(scene.size, np.float32)
    for share in (9, 16):  # the joints
        for _ in range(rng.integers(1, 4)):
            middle = curve[share] + rng.normal(0, 0.12 * scene.cm, 2)
            line = scene.line(np.array([middle - 0.7 * beside, middle + 0.7 * beside]), 0.07)
            creases = np.maximum(creases, line * np.float32(rng.uniform(0.0, 0.3)))
    scene.darken(soften(creases * alpha, 0.6), 1.0)
    if pose.back and rng.random() < 0.8:
        turn = float(np.degrees(np.arctan2(step[1], step[0]))) - scene.tilt_deg
        nail = scene.ellipse(curve[-1], 0.62 * half / scene.cm, 0.52 * half / scene.cm, turn)
        tint = np.clip(lit.reshape(-1, 3).mean(axis=0) * rng.uniform(1.0, 1.3), 0, 255)
        colour = any_colour(rng) if rng.random() < 0.2 else tint.astype(np.float32)
        scene.paint(soften(nail, 0.5) * rng.uniform(0.4, 0.9), colour, covers=False)


def paint_skin(scene: Scene, alpha: np.ndarray, lit: Fill, depth_cm: float) -> None:
    """Paint a rounded piece of skin, darker towards its edges."""
    round_ = roundness(alpha, depth_cm * scene.cm)
    shade = 1 - scene.rng.uniform(0.08, 0.4) * (1 - round_)
    edge = scene.rng.uniform(0.4, 1.6)
    scene.paint(soften(alpha, edge), np.clip(lit * shade[..., None], 0, 255).astype(np.float32), covers=True)


def hand_skin(scene: Scene) -> Fill:
    """Return the skin of a hand: mostly the person's own, from cheek, forehead or chin, in the light of the face."""
    rng = scene.rng
    kind = rng.random()
    if kind < 0.25:
        return own_skin(scene) * _light_of_face(scene)
    if kind < 0.75:
        x, y = scene.points[_SKIN_PATCHES[rng.integers(len(_SKIN_PATCHES))]].round().astype(int)
        x, y = int(np.clip(x, 4, scene.size[1] - 5)), int(np.clip(y, 4, scene.size[0] - 5))
        colour = np.median(scene.pixels[y - 4 : y + 5, x - 4 : x + 5].reshape(-1, 3), axis=0)
        colour = colour * rng.uniform(0.75, 1.15) * np.exp(rng.normal(0, 0.03, 3))
    elif kind < 0.93:
        colour = skin_colour(rng)
    else:
        colour = any_colour(rng)
    texture = 1 + 0.4 * grain(scene) + 0.3 * grain(scene)
    return (colour * texture[..., None] * _light_of_face(scene)).clip(0, 255).astype(np.float32)


def _light_of_face(scene: Scene) -> np.ndarray:
    """Return how the face is lit, around 1: (h, w, 1)."""
    rng = scene.rng
    if rng.random() < 0.3:
        return shading(scene)[..., None]
    small = cv2.resize(scene.pixels.mean(axis=2), (48, 56), interpolation=cv2.INTER_AREA)
    wide = cv2.GaussianBlur(small, (0, 0), rng.uniform(5, 12))
    field = cv2.resize(wide, scene.size[::-1], interpolation=cv2.INTER_LINEAR)
    x, y = scene.points[NOSE_TIP].astype(int)
    middle = float(field[np.clip(y, 0, scene.size[0] - 1), np.clip(x, 0, scene.size[1] - 1)])
    return np.clip(field / max(middle, 1.0), 0.5, 1.5)[..., None].astype(np.float32)


def _oval(hand: Hand) -> Points:
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    cos, sin = np.cos(angle), np.sin(angle)
    x, y = 4.0 * np.sign(cos) * np.abs(cos) ** 0.7, 4.5 * np.sign(sin) * np.abs(sin) ** 0.7
    corners: Points = hand.palm + x[:, None] * hand.across + y[:, None] * hand.along
    return corners


def _tube(curve: Points, halves: tuple[float, ...], unit: float) -> Points:
    """Return the outline of a tube around a curve; its half widths, from start to end, are in units of pixels."""
    half = np.interp(np.linspace(0, 1, len(curve)), np.linspace(0, 1, len(halves)), halves) * unit
    slope = np.gradient(curve, axis=0)
    beside = np.column_stack([-slope[:, 1], slope[:, 0]]) / np.maximum(np.linalg.norm(slope, axis=1), 1e-6)[:, None]
    return np.vstack([curve + beside * half[:, None], (curve - beside * half[:, None])[::-1]])
