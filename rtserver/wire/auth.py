"""What a client says when it opens a connection; registration, log-in and one's own account on the HTTP API.

Inputs refuse unknown fields; readers of answers ignore fields that they do not know. Decides nothing.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from .chat import AccountEvent
from .family import ParentLinkCheck
from .own import OwnBlock, OwnConsent, OwnRole
from .school import Application, Gender, Input, InviteCheck, Relative
from .types import WIRE_VERSION, Id, Ms, Value


class Handshake(msgspec.Struct, frozen=True, kw_only=True):
    """``auth`` of a Socket.IO connect packet. A browser sends no token: its cookie serves."""

    token: Annotated[str, msgspec.Meta(max_length=128)] = ""
    wire_version: int = WIRE_VERSION


HoldReason = Literal["", "under_14", "consent_withdrawn"]
Document = Literal["agreement", "privacy"]


class Me(Value, frozen=True, kw_only=True):
    """Answer of ``GET /api/me``.

    ``hold`` says why entry is held (S14): until it is empty chats and people answer refusals. ``documents`` are those
    whose newest version this account has not accepted yet: show them, then ``POST /api/auth/documents`` (E-17).
    """

    account: Id
    session: Id
    name: str
    brand: str
    support: str
    hold: HoldReason = ""
    documents: list[Document] = msgspec.field(default_factory=list)


# --- registration and log-in over HTTP ---------------------------------------------------------------------------

ContactText = Annotated[str, msgspec.Meta(min_length=1, max_length=254, description="phone in any form, or e-mail")]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
CodeText = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
Token = Annotated[str, msgspec.Meta(max_length=200, description="what stands in a link after its last slash")]
FlowStart = Literal["login", "invite", "parent"]
Channel = Literal["sms", "call", "email", "paper"]
ContactKind = Literal["phone", "email"]
Language = Literal["ru", "en"]
FlowState = Literal[
    "contact", "code", "password", "other", "new_password", "profile", "claimed", "qr", "external", "signed_in", "left"
]
Step = Literal["home", "invitation", "child", "hold", "waiting", "apply"]


class AuthOptions(Value, frozen=True, kw_only=True):
    """What this server offers; asked before anything is shown (S01, S02)."""

    brand: str
    support: str
    channels: list[Channel]
    """Ways a code can go out, besides ``paper``, which a named invite brings."""
    external: str
    """Label of the external identity's button (R-10, D11); empty when off."""
    agreement_version: str
    privacy_version: str
    resend_s: int
    password_min: int
    qr_s: int


class FlowBegin(Input, frozen=True, kw_only=True):
    """``link`` is the token of ``/i/…`` or ``/p/…``. ``lasting`` false: someone else's computer."""

    start: FlowStart = "login"
    link: Token = ""
    language: Language = "ru"
    lasting: bool = True


class FlowContact(Input, frozen=True, kw_only=True):
    """R-18, R-39. Pressing Continue accepts the documents of these versions (R-40)."""

    contact: ContactText
    channel: Channel | None = None
    """The first that fits by default: SMS for a phone, e-mail for an address."""
    agreement_version: Annotated[str, msgspec.Meta(max_length=32)]
    privacy_version: Annotated[str, msgspec.Meta(max_length=32)]


class FlowResend(Input, frozen=True, kw_only=True):
    channel: Channel | None = None


class FlowCode(Input, frozen=True, kw_only=True):
    code: CodeText


class FlowPassword(Input, frozen=True, kw_only=True):
    password: Password


class FlowOther(Input, frozen=True, kw_only=True):
    """S06: ``own`` goes back to the contact; ``claim``: the number used to be someone else's (D20)."""

    choice: Literal["own", "claim"]


class FlowProfile(Input, frozen=True, kw_only=True):
    """R-23, R-44, R-62. ``adult`` confirms «Мне правда 18 или больше» (R-12)."""

    first_name: Annotated[str, msgspec.Meta(max_length=80)]
    last_name: Annotated[str, msgspec.Meta(max_length=80)]
    patronymic: Annotated[str, msgspec.Meta(max_length=80)] = ""
    gender: Gender = ""
    birth_date: Annotated[str, msgspec.Meta(max_length=10)]
    adult: bool = False
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class Recognised(Value, frozen=True, kw_only=True):
    """R-27: «Алексей П.», «+7 921 ... 57». Only after a code, or on a device the account knows (D5)."""

    name: str
    masked: str


class Flow(Value, frozen=True, kw_only=True):
    """Where a registration or log-in stands: the same on whatever page asks, after a restart as well.

    ``contact`` is shown in full on the code screen (R-21). ``step`` says where to go once ``signed_in``.
    """

    state: FlowState
    start: FlowStart
    contact: str = ""
    kind: ContactKind | None = None
    channel: Channel | None = None
    channels: list[Channel] = msgspec.field(default_factory=list)
    resend_s: int = 0
    """Seconds until a new code may be asked for."""
    tries_left: int = 0
    code_digits: int = 0
    delivery: Literal["", "waiting", "sent", "failed"] = ""
    recognised: Recognised | None = None
    invite: InviteCheck | None = None
    parent: ParentLinkCheck | None = None
    form: Literal["student", "parent", "staff", ""] = ""
    """Which profile form comes; empty where the role is chosen after log-in (R-53)."""
    free_at: Ms | None = None
    """State ``claimed``: when the number becomes free without an objection."""
    step: Step | None = None
    account: Id | None = None


