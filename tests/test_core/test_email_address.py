"""Normalization of e-mail addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gwansang.core.email_address import InvalidEmailError, normalize_email


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("minji@example.com", "minji@example.com"),
        ("MinJi@Example.COM", "minji@example.com"),
        (" minji@example.com ", "minji@example.com"),
        ("minji@example.com.", "minji@example.com"),
        ("ｍｉｎｊｉ＠ｅｘａｍｐｌｅ．ｃｏｍ", "minji@example.com"),
        ("minji@한국.kr", "minji@xn--3e0b707e.kr"),
        ("minji@xn--3e0b707e.kr", "minji@xn--3e0b707e.kr"),
        ("minji@Bücher.example", "minji@xn--bcher-kva.example"),
        ("a+tag@example.com", "a+tag@example.com"),
        ("o'neil_x%y@sub.example.co.kr", "o'neil_x%y@sub.example.co.kr"),
        ("minji@example.test", "minji@example.test"),
    ],
)
def test_an_address_has_one_normalized_form(written: str, canonical: str) -> None:
    assert normalize_email(written) == canonical
    assert normalize_email(canonical) == canonical


REFUSED = [
    "",
    "@",
    "minji",
    "minji@",
    "@example.com",
    "a@b@example.com",
    "minji@localhost",
    "minji@127.0.0.1",
    "minji@[127.0.0.1]",
    "minji@example..com",
    "minji@-example.com",
    "minji@exa mple.com",
    "min ji@example.com",
    ".minji@example.com",
    "minji.@example.com",
    "min..ji@example.com",
    '"min ji"@example.com',
    "minji@example.com\r\nBcc: all@example.com",
    "minji\n@example.com",
    "minji@example.com\n",
    "\tminji@example.com",
    "minji\0@example.com",
    "мinji@example.com",  # a Cyrillic letter that looks like a Latin one
    "민지@example.com",
    "minji\u200b@example.com",
    "minji\u202e@example.com",
    "Minji <minji@example.com>",
    "minji@example.com,other@example.com",
    "half\ud800@example.com",
    "x" * 65 + "@example.com",
    "minji@" + "x" * 64 + ".com",
    "minji@" + "example." * 40 + "com",
    "x" * 1_000_000,
]


@pytest.mark.parametrize("written", REFUSED, ids=range(len(REFUSED)))
def test_an_invalid_address_is_refused_and_not_repeated(written: str) -> None:
    with pytest.raises(InvalidEmailError) as refused:
        normalize_email(written)
    assert refused.value.context == {"field": "email"}
    assert not written or written not in refused.value.message


def test_a_look_alike_domain_is_another_address() -> None:
    assert normalize_email("minji@ехample.com") != normalize_email("minji@example.com")  # the first e, x are Cyrillic


@given(st.text(max_size=400))
def test_normalizing_any_text_is_refused_or_idempotent(text: str) -> None:
    try:
        canonical = normalize_email(text)
    except InvalidEmailError:
        return
    assert canonical.isascii()
    assert normalize_email(canonical) == canonical


@given(st.from_regex(r"[a-zA-Z0-9.+@-]{1,40}@[a-zA-Z0-9.ａ-ｚ가-힣-]{1,40}", fullmatch=True))
def test_normalizing_near_addresses_is_refused_or_idempotent(text: str) -> None:
    test_normalizing_any_text_is_refused_or_idempotent.hypothesis.inner_test(text)
