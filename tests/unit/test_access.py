"""D17 as literal data: who may find and write to whom."""

from __future__ import annotations

import pytest

from rtserver.school.access import Role, Standing, may_find, write_refusal

A, B, OTHER = 101, 102, 201  # classes 7А and 7Б of school 1, a class of school 2

PEOPLE = {
    "student": Standing(1, (Role("student", 1, A),)),
    "classmate": Standing(2, (Role("student", 1, A),), parents=frozenset({9})),
    "other class": Standing(3, (Role("student", 1, B),)),
    "other school": Standing(4, (Role("student", 2, OTHER),)),
    "own teacher": Standing(5, (Role("teacher", 1, A),)),
    "teacher of 7Б": Standing(6, (Role("class_teacher", 1, B),)),
    "administrator": Standing(7, (Role("admin", 1),)),
    "own parent": Standing(8, children=frozenset({1}), child_classes=frozenset({A}), child_schools=frozenset({1})),
    "other parent": Standing(9, children=frozenset({2}), child_classes=frozenset({A}), child_schools=frozenset({1})),
    "operator": Standing(10, (Role("operator"),)),
    "staff": Standing(11, (Role("staff", 1),)),
    "other administrator": Standing(12, (Role("admin", 2),)),
}
# from D17's text, not from the code
ALLOWED = {
    "student": {"classmate", "own teacher", "administrator", "own parent"},
    "classmate": {"student", "own teacher", "administrator", "other parent"},
    "other class": {"teacher of 7Б", "administrator"},
    "other school": {"other administrator"},
    "own teacher": {"student", "classmate", "own parent", "other parent", "teacher of 7Б", "administrator", "staff"},
    "teacher of 7Б": {"other class", "own teacher", "administrator", "staff"},
    "own parent": {"student", "own teacher", "administrator"},
    "other parent": {"classmate", "own teacher", "administrator"},
    "operator": set(),
    "staff": {"own teacher", "teacher of 7Б", "administrator"},
    "other administrator": {"other school"},
    "administrator": {
        "student",
        "classmate",
        "other class",
        "own teacher",
        "teacher of 7Б",
        "own parent",
        "other parent",
        "staff",
    },
}


@pytest.mark.parametrize("asker", PEOPLE)
@pytest.mark.parametrize("other", PEOPLE)
def test_the_matrix(asker: str, other: str) -> None:
    """D17, E-14, R-68."""
    assert may_find(PEOPLE[asker], PEOPLE[other]) is (other in ALLOWED[asker])


def test_a_school_may_open_its_classes_to_each_other() -> None:
    """D17: other classes are a school's setting, off by default."""
    student, other = PEOPLE["student"], PEOPLE["other class"]
    assert not may_find(student, other)
    assert may_find(student, other, frozenset({1}))
    assert not may_find(student, PEOPLE["other school"], frozenset({1, 2}))


def test_blocks_and_strangers() -> None:
    """R-81, E-14: a stranger learns nothing of a block."""
    student = PEOPLE["student"]
    blocked = Standing(2, (Role("student", 1, A),), blocks=frozenset({1}))
    assert write_refusal(student, blocked) == "blocked"
    assert write_refusal(blocked, student) == "blocked_by_you"
    far = Standing(4, (Role("student", 2, OTHER),), blocks=frozenset({1}))
    assert write_refusal(student, far) == "person_unknown"
