"""Kinds of places in paths."""

from starlette.convertors import Convertor, register_url_convertor


class _Number(Convertor[int]):
    """Digits, and not too many of them, so that no word and no other route's name is taken for a number."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


NUMBER = "number"
register_url_convertor(NUMBER, _Number())
