"""Path convertors."""

from starlette.convertors import Convertor, register_url_convertor


class _NumberConvertor(Convertor[int]):
    """Up to 18 digits: Starlette's own `int` fails on thousands of them, and `match` is no number."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


NUMBER = "number"
register_url_convertor(NUMBER, _NumberConvertor())
