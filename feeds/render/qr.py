"""QR codes of addresses, as SVG that needs no script and no one else."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

__all__ = ["qr_svg"]


@lru_cache(maxsize=2048)
def qr_svg(address: str, name: str) -> str:
    """Return an `<svg>` of the QR code for *address*, black on white, told as *name* to who cannot see it.

    >>> qr_svg("https://news.example/feeds/ai.atom", "Code")[:40]
    '<svg xmlns="http://www.w3.org/2000/svg" '
    """
    import segno  # noqa: PLC0415 -- only where codes are drawn

    out = BytesIO()
    # Error correction M: a phone reads it from a screen at an arm's length. One mask for all: trying the eight
    # that there are takes eight times as long, and any of them is read.
    segno.make(address, error="m", micro=False, mask=4).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, light="#fff", border=3, title=name, nl=False
    )
    return out.getvalue().decode()
