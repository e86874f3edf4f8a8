"""Lines of texts: Korean between words, Japanese between characters, nothing wider than its column."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.drawing.line_breaking import break_balanced, break_evenly, break_lines, fit_block, wrap_text
from gwansang.drawing.text_width import text_width

KOREAN = "고른 두 눈은 한쪽만 보지 않고, 알맞은 광대는 여럿이 힘을 모으게 한다고 전합니다."
JAPANESE = "穏やかな目もとに、まっすぐな鼻すじ。「静かに導く人」と古い人相の本は伝えています。"
SENTENCES = "첫 문장입니다. 둘째 문장입니다. 셋째 문장입니다."


def test_korean_breaks_between_words_only() -> None:
    lines = break_lines(KOREAN, 40, 400)
    assert len(lines) > 2
    assert " ".join(lines) == KOREAN


@pytest.mark.parametrize("width", range(80, 500, 20))
def test_japanese_breaks_anywhere_but_where_the_rules_forbid_it(width: int) -> None:
    lines = break_lines(JAPANESE, 40, width)
    assert "".join(lines) == JAPANESE
    assert all(line[0] not in "、。」ー" for line in lines)
    assert all(line[-1] != "「" for line in lines)


@given(st.text(st.sampled_from("가나다 abc.,。、「」あア漢字(100)…-\n"), max_size=120), st.integers(100, 900))
def test_no_line_is_wider_than_its_column_and_nothing_is_lost(text: str, width: int) -> None:
    lines = break_lines(text, 20, width)
    tied = 20 * max([text_width(run) for run in text.replace("\n", " ").split()], default=0)
    assert all(text_width(line) * 20 <= width or text_width(line) * 20 <= tied for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_word_wider_than_a_line_is_broken() -> None:
    lines = break_lines("가" * 40, 20, 200)
    assert len(lines) == 4
    assert all(text_width(line) * 20 <= 200 for line in lines)


def test_a_title_breaks_at_its_clauses_and_into_even_lines() -> None:
    assert break_evenly("고른 눈매에 알맞은 광대, 환하게 앞을 비추는 왕의 상", 60, 900) == [
        "고른 눈매에 알맞은 광대,",
        "환하게 앞을 비추는 왕의 상",
    ]
    first, second = break_balanced(KOREAN, 40, 1200)
    assert abs(text_width(first) - text_width(second)) < 5


def test_short_japanese_texts_obey_the_rules_too() -> None:
    text = "大きく包んで軸をつくる顔を、「王の相」（おうのそう）と呼びます。広く聞き、言葉で人をまとめるといいます。"
    for width in range(140, 400, 20):
        lines = wrap_text(text, 20, width, 30)
        assert "".join(lines) == text
        assert all(text_width(line) * 20 <= width for line in lines)
        assert not [line for line in lines if line[0] in "、。）」" or line[-1] in "（「"]
    assert len(wrap_text(text, 20, 200, 3)) == 3


def test_a_japanese_title_breaks_between_phrases_and_its_sentences_have_no_gap() -> None:
    title = "整った目もとにほどよい頬骨、静かに根を張る学者の相"
    assert break_evenly(title, 60, 700) == ["整った目もとにほどよい", "頬骨、", "静かに根を張る学者の相"]
    assert break_lines("よい目です。 よい鼻です。", 20, 900) == ["よい目です。よい鼻です。"]


def test_a_text_takes_the_largest_size_that_fits() -> None:
    roomy, tight = (fit_block(KOREAN, (40, 30, 20), 400, height) for height in (1000, 200))
    assert (roomy.size, tight.size) == (40, 30)
    assert tight.height <= 200


def test_a_text_that_does_not_fit_loses_whole_sentences_from_its_end() -> None:
    block = fit_block(SENTENCES, (40,), 400, 70, leading=1.6)
    assert list(block.lines) == ["첫 문장입니다."]
    assert fit_block(SENTENCES.replace(".", ""), (40,), 300, 70, leading=1.6).lines[-1].endswith("…")
