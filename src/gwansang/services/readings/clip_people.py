"""People of a clip: frames are linked if their faces are alike to those just before them.

A person who talks, laughs and turns looks little different a moment later, another person does. So each face is
compared with its two predecessors only, by embeddings that stay in memory: what is kept of them is these distances.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np

from gwansang.vision.embedding import Embedding
from gwansang.vision.face import FaceRegion

LOOK_BACK: Final = 2
LINKED_BELOW: Final = 0.33  # 50 people who talk: 0.21 at most, 0.34 after a jump; two people: 0.35 at least
_TELLING: Final = frozenset[FaceRegion]({"eyes", "nose", "mouth"})  # if these are covered, an embedding says little


def distances_back(embeddings: Sequence[Embedding], earlier: Sequence[Embedding]) -> list[tuple[float, ...]]:
    """Return the distances of each face to up to LOOK_BACK before it, the nearest first; `earlier` came before all."""
    sequence = [*earlier, *embeddings]
    distances = []
    for index in range(len(earlier), len(sequence)):
        before = sequence[max(0, index - LOOK_BACK) : index]
        distances.append(tuple(round(float(np.linalg.norm(sequence[index] - one)), 4) for one in reversed(before)))
    return distances


def people_of(distances: Sequence[tuple[float, ...]], covered: Sequence[tuple[FaceRegion, ...]]) -> list[int]:
    """Return for each frame the number of its person, 0 for the one who is seen most.

    distances: of each frame, as `distances_back` returns them; without any, a frame shows the person before it.
    """
    labels: list[int] = []
    for index, back in enumerate(distances):
        is_same = [
            distance < LINKED_BELOW or bool(_TELLING.intersection(set(covered[index]) ^ set(covered[index - step])))
            for step, distance in enumerate(back[:index], start=1)
        ]
        linked = {labels[index - step] for step, same in enumerate(is_same, start=1) if same}
        if index and not is_same:
            linked = {labels[index - 1]}
        label = min(linked, default=index)
        labels = [label if one in linked else one for one in labels] + [label]
    by_frequency = {label: number for number, (label, _) in enumerate(Counter(labels).most_common())}
    return [by_frequency[label] for label in labels]
