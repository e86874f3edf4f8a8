"""Korean particles whose form depends on the last sound of the word before them."""

import re

_FORMS = {"은": True, "는": False, "이": True, "가": False, "을": True, "를": False, "과": True, "와": False}
_FORMS |= {"으로": True, "로": False, "이라": True, "라": False, "이나": True, "나": False}
_PARTICLE = re.compile(rf"({'|'.join(sorted(_FORMS, key=len, reverse=True))})(?![가-힣])")
_SYLLABLES, _FINALS, _FINAL_OF_L = ord("가"), 28, 8


def particle_at(text: str) -> str | None:
    """Return the particle that `text` begins with, behind a closing mark or bracket, else None."""
    found = _PARTICLE.match(re.sub(r"^[’”」)]+", "", text))
    return found.group(1) if found else None


def fits(word: str, particle: str) -> bool:
    """Return whether a particle has the right form behind a word; what stands in brackets is not read."""
    spoken = re.sub(r"\([^)]*\)", "", word)
    syllables = re.findall(r"[가-힣]", spoken)
    final = (ord(syllables[-1]) - _SYLLABLES) % _FINALS
    if particle in ("으로", "로"):
        return _FORMS[particle] == (final not in (0, _FINAL_OF_L))
    return _FORMS[particle] == (final != 0)
