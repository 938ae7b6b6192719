"""Scopes by pattern: what falls under one, where two meet, and what a track may not touch."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.scope import Breach, Touched, breaches, expand, matches, overlap
from tests.adapters.git.repositories import run


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("src/a.py", "src/a.py"),
        ("src/a.py", "/src/a.py"),
        ("src/a.py", "src"),
        ("src/a.py", "src/"),
        ("src/x/y/a.py", "src/**"),
        ("src/a.py", "src/**/a.py"),
        ("src/x/y/a.py", "src/**/a.py"),
        ("a.py", "**/a.py"),
        ("src/x/a.py", "**/x"),
        ("docs/deep/x.md", "*.md"),
        ("x.md", "*.md"),
        ("src/a.py", "src/*.py"),
        ("src/a.py", "**"),
        ("src/a.py", "*"),
        ("src/a1.py", "src/a[0-9].py"),
        ("src/ab.py", "src/a[!0-9].py"),
        ("src/a].py", "src/a[]].py"),
        ("src/a?.py", r"src/a\?.py"),
        ("src/a.py", "src/?.py"),
        ("./src/a.py".removeprefix("./"), "./src/a.py"),
        ("src/[x", "src/[x"),
        ("src/[id].tsx", "src/[id].tsx"),
        ("app/[...slug]/page.tsx", "app/[...slug]/**"),
        ("app/[[...slug]]/page.tsx", "app/[[...slug]]/page.tsx"),
        ("src/a[9-0].py", "src/a[9-0].py"),
        ("src/[id].tsx", r"src/\[id\].tsx"),
        ("grün/ä.txt", "grün/*.txt"),
    ],
)
def test_it_falls_under_the_pattern(path: str, pattern: str) -> None:
    assert matches(path, pattern)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("src/x/a.py", "src/*.py"),
        ("src/a.pyc", "src/a.py"),
        ("sub/README.md", "README.md"),
        ("xsrc/a.py", "src"),
        ("src", "src/**"),
        ("src/a/b.py", "src/?/c.py"),
        ("src/a.py", ""),
        ("src/a.py", "/"),
        ("SRC/a.py", "src/a.py"),
        ("a/b", "a[/]b"),
        ("a/b", "a[!x]b"),
        ("src/a.py", "src/a[9-0].py"),
        ("src/x.tsx", "src/[id].tsx"),
        ("src/id.tsx", "src/[id].tsx"),
    ],
)
def test_it_does_not_fall_under_the_pattern(path: str, pattern: str) -> None:
    assert not matches(path, pattern)


def test_what_is_outside_of_a_scope_is_told_with_the_reason() -> None:
    touched = [
        Touched("src/a.py"),
        Touched("docs/log.md", appended_only=True),
        Touched("CHANGES.md", appended_only=False),
        Touched("src/fixed.py"),
        Touched("other.py"),
        Touched("shared/x.py"),
    ]
    found = breaches(touched, ["src/**"], ["shared/"], ["src/fixed.py"], ["*.md"])
    assert found == (
        Breach("CHANGES.md", "may only be appended to, and was changed otherwise"),
        Breach("src/fixed.py", "is read-only for this track"),
        Breach("other.py", "is outside of this track's scope"),
    )
    assert breaches([Touched("any"), Touched("x/y")], [], [], ["x"], []) == (
        Breach("x/y", "is read-only for this track"),
    )


@pytest.mark.parametrize(
    ("a", "b", "files", "found"),
    [
        (["src/**"], ["tests/**"], ["src/a.py", "tests/a.py"], ()),
        (["src/**"], ["src/a.py"], ["src/a.py"], ("src/a.py",)),
        (["src/**"], ["src/new.py"], ["src/a.py"], ("src/** ∩ src/new.py",)),
        (["src/**"], ["**/*.py"], [], ("src/** ∩ **/*.py",)),
        (["*.md"], ["docs/"], ["docs/x.md"], ("docs/x.md",)),
        (["new.py"], ["new.py"], [], ("new.py",)),
        (["src/a*.py"], ["src/*b.py"], [], ("src/a*.py ∩ src/*b.py",)),
        (["src/a*.py"], ["src/b*.py"], [], ()),
        (["src/*.py"], ["src/*/x.py"], [], ("src/*.py ∩ src/*/x.py",)),
        (["src/*.py"], ["lib/**"], [], ()),
        (["a/[bc].py"], ["a/d.py"], [], ("a/[bc].py ∩ a/d.py",)),
        ([], ["**"], ["x"], ()),
        (["app/[slug]/a.py"], [r"app/\[slug\]/**"], [], (r"app/[slug]/a.py ∩ app/\[slug\]/**",)),
        (["app/[slug]/a.py"], ["app/slug/a.py"], [], ()),
    ],
)
def test_where_two_scopes_meet(a: list[str], b: list[str], files: list[str], found: tuple[str, ...]) -> None:
    assert overlap(a, b, files) == found


NAMES = st.text(alphabet="ab.", min_size=1, max_size=3).filter(lambda name: name.strip(".") != "")
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
PARTS = st.one_of(NAMES, st.sampled_from(["*", "**", "?", "a*", "*b", "a?", "[ab]*", "*.a"]))
PATTERNS = st.lists(PARTS, min_size=1, max_size=4).map("/".join)


@given(path=PATHS)
def test_a_path_falls_under_itself_and_under_its_directories(path: str) -> None:
    parts = path.split("/")
    assert all(matches(path, "/".join(parts[: end + 1])) for end in range(len(parts)))
    assert matches(path, "**")


@given(path=PATHS, patterns=st.lists(PATTERNS, max_size=4))
def test_expanding_and_matching_agree(path: str, patterns: list[str]) -> None:
    assert (path in expand(patterns, [path])) == any(matches(path, pattern) for pattern in patterns)


@given(path=PATHS, one=PATTERNS, other=PATTERNS)
def test_patterns_with_a_path_in_common_meet(path: str, one: str, other: str) -> None:
    if matches(path, one) and matches(path, other):
        assert overlap([one], [other], [path]) == (path,)
        assert overlap([one], [other], []) == (one if one == other else f"{one} ∩ {other}",)


@given(one=PATTERNS, other=PATTERNS)
def test_meeting_is_mutual(one: str, other: str) -> None:
    assert bool(overlap([one], [other], [])) == bool(overlap([other], [one], []))


@given(pattern=st.text(max_size=30), path=st.text(max_size=30))
def test_no_pattern_is_an_error_or_takes_long(pattern: str, path: str) -> None:
    assert matches(path, pattern) in (True, False)
    assert re.search("x", pattern) is None or overlap([pattern], [path], [path]) is not None


def test_patterns_mean_what_they_mean_to_git(repo: Path) -> None:
    """All but plain names, which git takes at any depth and we from the top."""
    parts = ["a", "ab", "*", "**", "?", "a*", "*b", "[ab]", "[!a]*"]
    patterns = [f"{one}/{other}" for one in parts for other in parts] + ["*", "a*", "**/a/**/b", "a/**/b/*", "/a"]
    names = ["a", "b", "ab", "ba"]
    paths = [*names, *(f"{x}/{y}" for x in names for y in names), "a/b/a/b", "a/x/y/b", "x/a/b/b", "a/b/b/a"]
    for pattern in patterns:
        (repo / ".git" / "info").mkdir(exist_ok=True)
        (repo / ".git" / "info" / "exclude").write_text(f"{pattern}\n")
        told = set(run(repo, "check-ignore", "--no-index", *paths, check=False).split())
        assert {path for path in paths if matches(path, pattern)} == told, pattern


def test_a_pattern_made_to_be_slow_is_not() -> None:
    assert not matches("a" * 200 + "/" + "a" * 200, "*a" * 60 + "*b")
    assert not matches("a/" * 200 + "a", "**/a/" * 60 + "b")
    assert overlap(["/" + "*a" * 60 + "*b"], ["/" + "a*" * 60 + "c"], []) == ()
