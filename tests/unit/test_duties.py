"""D3, D10, D17 and E-14 as literal data: who administers, decides, invites, and reads which fields."""

from __future__ import annotations

import pytest

from rtserver.school.access import Role, Standing
from rtserver.school.duties import block_refusal, may_decide, may_invite, readable_fields, sees_desk

A, B, OTHER = 101, 102, 201  # classes 7А and 7Б of school 1, a class of school 2

PEOPLE = {
    "student": Standing(1, (Role("student", 1, A),), parents=frozenset({8})),
    "classmate": Standing(2, (Role("student", 1, A),), parents=frozenset({9})),
    "other class": Standing(3, (Role("student", 1, B),)),
    "other school": Standing(4, (Role("student", 2, OTHER),)),
    "own teacher": Standing(5, (Role("teacher", 1, A),)),
    "class teacher": Standing(13, (Role("class_teacher", 1, A),)),
    "class teacher of 7Б": Standing(6, (Role("class_teacher", 1, B),)),
    "administrator": Standing(7, (Role("admin", 1),)),
    "own parent": Standing(8, children=frozenset({1}), child_classes=frozenset({A}), child_schools=frozenset({1})),
    "other parent": Standing(9, children=frozenset({2}), child_classes=frozenset({A}), child_schools=frozenset({1})),
    "operator": Standing(10, (Role("operator"),)),
    "staff": Standing(11, (Role("staff", 1),)),
    "other administrator": Standing(12, (Role("admin", 2),)),
    "newcomer": Standing(14),
}

# fields of the student of 7А that each may read; from D17 and E-14, not from the code
OF_THE_STUDENT = {
    "student": "name places birth_date parents children",
    "classmate": "name places",
    "other class": "",
    "other school": "",
    "own teacher": "name places parents",
    "class teacher": "name places birth_date parents",
    "class teacher of 7Б": "",
    "administrator": "name places birth_date parents",
    "own parent": "name places birth_date parents",
    "other parent": "",
    "operator": "",
    "staff": "",
    "other administrator": "",
    "newcomer": "",
}
# fields of the student's parent
OF_THE_PARENT = {
    "student": "name places",
    "classmate": "",
    "other class": "",
    "other school": "",
    "own teacher": "name places children",
    "class teacher": "name places children",
    "class teacher of 7Б": "",
    "administrator": "name places children",
    "own parent": "name places birth_date parents children",
    "other parent": "",
    "operator": "",
    "staff": "",
    "other administrator": "",
    "newcomer": "",
}
DECIDES = {
    # who: (a student of 7А, a student of 7Б, a teacher) of school 1, and the desk
    "student": (False, False, False, False),
    "own teacher": (False, False, False, False),
    "class teacher": (True, False, False, True),
    "class teacher of 7Б": (False, True, False, True),
    "administrator": (True, True, True, True),
    "own parent": (False, False, False, False),
    "operator": (False, False, False, False),
    "staff": (False, False, False, False),
    "other administrator": (False, False, False, False),
    "newcomer": (False, False, False, False),
}


@pytest.mark.parametrize("viewer", PEOPLE)
def test_fields_of_a_student(viewer: str) -> None:
    """E-14: a birth date is the family's and the school's business, nobody else's."""
    assert readable_fields(PEOPLE[viewer], PEOPLE["student"]) == set(OF_THE_STUDENT[viewer].split())


@pytest.mark.parametrize("viewer", PEOPLE)
def test_fields_of_a_parent(viewer: str) -> None:
    """R-68, E-14."""
    assert readable_fields(PEOPLE[viewer], PEOPLE["own parent"]) == set(OF_THE_PARENT[viewer].split())


@pytest.mark.parametrize("who", DECIDES)
def test_who_decides_and_invites(who: str) -> None:
    """D3, R-15, R-33: and whoever may decide may invite."""
    asked = (("student", A), ("student", B), ("teacher", None))
    one = PEOPLE[who]
    for may in (may_decide, may_invite):
        assert (*(may(one, 1, role, klass) for role, klass in asked), sees_desk(one, 1)) == DECIDES[who]
    if who != "other administrator":
        assert not may_decide(one, 2, "student", OTHER)


def test_whom_one_may_block() -> None:
    """R-81, D17: whomever one may find; nobody learns of a stranger by blocking."""
    student = PEOPLE["student"]
    assert block_refusal(student, PEOPLE["classmate"]) is None
    assert block_refusal(student, PEOPLE["own teacher"]) is None, "for direct chats; class chats do not ask"
    assert block_refusal(student, PEOPLE["other school"]) == "person_unknown"
    assert block_refusal(student, student) == "block_self"
