"""The shape rules of all parts as one table, which a few array operations evaluate for all draws of a face at once.

Evaluating rule after rule took a third of the time of a reading.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from gwansang.reading.rule_parser import Comparison, MaximumTerm, MeasureTerm, NumberTerm, Term, parse_rule
from gwansang.reading.taxonomy import Part

_Rows = NDArray[np.intp]
_Table = NDArray[np.float64]
_Place = tuple[str, Term]  # a part, whose draws are its own, and a term of one of its rules
_ALWAYS = Comparison(NumberTerm(0.0), "<=", NumberTerm(0.0))


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Rules of parts in order, of which the first that holds counts.

    Rows of terms: samples of the measures, then absolute values, numbers and maxima. columns: (samples,) measures;
    draws: (samples, n) standard normal, n a multiple of 64; absolutes: (k,) samples; numbers: (k, n); maxima: rows of
    the terms of each; smaller, larger: (comparisons,) rows; or_equal: (comparisons, 1); starts: (rules,) first
    comparison of each; slots: (parts, most rules of a part) rules, the one after the last where a part has no more.
    """

    columns: _Rows
    draws: _Table
    absolutes: _Rows
    numbers: _Table
    maxima: tuple[_Rows, ...]
    smaller: _Rows
    larger: _Rows
    or_equal: NDArray[np.bool_]
    starts: _Rows
    slots: _Rows

    def count_hits(self, mean: _Table, sd: _Table) -> NDArray[np.int64]:
        """Return (parts, most rules of a part) how many draws of a face fall into each rule; mean, sd: (measures,)."""
        samples = sd.take(self.columns)[:, None] * self.draws
        samples += mean.take(self.columns)[:, None]
        terms = np.concatenate([samples, np.abs(samples.take(self.absolutes, axis=0)), self.numbers])
        if self.maxima:
            terms = np.concatenate([terms, [terms[rows].max(axis=0) for rows in self.maxima]])
        smaller, larger = terms.take(self.smaller, axis=0), terms.take(self.larger, axis=0)
        holds = np.where(self.or_equal, smaller <= larger, smaller < larger)
        words = np.packbits(holds, axis=1).view(np.uint64)  # 64 draws each
        hits = np.bitwise_and.reduceat(words, self.starts, axis=0)
        hits = np.concatenate([hits, np.zeros((1, hits.shape[1]), np.uint64)])
        any_until = np.bitwise_or.accumulate(hits.take(self.slots, axis=0), axis=1)
        counts = np.bitwise_count(any_until).sum(axis=2, dtype=np.int64)
        of_each: NDArray[np.int64] = np.diff(counts, axis=1, prepend=0)
        return of_each


def compile_table(parts: Sequence[Part], measures: Sequence[str], draws: _Table) -> RuleTable:
    """Return the table of the rules of parts; raises RuleSyntaxError.

    measures: keys in the order of what `count_hits` gets; draws: (d, n), of which the i-th measure of a part takes
    row i; n is a multiple of 64.
    """
    rules = [
        [(part.key, one) for one in parse_rule(shape.rule, frozenset(part.measures)) or (_ALWAYS,)]
        for part in parts
        for shape in part.classes
    ]
    samples: list[_Place] = [(part.key, MeasureTerm(key)) for part in parts for key in part.measures]
    comparisons = [(part, *_ascending(one)) for rule in rules for part, one in rule]
    used = dict.fromkeys(
        (part, inner) for part, *sides, _ in comparisons for side in sides for inner in (*_terms_of(side), side)
    )
    absolutes = [(part, term) for part, term in used if isinstance(term, MeasureTerm) and term.absolute]
    numbers = [(part, term) for part, term in used if isinstance(term, NumberTerm)]
    maxima = [(part, term) for part, term in used if isinstance(term, MaximumTerm)]
    row_of = {place: row for row, place in enumerate([*samples, *absolutes, *numbers, *maxima])}
    counts = [len(part.classes) for part in parts]
    return RuleTable(
        columns=np.array([measures.index(key) for part in parts for key in part.measures]),
        draws=draws[[row for part in parts for row in range(len(part.measures))]],
        absolutes=np.array([row_of[part, MeasureTerm(term.key)] for part, term in absolutes], np.intp),
        numbers=np.array([np.full(draws.shape[1], term.value) for _, term in numbers]),
        maxima=tuple(np.array([row_of[part, inner] for inner in term.terms]) for part, term in maxima),
        smaller=np.array([row_of[part, smaller] for part, smaller, _, _ in comparisons]),
        larger=np.array([row_of[part, larger] for part, _, larger, _ in comparisons]),
        or_equal=np.array([[or_equal] for *_, or_equal in comparisons]),
        starts=np.array(list(accumulate(map(len, rules), initial=0))[:-1]),
        slots=np.array([
            [first + index if index < count else len(rules) for index in range(max(counts))]
            for first, count in zip(accumulate(counts, initial=0), counts, strict=False)
        ]),
    )  # fmt: skip


def _ascending(one: Comparison) -> tuple[Term, Term, bool]:
    """Return the smaller and the larger term of a comparison, and whether they may be equal."""
    sides = (one.left, one.right) if one.comparator[0] == "<" else (one.right, one.left)
    return *sides, one.comparator.endswith("=")


def _terms_of(term: Term) -> Iterator[Term]:
    if isinstance(term, MaximumTerm):
        yield from term.terms
