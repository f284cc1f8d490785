"""All roles and relations against every door of schools and every command of the socket (D17, E-14).

What each may open is literal here, not read from the code; a door that is not in the table fails the test.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any, get_args, get_origin, get_type_hints

import msgspec
from PIL import Image

from rtserver.routes.openapi import codes_of
from rtserver.wire.registry import COMMANDS
from storage import tables as t
from tests.school_house import ADULT, CHILD, TEEN, SchoolHouse, s

PEOPLE = [
    "nobody", "newcomer", "held", "student", "classmate", "other_class", "other_school", "parent", "other_parent",
    "teacher", "head", "other_head", "staff", "admin", "other_admin", "operator",
]  # fmt: skip
ANY = set(PEOPLE)
SIGNED = ANY - {"nobody"}
FREE = SIGNED - {"held"}
DESK = {"admin", "head", "other_head"}
ADMIN = {"admin"}

DOORS: dict[tuple[str, str], set[str]] = {
    # of everybody, also before log-in
    ("GET", "/api/countries"): ANY,
    ("GET", "/api/localities"): ANY,
    ("GET", "/api/invites/{token}"): ANY,
    ("GET", "/api/parent-links/{token}"): ANY - {"student"},
    # of oneself
    ("GET", "/api/localities/{locality}/schools"): SIGNED,
    ("GET", "/api/schools/{school}/classes"): SIGNED,
    ("POST", "/api/invites/{token}/decline"): SIGNED,
    ("GET", "/api/applications"): SIGNED,
    ("GET", "/api/profile"): SIGNED,
    ("GET", "/api/hold"): SIGNED,
    ("GET", "/api/family"): SIGNED,
    ("GET", "/api/home"): FREE,
    ("GET", "/api/contacts"): FREE,
    ("GET", "/api/blocks"): FREE,
    ("GET", "/api/school-requests"): FREE,
    ("GET", "/api/desks"): FREE,
    # about the student of 7А
    ("GET", "/api/people/{person}"): {"classmate", "teacher", "head", "admin", "parent", "student"},
    ("GET", "/api/people/{person}/avatar"): {"classmate", "teacher", "head", "admin", "parent", "student"},
    ("POST", "/api/blocks/{person}"): {"classmate", "teacher", "head", "admin", "parent"},
    ("GET", "/api/parent-links/{token}/child"): {
        "newcomer", "parent", "other_parent", "teacher", "head", "other_head", "staff", "admin", "other_admin",
        "operator",
    },
    ("GET", "/api/family/children/{child}"): {"parent"},
    ("POST", "/api/family/children/{child}"): {"parent"},
    ("POST", "/api/family/children/{child}/withdraw"): {"parent"},
    ("POST", "/api/family/children/{child}/consent"): {"parent"},
    ("POST", "/api/classes/{klass}/chat"): {"student", "classmate", "teacher", "head"},
    # the desk
    ("GET", "/api/schools/{school}/applications"): DESK,
    ("POST", "/api/schools/{school}/applications"): {"admin", "head"},
    ("POST", "/api/schools/{school}/applications/{application}/class"): {"admin", "head"},
    ("GET", "/api/schools/{school}/class-list"): DESK,
    ("GET", "/api/schools/{school}/members"): DESK,
    ("GET", "/api/schools/{school}/invites"): DESK,
    ("POST", "/api/schools/{school}/invites"): {"admin", "head"},
    ("POST", "/api/schools/{school}/invites/{invite}/revoke"): {"admin", "head"},
    ("POST", "/api/schools/{school}/invites/{invite}/renew"): {"admin", "head"},
    ("GET", "/api/schools/{school}/sheet"): DESK,
    ("POST", "/api/schools/{school}/sheet"): DESK,
    ("POST", "/api/schools/{school}"): ADMIN,
    ("GET", "/api/schools/{school}/journal"): ADMIN,
    ("GET", "/api/schools/{school}/claims"): ADMIN,
    ("POST", "/api/schools/{school}/claims/{claim}"): ADMIN,
    ("POST", "/api/schools/{school}/class-list"): ADMIN,
    ("POST", "/api/schools/{school}/class-list/{klass}"): ADMIN,
    ("POST", "/api/schools/{school}/roll-over"): ADMIN,
    ("POST", "/api/schools/{school}/members/{account}/roles"): ADMIN,
    ("POST", "/api/schools/{school}/roles/{role}/revoke"): ADMIN,
    ("POST", "/api/schools/{school}/members/{account}/move"): ADMIN,
    ("POST", "/api/schools/{school}/members/{account}/remove"): ADMIN,
    ("POST", "/api/schools/{school}/members/{account}/data"): ADMIN,
    ("POST", "/api/schools/{school}/members/{account}/parents/{parent}/detach"): ADMIN,
    ("POST", "/api/schools/{school}/list"): ADMIN,
    ("GET", "/api/schools/{school}/export/{kind}.csv"): ADMIN,
}  # fmt: skip
OWN = {
    # change the asker's own things alone: no other person is named in them. Their refusals stand in other tests
    ("POST", "/api/applications"),
    ("POST", "/api/applications/{application}/withdraw"),
    ("POST", "/api/profile"),
    ("POST", "/api/blocks/{person}/remove"),
    ("POST", "/api/school-requests"),
    ("POST", "/api/family/link"),
    ("POST", "/api/family/link/renew"),
    ("POST", "/api/parent-links/{token}/confirm"),
    ("PUT", "/api/profile/avatar"),
    ("DELETE", "/api/profile/avatar"),
}
NO_ENTRY = {
    "unauthorized", "not_in_school", "school_admin_only", "class_teacher_only", "person_unknown", "child_unknown",
    "not_found", "self_parent", "parent_too_young", "parent_birth_date_needed", "parent_confirmation_needed",
    "block_self", "class_unknown",
}  # fmt: skip
"""Refusals for want of a right; any other code means that the door opened."""
SECRET = "Тайнова"
"""Last name of the student whom all of this is about."""


async def people(sh: SchoolHouse) -> dict[str, int | None]:
    made: dict[str, int | None] = {
        "nobody": None,
        "newcomer": await sh.newcomer(),
        "held": await sh.newcomer(born=CHILD),
    }
    for name, role, klass, school, born in (
        ("student", "student", "7А", "Школа", TEEN),
        ("classmate", "student", "7А", "Школа", TEEN),
        ("other_class", "student", "7Б", "Школа", TEEN),
        ("other_school", "student", "7А", "Другая", TEEN),
        ("teacher", "teacher", "7А", "Школа", ADULT),
        ("head", "class_teacher", "7А", "Школа", ADULT),
        ("other_head", "class_teacher", "7Б", "Школа", ADULT),
        ("staff", "staff", "", "Школа", ADULT),
        ("admin", "admin", "", "Школа", ADULT),
        ("other_admin", "admin", "", "Другая", ADULT),
        ("operator", "operator", "", "", ADULT),
    ):
        made[name] = await sh.member(role, klass, school, born=born)  # type: ignore[arg-type]
    await sh.database.write(
        lambda c: c.execute(t.account.update().where(t.account.c.id == made["student"]).values(last_name=SECRET))
    )
    for parent, child in (("parent", "student"), ("other_parent", "classmate")):
        made[parent] = await sh.newcomer()
        await sh.confirm(made[parent], await sh.parent_link(made[child]))  # type: ignore[arg-type]
    return made


async def fingerprint(sh: SchoolHouse) -> str:
    """Everything that a door of schools could have changed."""
    tables = [
        t.school, t.school_class, t.school_role, t.parent_child, t.block, t.membership, s.invite, s.application,
        s.consent, s.journal, s.roster, s.avatar, s.school_request,
    ]  # fmt: skip

    def load(connection: Any) -> str:
        rows = [
            [tuple(row) for row in connection.execute(table.select().order_by(*table.primary_key))] for table in tables
        ]
        names = connection.execute(
            t.account.select().with_only_columns(t.account.c.id, t.account.c.last_name, t.account.c.birth_date)
        ).all()
        return hashlib.sha256(repr((rows, sorted(map(tuple, names)))).encode()).hexdigest()

    return await sh.database.read(load)


async def test_every_door_is_open_to_whom_it_should_be_and_to_nobody_else(sh: SchoolHouse) -> None:
    """D17, D3, E-14, R-35, R-68: 16 people against every door; a refusal changes nothing and names nobody."""
    served = {
        (route.method, route.resource.canonical)
        for route in sh.client.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    own = {(one.method, one.path) for one in sh.own_endpoints}
    assert all(path.startswith(("/api/auth/", "/api/me", "/api/logout")) for _, path in own)
    assert served == set(DOORS) | OWN | own
    who = await people(sh)
    admin, student = who["admin"], who["student"]
    assert admin is not None
    assert student is not None
    applicant = await sh.newcomer()
    token = await sh.invite(admin, "7А")
    application = await sh.apply(applicant, token)
    school, klass = await sh.school_id(), await sh.class_id("7А")
    invite = (await sh.get(admin, f"/api/schools/{school}/invites"))["invites"][0]["id"]
    members = (await sh.get(admin, f"/api/schools/{school}/members?role=staff"))["members"]
    link = await sh.parent_link(student)
    await sh.http(student, "PUT", "/api/profile/avatar", data=picture())
    claim = await sh.claim(student, "+79111111111")
    locality = (await sh.get(None, "/api/localities"))["localities"][0]["id"]
    consent = {"consent": True, "consent_version": "2026-09-01"}
    data = {"first_name": "Имя", "last_name": SECRET, "birth_date": TEEN}
    bodies: dict[str, dict[str, Any]] = {
        "applications": {"applications": [application], "approve": False},
        "class": {"class_id": klass},
        "class-list": {"name": "9Я"},
        "{klass}": {"open": False},
        "roles": {"role": "staff"},
        "move": {"from_class": klass, "to_class": await sh.class_id("7Б")},
        "data": data,
        "invites": {"class_id": klass},
        "{child}": data,
        "consent": consent,
        "{claim}": {"release": False},
        "{school}": {"name": "Имя школы"},
        "roll-over": {"dry_run": False},
    }

    def path_of(path: str) -> str:
        tokens = {"/api/invites/{token}": token, "/api/parent-links/{token}": link}
        for start, value in tokens.items():
            if path.startswith(start):
                path = path.replace("{token}", value)
        return path.format(
            locality=locality, school=school, person=student, child=student, application=application, invite=invite,
            parent=who["parent"], claim=claim, klass=klass, account=student, role=members[0]["roles"][0]["id"],
            kind="members",
        )  # fmt: skip

    documented = {(one.method, one.path): codes_of(one) for one in sh.endpoints}

    def check_code(method: str, path: str, answer: Any) -> None:
        """E-15: what a door may answer stands in ``/api/openapi.json``. File doors are described in docs/SCHOOLS.md."""
        code = answer["error"]["code"]
        assert code in documented.get((method, path), [code]), (method, path, code)

    before = await fingerprint(sh)
    for (method, path), allowed in DOORS.items():
        for name in PEOPLE:
            if name in allowed:
                continue
            body = bodies.get(path.rpartition("/")[2], {}) if method == "POST" and not path.endswith("/list") else None
            status, answer = await sh.http(who[name], method, path_of(path), body)
            where = (method, path, name, answer)
            assert 400 <= status < 500, where
            assert answer["error"]["code"] in NO_ENTRY, where
            assert SECRET not in repr(answer), where
            check_code(method, path, answer)
    assert await fingerprint(sh) == before, "a refused door changed something"
    changing = sorted((door for door in DOORS if door[0] == "POST"), key=lambda d: ("remove" in d[1], "detach" in d[1]))
    for method, path in [*(door for door in DOORS if door[0] == "GET"), *changing]:
        for name in sorted(DOORS[method, path]):
            body = bodies.get(path.rpartition("/")[2], {}) if method == "POST" and not path.endswith("/list") else None
            more = {"data": b"x"} if path.endswith("/list") else {}
            status, answer = await sh.http(who[name], method, path_of(path), body, **more)
            assert status < 500, (method, path, name, answer)
            if method == "GET":
                assert status == 200, (method, path, name, answer)
            elif status >= 400:  # somebody before has done it already
                check_code(method, path, answer)
                later = NO_ENTRY - {"person_unknown", "child_unknown"}
                assert answer["error"]["code"] not in later, (method, path, name, answer)


def picture() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return out.getvalue()


async def test_every_command_is_closed_to_those_outside(sh: SchoolHouse) -> None:
    """D17, R-35, R-68, R-106: the class chat of 7А against whoever is not in it, an administrator included."""
    who = await people(sh)
    head, student = who["head"], who["student"]
    assert head is not None
    await sh.decide(head, await sh.apply(await sh.newcomer(), await sh.invite(head, "7А")))
    chat = next(c.id for c in (await sh.do(head, "chat.list")).chats if c.kind == "class")
    await sh.do(head, "message.post", chat=chat, text="только для 7А")
    inside = {"student", "classmate", "teacher", "head", "nobody"}
    for name in PEOPLE:
        account = who[name]
        if name in inside or account is None:
            continue
        for command, spec in COMMANDS.items():
            if command == "sync":
                continue
            fields = guess(spec.command, chat, str(student))
            try:
                answer: Any = await sh.do(account, command, **fields)
            except Exception as refusal:
                code = getattr(refusal, "code", None)
                assert code is not None, (name, command, refusal)
                assert code not in {"unknown", "bad_request", "unknown_field"}, (name, command, refusal)
                if name == "held":
                    assert code == "parent_confirmation_needed", (name, command)
                continue
            assert name != "held", (name, command)
            assert "только для 7А" not in repr(answer), (name, command)
            if name not in {"admin", "parent"}:  # they may know the student by relation (D17)
                assert SECRET not in repr(answer), (name, command)
            if "chat" in spec.command.__struct_fields__:
                raise AssertionError(f"{command} let {name} into the class chat")
    members = await sh.do(head, "chat.members", chat=chat)
    assert len(members.members) == 5


def guess(command: type[msgspec.Struct], chat: str, person: str) -> dict[str, Any]:
    """A well-formed command about that chat and that person."""
    words: dict[str, Any] = {
        "chat": chat, "chats": [chat], "to": [chat], "target": 1, "targets": [1], "seq": 1, "account": person,
        "accounts": [person], "members": [person], "people": [person], "text": "я", "emoji": "👍", "kind": "direct",
        "title": "Г", "role": "member", "scope": "me", "call": "c1", "participant": "p1", "sdp": "v=0",
        "lines": [], "wanted": [], "heights": [], "file": "1", "post": "nonce-of-nobody",
        "query": "только",
        "link": "1", "report": "1", "token": "nothing", "reason": "other", "decision": "justified", "ts": 1,
    }  # fmt: skip
    info = msgspec.structs.fields(command)
    hints = get_type_hints(command, include_extras=True)
    fields = {}
    for field in info:
        if field.name == "kind" and not field.required:  # a filter of search, no kind of chat
            continue
        if field.name in words:
            fields[field.name] = words[field.name]
        elif field.required and field.name != "nonce":
            fields[field.name] = sample(hints[field.name])
    return fields


def sample(hint: Any) -> Any:
    """A value of a required field that the table above does not know."""
    origin = get_origin(hint)
    if origin is list:
        return []
    if hint is bool:
        return True
    if hint is int:
        return 1
    if origin is None and hint is str:
        return "я"
    return sample(get_args(hint)[0]) if get_args(hint) and not isinstance(get_args(hint)[0], str) else get_args(hint)[0]


async def test_nonsense_is_answered_by_documented_codes(sh: SchoolHouse) -> None:
    """E-15: every door with ids that are none, odd queries and bodies of the wrong shape: no 5xx, no unknown code."""
    who = await people(sh)
    odd_ids = ["0", "-1", "9" * 30, "x", "%00", "%F0%9F%8E%89", "' OR 1=1 --", "1" * 19]
    odd_bodies: list[Any] = [{}, [], None, {"nope": 1}, {"applications": "x"}, {"name": "\u0000"}, {"dry_run": "да"}]
    for endpoint in sh.endpoints:
        for number, odd in enumerate(odd_ids):
            path = re.sub(r"{\w+}", odd, endpoint.path)
            query = dict.fromkeys(endpoint.query, odd)
            body = {"json": odd_bodies[number % len(odd_bodies)]} if endpoint.body is not None else {}
            for name in ("nobody", "held", "student", "admin"):
                status, answer = await sh.http(
                    who[name], endpoint.method, path, params=query, **(body or {"data": b""})
                )
                where = (endpoint.method, path, name, body, answer)
                assert status < 500, where
                if status == 404 and endpoint.path.count("{") and answer["error"]["code"] == "not_found":
                    continue  # an id that makes another path of it
                if status >= 400:
                    assert answer["error"]["code"] in codes_of(endpoint), where
    admin, school = who["admin"], await sh.school_id()
    assert await sh.denied(admin, "GET", f"/api/schools/{school}/members?q=%00") == "bad_request"
    assert await sh.denied(admin, "POST", f"/api/schools/{school}", name="а\0б") == "bad_request"
