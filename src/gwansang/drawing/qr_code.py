"""QR codes of links, in the ink and on the paper of the cards."""

import io
from typing import Final

from gwansang.drawing import svg

_BORDER: Final = 4  # modules, which readers of the codes need


def qr_code(link: str) -> str:
    """Return a link as a QR code, SVG with a size of its own; raises ValueError for a link that is too long."""
    import segno  # noqa: PLC0415 - 20 ms of the start otherwise

    code, drawn = segno.make_qr(link, error="m"), io.BytesIO()
    code.save(drawn, kind="svg", scale=8, border=_BORDER, dark=svg.INK, light=svg.WHITE, xmldecl=False)
    return drawn.getvalue().decode()
