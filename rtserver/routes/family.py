"""Families: the child's link, the parent's confirmation and consent, the hold (R-56…R-76, D16)."""

from __future__ import annotations

from rtserver.routes.doing import Doors
from rtserver.routes.http import Call
from rtserver.school import families
from rtserver.school.hold import load_holds
from rtserver.school.links import Link
from rtserver.school.service import SchoolService
from rtserver.wire import family as w

LINK_ERRORS = ("link_malformed", "parent_link_expired", "self_parent", "parents_full")
PARENT_ERRORS = ("parent_birth_date_needed", "parent_too_young")
CONSENT_ERRORS = ("consent_required", "consent_outdated")
EDIT_ERRORS = ("name_required", "dob_invalid", "dob_future")


def family_doors(service: SchoolService) -> Doors:
    doors = Doors(service)
    key, settings = service.key, service.settings

    def link(call: Call) -> Link:
        return key.read(call.params["token"], "parent")

    def me(call: Call) -> int:
        return call.signed.account

    doors.get(
        "/api/hold",
        w.Hold,
        "Whether entry is held, and why (S14)",
        lambda c, now, call: w.Hold(reason=(why := load_holds(c, (me(call),), now).get(me(call), "")), held=bool(why)),
        held=True,
    )
    doors.get(
        "/api/family",
        w.Family,
        "Own children and parents (R-66, R-73)",
        lambda c, now, call: families.load_family(c, me(call), now, settings),
        held=True,
    )
    doors.act(
        "/api/family/link",
        w.ParentLink,
        "The own link for a parent, made when missing (R-57, R-75)",
        lambda tx, call: families.own_link(tx, me(call), key, settings, renew=False),
        errors=("parents_full", "child_unknown"),
        held=True,
    )
    doors.act(
        "/api/family/link/renew",
        w.ParentLink,
        "A new link; the earlier one is dead (D16)",
        lambda tx, call: families.own_link(tx, me(call), key, settings, renew=True),
        errors=("parents_full", "child_unknown"),
        held=True,
    )
    doors.get(
        "/api/parent-links/{token}",
        w.ParentLinkCheck,
        "Whose link it is, before log-in; with the child's own session it says how to go on (R-69, R-70)",
        lambda c, now, call: families.check_link(
            c, link(call), None if call.actor is None else call.actor.account, now, settings
        ),
        errors=LINK_ERRORS,
        admission="anyone",
    )
    doors.get(
        "/api/parent-links/{token}/child",
        w.ChildData,
        "The child's data, prefilled for the parent (R-63)",
        lambda c, now, call: families.load_child(c, me(call), link(call), now, settings),
        errors=(*LINK_ERRORS, *PARENT_ERRORS),
        held=True,  # a held child's own session must learn that it is its own
    )
    doors.post(
        "/api/parent-links/{token}/confirm",
        w.ChildConfirm,
        w.ChildCard,
        "Correct the data, consent and confirm (R-64…R-66)",
        lambda tx, call: families.confirm_child(tx, me(call), link(call), call.body, settings),
        errors=(*LINK_ERRORS, *PARENT_ERRORS, *CONSENT_ERRORS, *EDIT_ERRORS),
        held=True,  # as above
    )
    doors.get(
        "/api/family/children/{child}",
        w.ChildData,
        "A confirmed child's data",
        lambda c, now, call: families.load_own_child(c, me(call), call.params["child"], settings.brand),
        errors=("child_unknown",),
    )
    doors.post(
        "/api/family/children/{child}",
        w.ChildEdit,
        w.ChildCard,
        "Correct a confirmed child's data (R-64)",
        lambda tx, call: families.edit_child(tx, me(call), call.params["child"], call.body),
        errors=("child_unknown", *EDIT_ERRORS),
    )
    doors.act(
        "/api/family/children/{child}/withdraw",
        w.ChildCard,
        "Withdraw the consent: the child's entry is suspended (D16)",
        lambda tx, call: families.withdraw_consent(tx, me(call), call.params["child"]),
        errors=("child_unknown",),
    )
    doors.post(
        "/api/family/children/{child}/consent",
        w.ChildConfirm,
        w.ChildCard,
        "Give the withdrawn consent again",
        lambda tx, call: families.renew_consent(tx, me(call), call.params["child"], call.body, settings),
        errors=("child_unknown", *CONSENT_ERRORS),
    )
    return doors
