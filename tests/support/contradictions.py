"""Claims of texts about features of a face, and pairs of claims that contradict each other."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gwansang.texts import Locale

_FEATURES: Mapping[Locale, Mapping[str, str]] = {
    "ko": {
        "brow-to-eye": "눈두덩|눈썹과 눈 사이|눈썹과 눈이|눈 위",
        "forehead": "이마|눈썹 위",
        "brows": "눈썹",
        "gap": "미간|인당|눈썹 사이",
        "spacing": "눈 사이|두 눈이|눈과 눈",
        "eye tails": "눈꼬리|눈 끝",
        "nose root": "콧대|산근",
        "nostrils": "콧방울",
        "nose": "코(?!밑|끝)",
        "philtrum": "인중",
        "corners": "입꼬리",
        "upper lip": "윗입술",
        "lower lip": "아랫입술",
        "lips": "입술",
        "mouth": "입(?!니다|술|꼬리|가)",
        "cheekbones": "광대",
        "cheeks": "볼선|볼이",
        "jaw": "턱",
        "face": "얼굴이|윤곽",
        "eyes": "눈(?!썹|두덩|꼬리| 사이| 위| 끝|앞|높)",
    },
    "en": {
        "brow-to-eye": "brow-to-eye|above the eyes?",
        "gap": "brow gap|between the brows",
        "spacing": "-set eyes|between the eyes",
        "eye tails": "outer corners",
        "nose root": "nose root|bridge",
        "nostrils": "wings|nostrils",
        "nose": "nose(?! root)",
        "philtrum": "philtrum",
        "upper lip": "upper lip",
        "lower lip": "lower lip",
        "lips": "lips?",
        "mouth": "mouth",
        "cheekbones": "cheekbones",
        "cheeks": "cheeks?",
        "jaw": "jaw|chin|lower face",
        "forehead": "forehead",
        "brows": "brows?(?! gap|-to-eye)",
        "face": "outline|face",
        "eyes": "eyes?",
    },
    "ja": {
        "brow-to-eye": "眉と目の間|目と眉|目の上|まぶた|目から[^、]*離れ[^、]*眉|目に近い眉|低めの眉|眉が目",
        "gap": "眉間|眉のあいだ|眉と眉|二つの眉|印堂",
        "spacing": "目の間|目と目|両目|二つの目|目のあいだ",
        "eye tails": "目尻",
        "forehead": "額|眉から上",
        "brows": "眉",
        "nose root": "鼻の付け根|鼻筋|山根",
        "philtrum": "人中|鼻の下|鼻と唇|鼻と口",
        "nostrils": "小鼻",
        "nose": "鼻(?!先)",
        "corners": "口角|口の端",
        "upper lip": "上唇",
        "lower lip": "下唇",
        "lips": "唇",
        "mouth": "(?<!入り)口(?!もと|数|を開)",
        "cheekbones": "頬骨",
        "cheeks": "頬",
        "jaw": "あご(?!先)",
        "face": "輪郭|顔(?!色)",
        "eyes": "(?<!折れ)目(?!先|利|標|盛|立|上|印|ざと|に入|に見|の前|線|が五つ|五つ|ひとつ)",
    },
}
_POLES: Mapping[Locale, tuple[tuple[str, str, str], ...]] = {
    "ko": (
        ("length", r"\b길(?!이)|\b긴 ", "짧"),
        ("width", "넓|넉넉", "좁|갸름|가늘"),
        ("size", r"\b큰 |\b크고", "작|아담"),
        ("height", "높", "낮|나지막"),
        ("roundness", "둥글|둥근", "각지|각진|각이 |모서리|네모"),
        ("thickness", "도톰|두꺼|두껍", "얇"),
        ("tilt", "오른|올라|올랐", "내린|내려|처지|처진"),
        ("distance", "멀(?!리할)|벌어", "가까(?!이할)|모인|모였"),
    ),
    "en": (
        ("length", r"\blong(?!er to)\b|\blonger\b", r"\bshort(?:er)?\b"),
        ("width", r"\b(?:broad|wide)(?:er)?\b", r"\b(?:narrow(?:er)?|slim)\b"),
        ("size", r"\blarge(?:r)?\b", r"\bsmall(?:er)?\b"),
        ("height", r"\bhigh(?:er)?\b", r"\blow(?:er)?\b"),
        ("roundness", r"\bround(?:ed)?\b", r"\bsquare|\bcorners\b|\bangled\b"),
        ("thickness", r"\b(?:full|thick)(?:er)?\b", r"\b(?:thin|fine)\b"),
        ("tilt", r"\bupturned|\blift(?:ed|s)\b", r"\bdropp|\bfalling\b"),
        ("distance", r"\bfar apart|\bwide-set", r"\bclose-set|\bcloser\b"),
    ),
    "ja": (
        ("length", "面長|長い|長め|長さがあ|長さのあ|長くなって", "短い|短め|短く"),
        ("width", "幅広|広い|広め|広く|ゆったりした|ゆたかな|幅のある", "狭|細い|細め|細く|ほっそり|すぼま"),
        ("size", "大き[いく]|大きな口|大きめ", "小さい|小さく|小さめ|小ぶり|こぢんまり"),
        ("height", "高い|高め|高さがあ|高く", "低い|低め|低く"),
        ("roundness", "丸[いくみ]", "角のある|角ば|四角|角が立|角の立った|角もはっきり"),
        ("thickness", "厚い|厚め|厚み(?!が人より控え)|厚く", "薄[いくめ]|厚みが人より控え"),
        ("tilt", "上が[りっる]|上を向|持ち上が", "下が[りっる]|下を向|下へ流れ"),
        ("distance", "離れ|空い|開いた眉間|開いたほう", "近く|近い|寄っ|寄り"),
    ),
}
_DENIED: Mapping[Locale, str] = {
    "ko": "지도|않|덜 ",
    "en": r"\bnot\b|n’t\b|\bneither\b|\bnor\b|\bwithout\b|\bless than\b|\bfew\b",
    "ja": "ません|ない|なく|らず|すぎず|ほど口角",
}
_READERS = re.compile(r"face read(?:ers?|ing)", re.IGNORECASE)
_CLAUSES = re.compile(r"[,.;:、。（）]| and | but ")


@dataclass(frozen=True, slots=True)
class Claim:
    """A text that puts a feature at one end of an axis."""

    feature: str
    axis: str
    positive: bool
    text: str


def claims_of(texts: Iterable[str], locale: Locale) -> Iterator[Claim]:
    """Yield the claims of texts: of each clause that names a single feature and denies nothing."""
    for text in texts:
        for clause in _CLAUSES.split(_READERS.sub("", text)):
            features = _features_in(clause, locale)
            if len(features) == 1 and not re.search(_DENIED[locale], clause):
                yield from (Claim(features[0], axis, end, text) for axis, end in _ends_in(clause, locale))


def _features_in(clause: str, locale: Locale) -> list[str]:
    features = []
    for feature, pattern in _FEATURES[locale].items():
        if re.search(pattern, clause, re.IGNORECASE):
            features.append(feature)
            clause = re.sub(pattern, "·", clause, flags=re.IGNORECASE)
    return features


def _ends_in(clause: str, locale: Locale) -> Iterator[tuple[str, bool]]:
    for axis, high, low in _POLES[locale]:
        for pattern, end in ((high, True), (low, False)):
            if re.search(pattern, clause, re.IGNORECASE):
                yield axis, end


def contradictions(claims: Iterable[Claim]) -> Iterator[tuple[str, str]]:
    """Yield pairs of texts that put one feature at both ends of an axis."""
    ends: dict[tuple[str, str], dict[bool, str]] = {}
    for claim in claims:
        known = ends.setdefault((claim.feature, claim.axis), {})
        if known.get(not claim.positive, claim.text) != claim.text:
            yield known[not claim.positive], claim.text
        known.setdefault(claim.positive, claim.text)
