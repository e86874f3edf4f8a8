"""Parser of the shape rules, e.g. `FL > 0.8 and |JW| <= 0.5`, into vectorised predicates over standard scores.

rule     = "otherwise" | chain ("and" chain)*
chain    = term (("<" | "<=" | ">" | ">=") term)+
term     = NUMBER | KEY | "|" KEY "|" | "max(" term ("," term)+ ")"
"""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

ZScores = NDArray[np.float64]  # (draws,) standard scores of one measure
Mask = NDArray[np.bool_]  # (draws,)
Predicate = Callable[[Mapping[str, ZScores]], Mask]
Comparator = Callable[[ZScores, ZScores], Mask]

_TOKEN = re.compile(r"\s*(-?\d+(?:\.\d+)?|[A-Za-z]+|<=|>=|<|>|\||\(|\)|,)")
COMPARATORS: Mapping[str, Comparator] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class RuleSyntaxError(ValueError):
    """A rule of the taxonomy is not in the grammar."""


@dataclass(frozen=True, slots=True)
class NumberTerm:
    """A number."""

    value: float

    def evaluate(self, _: Mapping[str, ZScores]) -> ZScores:
        """Return the number as an array of no dimension."""
        return np.asarray(np.float64(self.value))


@dataclass(frozen=True, slots=True)
class MeasureTerm:
    """The standard score of a measure, or its absolute value."""

    key: str
    absolute: bool = False

    def evaluate(self, z: Mapping[str, ZScores]) -> ZScores:
        """Return the score of each draw."""
        return np.abs(z[self.key]) if self.absolute else z[self.key]


@dataclass(frozen=True, slots=True)
class MaximumTerm:
    """The largest of several terms."""

    terms: "tuple[Term, ...]"

    def evaluate(self, z: Mapping[str, ZScores]) -> ZScores:
        """Return the largest value of each draw."""
        largest: ZScores = np.maximum.reduce([term.evaluate(z) for term in self.terms])
        return largest


Term = NumberTerm | MeasureTerm | MaximumTerm


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of two terms; comparator: a key of COMPARATORS."""

    left: Term
    comparator: str
    right: Term


def parse_rule(rule: str, keys: frozenset[str]) -> tuple[Comparison, ...]:
    """Return the comparisons that all have to hold, none for "otherwise"; raise RuleSyntaxError.

    keys: the measures that may occur in the rule.
    """
    return () if rule == "otherwise" else _Parser(_tokenize(rule), keys, rule).parse()


def compile_rule(rule: str, keys: frozenset[str]) -> Predicate:
    """Return the predicate of a rule, which evaluates all draws at once; raises as `parse_rule`."""
    comparisons = parse_rule(rule, keys)

    def holds(z: Mapping[str, ZScores]) -> Mask:
        everywhere: Mask = np.ones_like(next(iter(z.values())), dtype=np.bool_)
        return reduce(operator.and_, [_compare(one, z) for one in comparisons], everywhere)

    return holds


def _compare(one: Comparison, z: Mapping[str, ZScores]) -> Mask:
    return COMPARATORS[one.comparator](one.left.evaluate(z), one.right.evaluate(z))


def _tokenize(rule: str) -> list[str]:
    tokens, position = [], 0
    while position < len(rule):
        match = _TOKEN.match(rule, position)
        if match is None:
            raise RuleSyntaxError(f"unreadable at {rule[position:]!r} in {rule!r}")
        tokens.append(match.group(1))
        position = match.end()
    return tokens


class _Parser:
    def __init__(self, tokens: list[str], keys: frozenset[str], rule: str) -> None:
        self._tokens = tokens
        self._keys = keys
        self._rule = rule

    def parse(self) -> tuple[Comparison, ...]:
        comparisons = self._chain()
        while self._tokens:
            self._expect("and")
            comparisons += self._chain()
        return comparisons

    def _chain(self) -> tuple[Comparison, ...]:
        left = self._term()
        comparisons: tuple[Comparison, ...] = ()
        while self._tokens and self._tokens[0] in COMPARATORS:
            comparator, right = self._next(), self._term()
            comparisons += (Comparison(left, comparator, right),)
            left = right
        if not comparisons:
            raise RuleSyntaxError(f"nothing is compared in {self._rule!r}")
        return comparisons

    def _term(self) -> Term:
        word = self._next()
        if word == "|":
            inner = self._measure(self._next(), absolute=True)
            self._expect("|")
            return inner
        if word == "max":
            return self._maximum()
        if word.lstrip("-")[0].isdigit():
            return NumberTerm(float(word))
        return self._measure(word)

    def _maximum(self) -> MaximumTerm:
        self._expect("(")
        terms = [self._term()]
        while self._tokens and self._tokens[0] == ",":
            self._next()
            terms.append(self._term())
        self._expect(")")
        return MaximumTerm(tuple(terms))

    def _measure(self, token: str, *, absolute: bool = False) -> MeasureTerm:
        if token not in self._keys:
            raise RuleSyntaxError(f"unknown measure {token!r} in {self._rule!r}")
        return MeasureTerm(token, absolute)

    def _next(self) -> str:
        if not self._tokens:
            raise RuleSyntaxError(f"{self._rule!r} ends too early")
        return self._tokens.pop(0)

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise RuleSyntaxError(f"expected {token!r} in {self._rule!r}")
