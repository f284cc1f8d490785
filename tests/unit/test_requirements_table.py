"""The table of requirements finds what it should, in both languages."""

from tests.requirements_table import names_in, python_tests, typescript_tests


def test_ranges_and_lists_are_read() -> None:
    assert names_in("R-94…R-97, D8; E-1") == {"R-94", "R-95", "R-96", "R-97", "D8", "E-1"}
    assert names_in("ID8, WER-3") == set()


def test_docstrings_and_titles_count_and_helpers_do_not() -> None:
    source = 'def helper():\n    """R-1"""\nasync def test_a():\n    """R-2: so."""\ndef test_b(): ...\n'
    assert list(python_tests(source)) == [("test_a", "R-2: so."), ("test_b", "")]
    script = "// R-3\ntest('pins', () => {});\n\nit.each([1])('x', f);\nit(\"R-4: stars\", async () => {})\n"
    found = dict(typescript_tests(script))
    assert names_in(found["pins"]) == {"R-3"}
    assert names_in(found["R-4: stars"]) == {"R-4"}
