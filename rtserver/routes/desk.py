"""The administrator's desk (S29): applications, classes, members, invites, the journal, the year's roll-over."""

from __future__ import annotations

from rtserver.auth import desk_claims
from rtserver.routes.doing import Doors
from rtserver.routes.http import Call
from rtserver.routes.school import school_of
from rtserver.school import classes, deciding, desk, families, invites, members, roll
from rtserver.school.ports import Transaction
from rtserver.school.service import SchoolService
from rtserver.wire import desk as wd
from rtserver.wire import desk_claims as wc
from rtserver.wire import school as w
from rtserver.wire.auth import ClaimAnswer
from rtserver.wire.family import ChildEdit

DESK = ("not_in_school", "school_admin_only")
BY_CLASS = (*DESK, "class_teacher_only")


def me(call: Call) -> int:
    return call.signed.account


def desk_doors(service: SchoolService) -> Doors:
    doors = Doors(service)
    doors.get(
        "/api/desks", wd.Desks, "Schools whose desk one sees", lambda c, now, call: desk.load_desks(c, me(call), now)
    )
    doors.post(
        "/api/schools/{school}",
        wd.SchoolUpdate,
        wd.Desk,
        "Name, time zone and settings of the school",
        lambda tx, call: desk.update_school(tx, me(call), school_of(call), call.body),
        errors=(*DESK, "bad_request"),
    )
    doors.get(
        "/api/schools/{school}/journal",
        wd.Journal,
        "The journal of administrators' actions (E-14)",
        lambda c, now, call: desk.load_own_journal(
            c, me(call), school_of(call), call.query.get("before", ""), call.query.get("kind", "")
        ),
        errors=DESK,
        query=("before", "kind"),
    )
    _claims(doors)
    _applications(doors)
    _classes(doors)
    _members(doors)
    _invites(doors, service)
    return doors


def _claims(doors: Doors) -> None:
    path = "/api/schools/{school}/claims"
    doors.get(
        path,
        wc.DeskClaims,
        "Requests for numbers that used to be somebody else's (D20)",
        lambda c, now, call: desk_claims.load_desk_claims(c, me(call), school_of(call)),
        errors=DESK,
    )

    def decide(tx: Transaction, call: Call) -> w.Ok:
        claim, release = call.params["claim"], call.body.release
        desk_claims.decide_desk_claim(tx, me(call), school_of(call), claim, release=release)
        return w.Ok()

    doors.post(
        path + "/{claim}",
        ClaimAnswer,
        w.Ok,
        "Release the number, or leave it with its holder (D20)",
        decide,
        errors=(*DESK, "claim_unknown"),
    )


def _applications(doors: Doors) -> None:
    doors.get(
        "/api/schools/{school}/applications",
        w.DeskApplications,
        "Applications that wait, or with status=decided the decided ones (R-33)",
        lambda c, now, call: deciding.load_desk_applications(
            c, me(call), school_of(call), call.query.get("status", "waiting"), now
        ),
        errors=DESK,
        query=("status",),
    )
    doors.post(
        "/api/schools/{school}/applications",
        w.ApplicationsDecide,
        w.Decisions,
        "Approve or refuse, one or many (R-34, R-55)",
        lambda tx, call: deciding.decide_applications(tx, me(call), school_of(call), call.body),
        errors=(*BY_CLASS, *sorted(deciding.UNTOUCHED - {"class_teacher_only"}), "members_limit"),
    )
    doors.post(
        "/api/schools/{school}/applications/{application}/class",
        w.ApplicationMove,
        w.Ok,
        "Another class before approval",
        lambda tx, call: deciding.move_application(
            tx, me(call), school_of(call), call.params["application"], call.body
        ),
        errors=(*BY_CLASS, "application_unknown", "already_decided", "class_unknown"),
    )


def _classes(doors: Doors) -> None:
    doors.act(
        "/api/classes/{klass}/chat",
        wd.ClassChat,
        "The chat of an own class, made when missing (S18)",
        lambda tx, call: classes.open_chat(tx, me(call), call.params["klass"]),
        errors=("class_unknown", "members_limit"),
    )
    path = "/api/schools/{school}/class-list"
    doors.get(
        path,
        wd.SchoolClasses,
        "Classes with their teachers",
        lambda c, now, call: classes.load_classes(c, me(call), school_of(call)),
        errors=DESK,
    )
    doors.post(
        path,
        wd.ClassMake,
        w.ClassChip,
        "A new class",
        lambda tx, call: classes.make_class(tx, me(call), school_of(call), call.body),
        errors=(*DESK, "class_name_invalid", "class_exists"),
    )
    doors.post(
        "/api/schools/{school}/class-list/{klass}",
        wd.ClassUpdate,
        w.Ok,
        "Rename, open or close for applications, archive",
        lambda tx, call: classes.update_class(tx, me(call), school_of(call), call.params["klass"], call.body),
        errors=(*DESK, "class_unknown", "class_name_invalid", "class_exists", "class_not_empty"),
    )
    doors.post(
        "/api/schools/{school}/roll-over",
        wd.RollOver,
        wd.RolledOver,
        "The new school year: 7А becomes 8А",
        lambda tx, call: classes.roll_over(tx, me(call), school_of(call), call.body),
        errors=DESK,
    )


