"""Schools for everybody: places, requests, invites, applications, Home, contacts, profiles, the blacklist."""

from __future__ import annotations

from rtserver.routes.doing import Doors
from rtserver.routes.http import Call
from rtserver.school import applications, blocks, home, invites, profiles, requests
from rtserver.school.classes import load_chips
from rtserver.school.gazetteer import RESULTS_MAX
from rtserver.school.service import SchoolService
from rtserver.wire import family as wf
from rtserver.wire import school as w
from rtserver.wire.errors import AppError
from storage.ids import parse_id

INVITE_ERRORS = (
    "link_malformed",
    "invite_unknown",
    "invite_expired",
    "invite_revoked",
    "invite_used_up",
    "class_closed",
)
APPLY_ERRORS = (
    *INVITE_ERRORS,
    "school_unknown",
    "class_unknown",
    "class_required",
    "already_member",
    "application_exists",
    "bad_request",
    "rate_limited",
)


def school_doors(service: SchoolService) -> Doors:
    doors = Doors(service)
    key, settings, places = service.key, service.settings, service.places
    _places(doors, service)
    doors.get(
        "/api/invites/{token}",
        w.InviteCheck,
        "School and class of an invite, before anything is asked (R-16)",
        lambda c, now, call: invites.check_invite(c, key.read(call.params["token"], "invite"), now),
        errors=INVITE_ERRORS,
        admission="nobody",
    )
    doors.act(
        "/api/invites/{token}/decline",
        w.Ok,
        "Decline: nothing is created (R-31)",
        lambda tx, call: applications.decline_invite(tx.connection, call.params["token"], key, tx.now),
        errors=INVITE_ERRORS,
        held=True,
    )
    doors.get(
        "/api/applications",
        w.Applications,
        "Own applications (S12)",
        lambda c, now, call: w.Applications(applications=applications.own_applications(c, call.signed.account)),
        held=True,
    )
    doors.post(
        "/api/applications",
        w.ApplicationMake,
        w.Application,
        "Apply to a school, by invite or by search (R-32, R-54)",
        lambda tx, call: applications.apply_to_school(tx, call.signed.account, call.body, key, settings),
        errors=APPLY_ERRORS,
        held=True,
    )
    doors.act(
        "/api/applications/{application}/withdraw",
        w.Ok,
        "Take an application back while it waits",
        lambda tx, call: applications.withdraw_application(tx, call.signed.account, call.params["application"]),
        errors=("application_unknown", "already_decided"),
        held=True,
    )
    doors.get("/api/home", wf.Home, "Home: own classes (R-83)", lambda c, now, call: home.load_home(c, _me(call), now))
    doors.get(
        "/api/contacts",
        wf.Contacts,
        "Contacts in groups (R-67)",
        lambda c, now, call: home.load_contacts(c, _me(call), now),
    )
    doors.get(
        "/api/profile",
        wf.OwnProfile,
        "Own profile (R-78…R-80)",
        lambda c, now, call: profiles.load_own_profile(c, _me(call), now),
        held=True,
    )
    doors.post(
        "/api/profile",
        wf.ProfileEdit,
        wf.OwnProfile,
        "Edit the own profile (R-79)",
        lambda tx, call: profiles.edit_own_profile(tx, _me(call), call.body),
        errors=("name_required", "dob_invalid", "dob_future", "birth_date_locked"),
        held=True,
    )
    doors.get(
        "/api/people/{person}",
        wf.PersonProfile,
        "Somebody's profile, as far as the viewer may see (E-14)",
        lambda c, now, call: profiles.load_person(c, _me(call), call.params["person"], now),
        errors=("person_unknown",),
    )
    doors.get(
        "/api/blocks", wf.Blacklist, "The blacklist (R-81)", lambda c, now, call: blocks.load_blacklist(c, _me(call))
    )
    doors.act(
        "/api/blocks/{person}",
        w.Ok,
        "Block a person (R-81)",
        lambda tx, call: blocks.block_person(tx, _me(call), call.params["person"]),
        errors=("person_unknown", "block_self", "rate_limited"),
    )
    doors.act(
        "/api/blocks/{person}/remove",
        w.Ok,
        "Unblock a person (R-81)",
        lambda tx, call: blocks.unblock_person(tx, _me(call), call.params["person"]),
    )
    doors.get(
        "/api/school-requests",
        w.SchoolRequests,
        "Own requests to register a school",
        lambda c, now, call: requests.own_requests(c, _me(call)),
    )

    def ask(tx: object, call: Call) -> w.SchoolRequest:
        places.refresh(tx.connection)  # type: ignore[attr-defined] # a Transaction
        return requests.ask_for_school(tx, _me(call), call.body, places)  # type: ignore[arg-type] # as above

    doors.post(
        "/api/school-requests",
        w.SchoolRequestMake,
        w.SchoolRequest,
        "Ask to register a school (R-52)",
        ask,
        errors=("request_exists", "locality_unknown", "bad_request"),
    )
    return doors


def _places(doors: Doors, service: SchoolService) -> None:
    places = service.places
    doors.get(
        "/api/countries",
        w.Countries,
        "Countries that have localities (R-47)",
        lambda c, now, call: places.countries(c),
        admission="nobody",
    )
    doors.get(
        "/api/localities",
        w.Localities,
        "The biggest places, or every match of a query (R-49, R-50)",
        lambda c, now, call: places.search(
            c, call.query.get("q", "")[:200], call.query.get("country", "RU"), RESULTS_MAX
        ),
        query=("q", "country"),
        admission="nobody",
    )
    doors.get(
        "/api/localities/{locality}/schools",
        w.SchoolList,
        "Organisations registered in exactly this place (R-48, R-51)",
        lambda c, now, call: requests.schools_of(c, places.known(c, parse_id(call.params["locality"])).id),
        errors=("locality_unknown",),
        held=True,
    )
    doors.get(
        "/api/schools/{school}/classes",
        w.ClassChips,
        "Classes one may apply to (R-53)",
        lambda c, now, call: load_chips(c, parse_id(call.params["school"])),
        errors=("school_unknown",),
        held=True,
    )


def school_of(call: Call) -> int:
    """The school of the path. An id that never was one is nobody's school."""
    number = parse_id(call.params["school"])
    if number < 0:
        raise AppError("not_in_school")
    return number


def _me(call: Call) -> int:
    return call.signed.account
