"""The printable sheet of invites (S29): a page of cards with QR codes, for a parents' evening. Pure.

It needs no script and no other file, so it prints anywhere; a page's policy of scripts stays closed.
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence

import segno

from rtserver.wire.school import Invite

STYLE = """
@page { margin: 12mm }
@media screen { body { padding: 12mm } }
body { font: 11pt/1.35 system-ui, sans-serif; color: #000; margin: 0 }
h1 { font-size: 14pt; margin: 0 0 6mm }
.cards { display: grid; grid-template-columns: repeat(2, 1fr); gap: 5mm }
.card { border: 0.3mm dashed #888; padding: 4mm; display: flex; gap: 4mm; break-inside: avoid }
.card svg { width: 32mm; height: 32mm; flex: none }
.name { font-weight: 600 }
.code { font: 600 14pt ui-monospace, monospace; letter-spacing: 0.06em; margin-top: 1mm }
.url { font-size: 8pt; overflow-wrap: anywhere; color: #333 }
"""


def qr_svg(text: str) -> str:
    """An SVG element. Level M reads well from a crumpled sheet."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, border=2, omitsize=True, title=None
    )
    return out.getvalue().decode()


def sheet_page(school: str, brand: str, invites: Sequence[Invite], codes: Mapping[str, str] | None = None) -> str:
    """All cards of one sheet; named invites carry the pupil's name. ``codes``: a paper code by invite id (D12)."""
    paper = codes or {}
    cards = "".join(
        f'<div class="card">{qr_svg(invite.url)}<div><div class="name">{_text(invite.named or invite.class_name)}</div>'
        f"<div>{_text(invite.class_name)}</div>"
        "<div>Наведите камеру телефона или откройте ссылку. Регистрируйтесь на свой номер, не на номер родителей.</div>"
        f'{_code(paper.get(invite.id, ""))}<div class="url">{_text(invite.url)}</div></div></div>'
        for invite in invites
        if invite.state == "active"
    )
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8">'
        f"<title>{_text(school)}</title><style>{STYLE}</style></head>"
        f'<body><h1>{_text(school)} · {_text(brand)}</h1><div class="cards">{cards}</div></body></html>'
    )


def _code(code: str) -> str:
    if not code:
        return ""
    return (
        f'<div class="code">{_text(code[:4])}-{_text(code[4:])}</div>'
        "<div>Код вместо SMS. Он один на двоих не делится: отрежьте карточку и отдайте её ученику.</div>"
    )


def _text(text: str) -> str:
    return html.escape(text)
