"""Parser of the shape rules, e.g. `FL > 0.8 and |JW| <= 0.5`, into vectorised predicates over standard scores.

rule     = "otherwise" | chain ("and" chain)*
chain    = term (("<" | "<=" | ">" | ">=") term)+
term     = NUMBER | KEY | "|" KEY "|" | "max(" term ("," term)+ ")"
"""

import operator
import re
from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

ZScores = NDArray[np.float64]  # (draws,) standard scores of one measure
Mask = NDArray[np.bool_]  # (draws,)
Term = Callable[[Mapping[str, ZScores]], ZScores]
Predicate = Callable[[Mapping[str, ZScores]], Mask]
Comparator = Callable[[ZScores, ZScores], Mask]

_TOKEN = re.compile(r"\s*(-?\d+(?:\.\d+)?|[A-Za-z]+|<=|>=|<|>|\||\(|\)|,)")
_COMPARATORS: dict[str, Comparator] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


class RuleSyntaxError(ValueError):
    """A rule of the taxonomy is not in the grammar."""


def compile_rule(rule: str, keys: frozenset[str]) -> Predicate:
    """Return the predicate of a rule, which evaluates all draws at once; raise RuleSyntaxError.

    keys: the measures that may occur in the rule.
    """
    if rule == "otherwise":
        return _always
    return _Parser(_tokenize(rule), keys, rule).parse()


def _always(z: Mapping[str, ZScores]) -> Mask:
    return np.ones_like(next(iter(z.values())), dtype=np.bool_)


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

    def parse(self) -> Predicate:
        chains = [self._chain()]
        while self._tokens:
            self._expect("and")
            chains.append(self._chain())
        return _all_of(chains)

    def _chain(self) -> Predicate:
        left = self._term()
        comparisons: list[Predicate] = []
        while self._tokens and self._tokens[0] in _COMPARATORS:
            comparator = _COMPARATORS[self._next()]
            right = self._term()
            comparisons.append(_comparison(comparator, left, right))
            left = right
        if not comparisons:
            raise RuleSyntaxError(f"nothing is compared in {self._rule!r}")
        return _all_of(comparisons)

    def _term(self) -> Term:
        word = self._next()
        if word == "|":
            inner = self._key(self._next())
            self._expect("|")
            return lambda z: np.abs(inner(z))
        if word == "max":
            return self._maximum()
        if word.lstrip("-")[0].isdigit():
            number = np.asarray(np.float64(word))
            return lambda _: number
        return self._key(word)

    def _maximum(self) -> Term:
        self._expect("(")
        terms = [self._term()]
        while self._tokens and self._tokens[0] == ",":
            self._next()
            terms.append(self._term())
        self._expect(")")
        return lambda z: np.maximum.reduce([term(z) for term in terms])

    def _key(self, token: str) -> Term:
        if token not in self._keys:
            raise RuleSyntaxError(f"unknown measure {token!r} in {self._rule!r}")
        return lambda z: z[token]

    def _next(self) -> str:
        if not self._tokens:
            raise RuleSyntaxError(f"{self._rule!r} ends too early")
        return self._tokens.pop(0)

    def _expect(self, token: str) -> None:
        if self._next() != token:
            raise RuleSyntaxError(f"expected {token!r} in {self._rule!r}")


def _comparison(comparator: Comparator, left: Term, right: Term) -> Predicate:
    return lambda z: comparator(left(z), right(z))


def _all_of(predicates: list[Predicate]) -> Predicate:
    if len(predicates) == 1:
        return predicates[0]
    return lambda z: reduce(operator.and_, [predicate(z) for predicate in predicates])