class NextStep(Value, frozen=True, kw_only=True):
    """Where a logged-in account goes on, from any device: a link that needed the log-in is kept (experience §2)."""

    step: Step
    link: str = ""
    """The invite's or parent's token of ``invitation`` and ``child``."""
    hold: HoldReason = ""


class InvitationAnswer(Input, frozen=True, kw_only=True):
    """R-30, R-31: join makes an application, decline makes nothing."""

    join: bool


class DocumentText(Value, frozen=True, kw_only=True):
    document: Document
    language: Language
    version: str
    title: str
    text: str
    """Paragraphs, parted by empty lines; lines beginning with ``## `` are headings."""


class DocumentsAccept(Input, frozen=True, kw_only=True):
    """The versions that were shown; ``documents_changed`` when there are newer ones by now."""

    agreement_version: Annotated[str, msgspec.Meta(max_length=32)]
    privacy_version: Annotated[str, msgspec.Meta(max_length=32)]


class ExternalBegun(Value, frozen=True, kw_only=True):
    """D11: the browser goes to ``url`` and comes back to ``/login`` or to where the log-in leads."""

    url: str


class QrMade(Value, frozen=True, kw_only=True):
    """R-41. ``url`` is what the picture holds; the token works until ``expires`` (60 s)."""

    url: str
    expires: Ms


class QrState(Value, frozen=True, kw_only=True):
    """What the computer waits for. ``approved``: now ask ``POST /api/auth/qr/finish``."""

    state: Literal["waiting", "seen", "approved", "refused", "expired"]


class QrToken(Input, frozen=True, kw_only=True):
    token: Token


class QrAsked(Value, frozen=True, kw_only=True):
    """What the phone shows before approving: the computer's browser and when it asked."""

    device: str
    asked: Ms
    expires: Ms


class QrAnswer(Input, frozen=True, kw_only=True):
    token: Token
    approve: bool


class SessionCard(Value, frozen=True, kw_only=True):
    """One of the account's devices (S21)."""

    id: Id
    device: str
    created: Ms
    seen: Ms
    current: bool


class SessionCards(Value, frozen=True, kw_only=True):
    sessions: list[SessionCard]


class OwnContact(Value, frozen=True, kw_only=True):
    id: Id
    kind: ContactKind
    address: str
    since: Ms


class Claim(Value, frozen=True, kw_only=True):
    """D20, as the old account and its administrator see it."""

    id: Id
    masked: str
    asked: Ms
    free_at: Ms


class Claims(Value, frozen=True, kw_only=True):
    claims: list[Claim]


class ClaimAnswer(Input, frozen=True, kw_only=True):
    """``release`` true lets the number go; false: it is mine."""

    release: bool


class Security(Value, frozen=True, kw_only=True):
    """S21 Security: contacts, whether there is a password, what waits for a code, claims on own numbers."""

    contacts: list[OwnContact]
    has_password: bool
    password_changed: Ms | None
    pending: str
    """The contact that waits for its code; empty for none."""
    claims: list[Claim]


class ContactAdd(Input, frozen=True, kw_only=True):
    contact: ContactText
    channel: Channel | None = None
    language: Language = "ru"


class PasswordChange(Input, frozen=True, kw_only=True):
    """``current`` may be empty only while the account has none. Every other session ends."""

    current: Annotated[str, msgspec.Meta(max_length=256)] = ""
    new: Password


class AccountClose(Input, frozen=True, kw_only=True):
    """E-13: closing asks for the password where there is one, and for the account's last name, typed."""

    last_name: Annotated[str, msgspec.Meta(max_length=80)]
    password: Annotated[str, msgspec.Meta(max_length=256)] = ""


class AcceptedVersion(Value, frozen=True, kw_only=True):
    document: Document
    version: str
    accepted: Ms


class OwnMessage(Value, frozen=True, kw_only=True):
    chat: Id
    seq: int
    ts: Ms
    text: str


class OwnData(Value, frozen=True, kw_only=True):
    """«Скачать мои данные» (E-13). Messages are the account's own, oldest first; ``more`` says from where to go on."""

    account: Id
    first_name: str
    last_name: str
    patronymic: str
    gender: str
    birth_date: str
    created: Ms
    contacts: list[OwnContact]
    sessions: list[SessionCard]
    documents: list[AcceptedVersion]
    roles: list[OwnRole]
    children: list[Relative]
    parents: list[Relative]
    consents: list[OwnConsent]
    applications: list[Application]
    blocked: list[OwnBlock]
    messages: list[OwnMessage]
    more: str = ""


class ContactClaimed(AccountEvent, frozen=True, kw_only=True, tag="contact.claimed"):
    """D20: somebody says that this account's number is theirs now. Without an objection it leaves at ``free_at``."""

    claim: Id
    masked: str
    free_at: Ms