def _members(doors: Doors) -> None:
    path = "/api/schools/{school}/members"
    doors.get(
        path,
        wd.SchoolMembers,
        "Members: search and filters",
        lambda c, now, call: roll.load_members(
            c,
            me(call),
            school_of(call),
            now,
            query=call.query.get("q", "")[:200],
            role=call.query.get("role", ""),
            class_id=call.query.get("class", ""),
        ),
        errors=DESK,
        query=("q", "role", "class"),
    )
    doors.post(
        path + "/{account}/roles",
        wd.RoleGrant,
        wd.RoleGranted,
        "Give a role (D10)",
        lambda tx, call: members.grant_role(tx, me(call), school_of(call), call.params["account"], call.body),
        errors=(*DESK, "person_unknown", "class_unknown", "class_required", "role_exists", "members_limit"),
    )
    doors.act(
        "/api/schools/{school}/roles/{role}/revoke",
        w.Ok,
        "Take a role; the last administrator keeps it",
        lambda tx, call: members.revoke_role(tx, me(call), school_of(call), call.params["role"]),
        errors=(*DESK, "role_unknown", "last_admin"),
    )
    doors.post(
        path + "/{account}/move",
        wd.MemberMove,
        w.Ok,
        "A student changes class, and its chat",
        lambda tx, call: members.move_member(tx, me(call), school_of(call), call.params["account"], call.body),
        errors=(*DESK, "person_unknown", "class_unknown", "role_unknown", "members_limit"),
    )
    doors.act(
        path + "/{account}/remove",
        w.Ok,
        "Out of the school and every class's chat",
        lambda tx, call: members.remove_member(tx, me(call), school_of(call), call.params["account"]),
        errors=(*DESK, "person_unknown", "last_admin"),
    )
    doors.post(
        path + "/{account}/data",
        ChildEdit,
        w.Ok,
        "Correct a student's data",
        lambda tx, call: desk.edit_student(tx, me(call), school_of(call), call.params["account"], call.body),
        errors=(*DESK, "person_unknown", "name_required", "dob_invalid", "dob_future"),
    )
    doors.act(
        path + "/{account}/parents/{parent}/detach",
        w.Ok,
        "Detach a parent (D16)",
        lambda tx, call: families.detach_parent(
            tx, me(call), school_of(call), call.params["account"], call.params["parent"]
        ),
        errors=(*DESK, "person_unknown"),
    )


def _invites(doors: Doors, service: SchoolService) -> None:
    key, settings = service.key, service.settings
    path = "/api/schools/{school}/invites"
    errors = (*BY_CLASS, "class_unknown", "class_required", "bad_request", "rate_limited")

    def shown(tx: Transaction, call: Call, number: int) -> w.Invite:
        listed = invites.load_invites(tx.connection, me(call), school_of(call), key, settings, tx.now, only=number)
        return listed.invites[0]

    doors.get(
        path,
        w.Invites,
        "Invites one may manage, each with its link",
        lambda c, now, call: invites.load_invites(
            c, me(call), school_of(call), key, settings, now, class_id=call.query.get("class") or None
        ),
        errors=DESK,
        query=("class",),
    )
    doors.post(
        path,
        w.InviteMake,
        w.Invite,
        "A new invite link (R-15, R-37)",
        lambda tx, call: shown(tx, call, invites.make_invite(tx, me(call), school_of(call), call.body, settings)),
        errors=errors,
    )
    doors.act(
        path + "/{invite}/revoke",
        w.Ok,
        "Revoke a link",
        lambda tx, call: invites.revoke_invite(tx, me(call), school_of(call), call.params["invite"]),
        errors=(*BY_CLASS, "invite_unknown"),
    )
    doors.act(
        path + "/{invite}/renew",
        w.Invite,
        "A new link in place of an old one (R-37)",
        lambda tx, call: shown(
            tx, call, invites.renew_invite(tx, me(call), school_of(call), call.params["invite"], settings)
        ),
        errors=(*errors, "invite_unknown"),
    )
