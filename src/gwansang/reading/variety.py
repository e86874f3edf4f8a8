"""How varied readings are: sentences that return, endings, and texts that two people share."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from gwansang.reading.belief import shipped_validity
from gwansang.reading.calibration import correlation_matrix, default_population
from gwansang.reading.measurements import MEASURES_BY_KEY, Measures, collect_measures
from gwansang.reading.model import CaptureConditions, PartReading, Reading
from gwansang.reading.norms import Norms

_SENTENCE_END = re.compile(r"(?<=[.?!])[”’)]*\s+|(?<=[。？！])(?![」』）])\s*|(?<=[。？！][」』）])\s*")
_WORD_MARKS = ".?!”’“‘(),。？！「」『』（）、"
# A text without spaces, as in Japanese, ends in one of these words or, for the count, in its last four letters.
_UNSPACED_WORDS = ("です", "でした", "でしょう", "ましょう", "ください")
_UNSPACED_END = re.compile(r"[ぁ-んァ-ヶー一-\u9fff々]{4}$")


@dataclass(frozen=True, slots=True)
class Variety:
    """Figures of readings of different people in one language.

    sentence, sentence_share: the sentence of most readings, and their share; ending, ending_share: the most frequent
    last word, and its share of all sentences; worst_ending: the largest such share within one reading; shared and
    shared_p95: part texts that two people share, on average and at the 95th percentile of pairs; story, whole: the
    longest in characters.
    """

    readings: int
    sentence: str
    sentence_share: float
    ending: str
    ending_share: float
    worst_ending: float
    shared: float
    shared_p95: float
    story: int
    whole: int
    whole_mean: float


def simulate_people(count: int, norms: Norms, seed: int = 0) -> Iterator[Measures]:
    """Yield measures of simulated faces on good photos: normal, with the correlations of the shipped population."""
    keys, sigma = tuple(MEASURES_BY_KEY), shipped_validity().sigma.tolist()
    draws = np.random.default_rng(seed).multivariate_normal(
        np.zeros(len(keys)), correlation_matrix(keys, default_population()), count, method="eigh"
    )
    for row in draws.tolist():
        yield collect_measures(
            {key: norms.measures[key].median + z * norms.measures[key].sd for key, z in zip(keys, row, strict=True)},
            {key: error * norms.measures[key].sd for key, error in zip(keys, sigma, strict=True)},
            CaptureConditions(),
        )


def texts_of_reading(reading: Reading) -> Iterator[str]:
    """Yield all texts of a whole reading, the notice, the archetypes and the years around this one aside."""
    yield reading.title
    yield reading.story
    for topic in reading.topics:
        yield from (topic.text, topic.strength, topic.caution, topic.today)
    for part in reading.parts:
        yield from filter(None, (part.meaning, part.note))
    yield reading.element.meaning
    yield from (zone.meaning for zone in reading.zones)
    yield from (palace.meaning for palace in reading.palaces)
    yield from (age.meaning for age in reading.ages if age.current)
    yield from (reading.fortune.reason, reading.fortune.text)


def split_sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [sentence for sentence in _SENTENCE_END.split(text) if sentence]


def last_word(sentence: str) -> str:
    """Return the last word of a sentence, unmarked and in small letters; of unspaced words the last letters."""
    word = sentence.rsplit(maxsplit=1)[-1].strip(_WORD_MARKS).lower()
    end = _UNSPACED_END.search(word)
    if end is None:
        return word
    return next(filter(word.endswith, _UNSPACED_WORDS), end.group())


def shared_part_texts(one: Sequence[PartReading], other: Sequence[PartReading]) -> float:
    """Return the share of parts with the same text, among those that both readings describe."""
    pairs = [(a.meaning, b.meaning) for a, b in zip(one, other, strict=True) if a.probability and b.probability]
    return sum(a == b for a, b in pairs) / len(pairs) if pairs else 0.0


def repeated_part_texts(one: Sequence[PartReading], other: Sequence[PartReading]) -> tuple[int, int]:
    """Return the number of parts with the same text and that with the same shape, of two readings of one person."""
    same = [(a, b) for a, b in zip(one, other, strict=True) if a.shape_id == b.shape_id]
    return sum(a.meaning == b.meaning for a, b in same), len(same)


def measure_variety(readings: Sequence[Reading]) -> Variety:
    """Return the figures of readings of different people in one language; raise ValueError for fewer than two."""
    if len(readings) < 2:
        raise ValueError("variety needs at least two people")
    told = [[one for text in texts_of_reading(reading) for one in split_sentences(text)] for reading in readings]
    ((sentence, most),) = Counter(one for sentences in told for one in set(sentences)).most_common(1)
    endings = [Counter(map(last_word, sentences)) for sentences in told]
    ((ending, ended),) = sum(endings, Counter[str]()).most_common(1)
    shared = [shared_part_texts(a.parts, b.parts) for a, b in combinations(readings, 2)]
    lengths = [sum(map(len, texts_of_reading(reading))) for reading in readings]
    return Variety(
        readings=len(readings),
        sentence=sentence,
        sentence_share=most / len(readings),
        ending=ending,
        ending_share=ended / sum(map(len, told)),
        worst_ending=max(max(counts.values()) / counts.total() for counts in endings),
        shared=float(np.mean(shared)),
        shared_p95=float(np.percentile(shared, 95)),
        story=max(len(reading.story) for reading in readings),
        whole=max(lengths),
        whole_mean=float(np.mean(lengths)),
    )
