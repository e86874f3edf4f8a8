"""Who is in the picture: one detection for each face, without ghosts, and the subject of a photo.

A detector sometimes sees one face twice, at different sizes, or a face where there is none. Boxes that hold one another
are one face; where several are left, or nothing certain, the mesh network has the last word.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from gwansang.vision.decode import DecodedImage
from gwansang.vision.detector import (
    HELD_SHARE,
    RETRY_PADDING,
    Detection,
    detect_faces,
    detect_full_range,
    detect_in_window,
    detect_in_windows,
    detect_short_range,
)
from gwansang.vision.errors import MultipleFacesError, NoFaceError
from gwansang.vision.face import Points
from gwansang.vision.landmarks import MAX_LEAN, find_landmarks_once, level_turn
from gwansang.vision.models.runtime import Networks

MIN_PRESENCE = 0.5  # by the mesh network; less is no face
SECOND_SUBJECT_RATIO = 0.45  # a second face of at least this share of the first one's width is a second subject
_SAME_MESH = 0.4  # of the width of the larger box: meshes of one face are no further apart
_MAX_CONFIRMED = 8  # more boxes than these are a crowd, whatever the mesh network says
_SURE_SCORE = 0.9  # most upright faces in a photo have more, those on their side or upside down less
_WINDOW = 3.0  # side of the window in which a face is turned, in widths of the face
_TURNS = (0.0, math.pi, math.pi / 2, -math.pi / 2)


@dataclass(frozen=True, slots=True)
class Subject:
    """The face that a photo is read of.

    has_others: whether there are smaller faces; is_mirrored: whether the networks see its mirror image, with the darker
    half of the picture on the left of the head. A detector places a face differently in a mirror image, by a hundredth
    of its size, and turned by a degree or two, and the landmarks follow.
    """

    face: Detection
    has_others: bool
    is_mirrored: bool


def choose_subject(networks: Networks, image: DecodedImage) -> Subject:
    """Return the largest face; raises NoFaceError and MultipleFacesError."""
    mirrored = image.is_darker_on_the_right()
    subject = _choose(networks, image, mirrored=mirrored)
    turns = _quarter_turns(subject.face)
    if turns == 0 or image.is_darker_on_the_right(turns) == mirrored:
        return subject
    return _choose(networks, image, mirrored=not mirrored)  # the head lies, with another side in the dark


def search_again(networks: Networks, image: DecodedImage) -> Subject | None:
    """Return the largest face that the mesh network confirms, in any rotation of the image; None if there is none.

    Raises MultipleFacesError.
    """
    faces = _search(networks, image)
    if not faces:
        return None
    mirrored = image.is_darker_on_the_right(_quarter_turns(faces[0]))
    return Subject(_largest(networks, image, faces), has_others=len(faces) > 1, is_mirrored=mirrored)


def _choose(networks: Networks, image: DecodedImage, *, mirrored: bool) -> Subject:
    seen = image.mirrored() if mirrored else image
    faces = one_per_face(networks, seen, detect_faces(networks, seen)) or _search(networks, seen)
    if not faces:
        raise NoFaceError("No face was found; use a photo that shows one face from the front.")
    face = _largest(networks, seen, faces)
    given = face.mirrored(image.width) if mirrored else face
    return Subject(given, has_others=len(faces) > 1, is_mirrored=mirrored)


def _largest(networks: Networks, image: DecodedImage, faces: list[Detection]) -> Detection:
    """Return the first face, level; raises MultipleFacesError if there is another subject among the faces."""
    subjects = count_subjects(faces)
    if subjects > 1:
        raise MultipleFacesError(f"{subjects} faces were found; use a photo of one person.", count=subjects)
    return _levelled(networks, image, faces[0])


def _quarter_turns(face: Detection) -> int:
    return round(face.region().angle / (math.pi / 2))


def _search(networks: Networks, image: DecodedImage) -> list[Detection]:
    """Return the faces of a more thorough search, largest first, each confirmed by the mesh network."""
    for candidates in _further_candidates(networks, image):
        faces = _confirmed(networks, image, _best_of_each(candidates)[:_MAX_CONFIRMED])
        if faces:
            return sorted(faces, key=lambda face: -face.width)
    return []


def _levelled(networks: Networks, image: DecodedImage, face: Detection) -> Detection:
    """Return the face as it is detected in the image turned level with it, as if the photo had not been turned."""
    level, is_sure = face, face.score >= _SURE_SCORE
    if is_sure and _lean(face) < MAX_LEAN:
        return face
    if not is_sure or _lean(face) > math.pi / 4:
        level = max(_turned(networks, image, face), key=lambda other: other.score, default=face)
    turn = level_turn(level.region().angle)
    if turn == 0 and _lean(face) < MAX_LEAN:
        return face
    level = _seen_level(networks, image, face, level, turn)
    settled = level_turn(level.region().angle)
    return level if settled == turn else _seen_level(networks, image, face, level, settled)


def _seen_level(networks: Networks, image: DecodedImage, face: Detection, known: Detection, turn: float) -> Detection:
    """Return a face as it is detected in the image turned by `turn` radians; `known` if it is not found there."""
    found = (
        detect_short_range(networks, image, turn=turn)
        or detect_short_range(networks, image, RETRY_PADDING, turn)
        or detect_full_range(networks, image, turn)
    )
    same = [other for other in found if _hold(face.box, other.box)]
    return max(same, key=lambda other: other.score, default=known)


def _lean(face: Detection) -> float:
    return abs(face.region().angle)


def _turned(networks: Networks, image: DecodedImage, face: Detection) -> list[Detection]:
    """Return what is detected around a face, level with it, lying and upside down: level it has the highest score."""
    around = face.region(_WINDOW)
    windows = [around.shifted(0, 0, turn=turn) for turn in _TURNS]
    found = [other for window in windows for other in detect_in_window(networks, image, window)]
    return [other for other in found if _hold(face.box, other.box)]


def count_subjects(faces: list[Detection]) -> int:
    """Return the number of faces, given largest first, that are large enough to be subjects of the photo."""
    return sum(face.width >= SECOND_SUBJECT_RATIO * faces[0].width for face in faces)


def one_per_face(networks: Networks, image: DecodedImage, faces: list[Detection]) -> list[Detection]:
    """Return one detection of each face, largest first; a single one is not looked at."""
    chosen = _best_of_each(faces)
    if len(chosen) > 1:
        chosen = _confirmed(networks, image, chosen[:_MAX_CONFIRMED]) + chosen[_MAX_CONFIRMED:]
    return sorted(chosen, key=lambda face: -face.width)


def _best_of_each(faces: list[Detection]) -> list[Detection]:
    """Return the detection with the highest score of each group of boxes that hold one another, best first."""
    chosen: list[Detection] = []
    for face in sorted(faces, key=lambda face: -face.score):
        if not any(_hold(face.box, other.box) for other in chosen):
            chosen.append(face)
    return chosen


def _confirmed(networks: Networks, image: DecodedImage, faces: list[Detection]) -> list[Detection]:
    """Return the faces, best first, that have a mesh of their own, where they are seen best."""
    confirmed: list[tuple[Detection, Points]] = []
    for face in faces:
        for look in _looks(networks, image, face):
            centre = _find_mesh_centre(networks, image, look)
            if centre is not None and not any(_is_same(look, centre, *other) for other in confirmed):
                confirmed.append((look, centre))
                break
    return [face for face, _ in confirmed]


def _looks(networks: Networks, image: DecodedImage, face: Detection) -> Iterator[Detection]:
    """Yield a face as it was detected, then what is detected nearer to it: a neighbour may have displaced its box."""
    yield face
    yield from detect_in_window(networks, image, face.region(_WINDOW))


def _find_mesh_centre(networks: Networks, image: DecodedImage, face: Detection) -> Points | None:
    mesh = find_landmarks_once(networks, image, face.region())
    return mesh.points[:, :2].mean(axis=0) if mesh.presence >= MIN_PRESENCE else None


def _is_same(face: Detection, centre: Points, other: Detection, other_centre: Points) -> bool:
    return math.dist(centre, other_centre) < _SAME_MESH * max(face.width, other.width)


def _hold(box: Points, other: Points) -> bool:
    """Return whether the smaller of two boxes (x0, y0, x1, y1) lies mostly in the other one."""
    (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = box.tolist(), other.tolist()
    width, height = min(ax1, bx1) - max(ax0, bx0), min(ay1, by1) - max(ay0, by0)
    smaller: float = min((ax1 - ax0) * (ay1 - ay0), (bx1 - bx0) * (by1 - by0))
    return bool(max(width, 0.0) * max(height, 0.0) > HELD_SHARE * smaller)


def _further_candidates(networks: Networks, image: DecodedImage) -> Iterator[list[Detection]]:
    """Yield what the detectors find in every rotation of the image, the cheaper searches first."""
    yield [
        face
        for turn in _TURNS
        for pad in (0.0, RETRY_PADDING)
        for face in detect_short_range(networks, image, pad, turn)
    ]
    for turn in _TURNS:
        yield detect_full_range(networks, image, turn)
    for turn in _TURNS:
        yield detect_in_windows(networks, image, turn)
