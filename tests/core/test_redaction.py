"""Secrets that must not survive, and text that must."""

from __future__ import annotations

import random
import re
import string
import sysconfig
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_tui.core.redaction import LINE_LIMIT, REDACTED, Redactor, redact
from orchestrator_tui.core.secret_shapes import SHAPES

ROOT = Path(__file__).resolve().parents[2]
LETTERS = string.ascii_letters + string.digits
UPPER = string.ascii_uppercase + string.digits
URL = LETTERS + "-_"


def some(chance: random.Random, letters: str, length: int) -> str:
    """A random secret; it has a letter and a digit, as nearly all have."""
    return "".join([*(chance.choice(letters) for _ in range(length - 2)), "a" if "a" in letters else "A", "7"])


def key_block(chance: random.Random) -> str:
    lines = "\n".join(some(chance, LETTERS + "+/", 64) for _ in range(12))
    return f"-----BEGIN RSA PRIVATE KEY-----\n{lines}\n-----END RSA PRIVATE KEY-----"


# What is written, with {} in the place of the secret; the letters and the length of the secret.
TEMPLATES: dict[str, tuple[str, str, int]] = {
    "anthropic": ("using sk-ant-api03-{} now", URL, 93),
    "openai": ('key: "sk-proj-{}"', URL, 48),
    "github": ("remote: ghp_{}", LETTERS, 36),
    "github app": ("(gho_{})", LETTERS, 36),
    "github fine": ("github_pat_{}", LETTERS + "_", 82),
    "gitlab": ("PRIVATE-TOKEN: glpat-{}", URL, 20),
    "aws id": ("AKIA{} us-east-1", UPPER, 16),
    "aws secret": ("aws_secret_access_key = {}", LETTERS + "+/", 40),
    "google": ("https://maps.example.org/?key=AIza{}&v=3", URL, 35),
    "slack": ("xoxb-{}", LETTERS + "-", 50),
    "npm": ("//registry.example.org/:_authToken=npm_{}", LETTERS, 36),
    "pypi": ("pypi-AgEIcHlwaS5vcmc{}", URL, 120),
    "bearer": ("> Authorization: Bearer {}", LETTERS, 40),
    "basic": ('{{"headers": {{"authorization": "Basic {}"}}}}', LETTERS, 24),
    "address": ("postgres://cart:{}@db.example.org:5432/cart", LETTERS + "!-_.", 16),
    "option": ("mysql --user=me --password={} cart", LETTERS + "!+", 12),
    "variable": ("export STRIPE_API_KEY={}", LETTERS, 32),
    "quoted": ("DB_PASSWORD='{}'", LETTERS + " !$%&;", 20),
    "json": ('{{"client_secret": "{}"}}', URL, 24),
}


def seeded(seed: int) -> Iterator[tuple[str, str, str]]:
    """Name of the shape, text, and the parts of the text that must not survive."""
    chance = random.Random(seed)
    for name, (template, letters, length) in TEMPLATES.items():
        secret = some(chance, letters, length)
        yield name, template.format(secret), secret
    token = ".".join(some(chance, URL, length) for length in (40, 120, 43))
    yield "web token", f"cookie=eyJ{token}; path=/", token
    yield "key block", key_block(chance), ""


WRAPPINGS: tuple[Callable[[str], str], ...] = (
    lambda text: text,
    lambda text: f"before\n  {text}\nafter",
    lambda text: '{"type":"text","text":"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"}',
    lambda text: f"+{text}",
)


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("wrap", WRAPPINGS, ids=["alone", "among lines", "in JSON", "in a diff"])
def test_no_secret_of_a_known_shape_survives(seed: int, wrap: Callable[[str], str]) -> None:
    shapes = list(seeded(seed))
    assert len(shapes) == 21
    survived = []
    for name, text, secret in shapes:
        for whole in (redact(wrap(text)), streamed(wrap(text).encode(), 7).decode()):
            parts = [secret] if secret else text.split("\n")[1:-1]
            # A part of a secret gives it away as well.
            if any(part[at : at + 8] in whole for part in parts for at in range(0, max(1, len(part) - 8), 4)):
                survived.append((name, whole))
    assert survived == []


def streamed(data: bytes, size: int, values: tuple[str, ...] = ()) -> bytes:
    redactor = Redactor(values)
    pieces = [redactor.feed(data[at : at + size]) for at in range(0, len(data), size)]
    return b"".join([*pieces, redactor.flush()])


def test_names_stay_where_values_go() -> None:
    assert redact("DB_PASSWORD=swordfish") == f"DB_PASSWORD={REDACTED}"
    assert redact("curl -H 'Authorization: Bearer a1b2c3d4e5f6' x") == f"curl -H 'Authorization: Bearer {REDACTED}' x"
    assert redact("https://me:swordfish@example.org/") == f"https://me:{REDACTED}@example.org/"
    assert redact("tool --password swordfish7 --verbose") == f"tool --password {REDACTED} --verbose"


@pytest.mark.parametrize(
    "text",
    [
        "token = next(tokens)",
        "PASSWORD=$DB_PASSWORD make",
        "API_KEY=${{ secrets.API_KEY }}",
        'headers = {"Authorization": f"Bearer {token}"}',
        "--password=<password>",
        "key = lambda item: item.name",
        "the sk-learn-like-interface-of-this-thing",
        "https://example.org:8080/a@b",
        "commit 5f2d1c0be8a7f6e5d4c3b2a190807060504030201",
        "session 550e8400-e29b-41d4-a716-446655440000",
        '{"max_tokens": 4096, "token_count": 12345678}',
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "password: ********",
    ],
)
def test_what_is_no_secret_is_not_changed(text: str) -> None:
    assert redact(text) == text
    assert streamed(text.encode(), 5) == text.encode()


def test_known_values_go_in_every_form() -> None:
    value = 'sword"fish/ö\n7'
    text = 'a sword"fish/ö\n7 b sword\\"fish/ö\\n7 c sword\\"fish\\/ö\\n7 d sword%22fish%2F%C3%B6%0A7 e'
    assert redact(text, (value,)) == f"a {REDACTED} b {REDACTED} c {REDACTED} d {REDACTED} e"
    assert streamed(text.encode(), 3, (value,)).decode() == redact(text, (value,))


def test_overlapping_values_leave_no_rest() -> None:
    assert redact("xabcdefghx", ("abcdef", "cdefgh", "abcd")) == f"x{REDACTED}x"
    assert redact("aaaaaaa", ("aaaaa",)) == REDACTED
    assert redact("ab abc", ("ab", "abc", "")) == "ab abc", "too short to be secrets"


VALUES = ("swordfish-7", "fish-fish-fish", "line one\nline two\nline three", "ööööö")


@given(
    parts=st.lists(
        st.sampled_from([*VALUES, "sword", "fish-", "line one\n", "\n", "\r", "ö", "x" * 50, "key=", "-----BEGIN "])
    ),
    cuts=st.lists(st.integers(0, 400)),
    pauses=st.booleans(),
)
def test_a_stream_in_any_pieces_is_redacted_as_one_text(parts: list[str], cuts: list[int], pauses: bool) -> None:
    data = "".join(parts).encode()
    redactor = Redactor(VALUES)
    out = []
    borders = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    for start, end in pairwise(borders):
        out.append(redactor.feed(data[start:end]))
        if pauses:
            out.append(redactor.release())
    out.append(redactor.flush())
    assert b"".join(out).decode() == redact("".join(parts), VALUES)


@given(data=st.binary(max_size=3_000), size=st.integers(1, 100))
def test_bytes_of_any_kind_pass_unchanged(data: bytes, size: int) -> None:
    plain = re.sub(rb"[^\x80-\xff\x00-\x1f0-9]", b"0", data)
    assert streamed(plain, size) == plain


def test_a_line_that_never_ends_goes_on_and_hides_its_secrets() -> None:
    chance = random.Random(4)
    secrets = [f"sk-ant-api03-{some(chance, URL, 80)}" for _ in range(400)]
    line = " ".join(f"{secret} {some(chance, string.ascii_lowercase + '7', 900)}" for secret in secrets).encode()
    redactor = Redactor()
    out = b""
    for at in range(0, len(line), 5_000):
        out += redactor.feed(line[at : at + 5_000])
        assert at + 5_000 - len(out) < LINE_LIMIT * 2
    out += redactor.flush()
    assert out.count(REDACTED.encode()) == 400
    assert b"sk-ant" not in out


def test_an_unfinished_line_is_released_unless_it_may_be_a_secret() -> None:
    redactor = Redactor(("swordfish",))
    assert (redactor.feed(b"Name? "), redactor.holds) == (b"", True)
    assert (redactor.release(), redactor.holds) == (b"Name? ", False)
    assert redactor.feed(b"a swo") + redactor.release() == b"a "
    assert redactor.feed(b"rdfish b gh") + redactor.release() == f"{REDACTED} b ".encode()
    assert redactor.feed(b"p_" + b"a1" * 10) + redactor.release() == b""
    assert redactor.feed(b"\n") == f"{REDACTED}\n".encode()


def test_a_key_block_is_held_back_until_its_end_and_no_longer_than_a_bound() -> None:
    block = key_block(random.Random(5)).encode()
    redactor = Redactor()
    assert redactor.feed(b"x\n" + block[:300] + b"\n") == b"x\n"
    rest = redactor.feed(block[300:] + b"\ny\n")
    assert rest.startswith(b"-----BEGIN RSA PRIVATE KEY-----" + REDACTED.encode())
    assert rest.endswith(b"-----END RSA PRIVATE KEY-----\ny\n")
    out = redactor.feed(b"-----BEGIN PRIVATE KEY-----\n" + b"no key at all, only words\n" * 2_000)
    assert out.endswith(b"only words\n")


HARD = [
    "sk-",
    "eyJ",
    "eyJaaaaaaaaa.",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY-----",
    "A_",
    "PASSWORD",
    "token=",
    "token",
]
HARD += [
    "://",
    "://a:",
    "--a-",
    "--password ",
    "authorization: ",
    "bearer ",
    "a",
    "\\",
    '"',
    " ",
    "KEY_",
    "secret:'",
    "AA",
]


@pytest.mark.parametrize("piece", HARD)
def test_a_line_of_half_a_mebibyte_is_done_in_linear_work(piece: str) -> None:
    # With a pattern that looks at everything again from every place, this would take hours.
    line = piece * ((1 << 19) // len(piece))
    assert all(part in line for part in redact(line).split(REDACTED))


@pytest.mark.slow
def test_fewer_than_one_line_in_a_hundred_of_source_text_is_touched() -> None:
    library = Path(sysconfig.get_paths()["stdlib"])
    roots = (ROOT / "orchestrator_tui", ROOT / "tests", ROOT / "docs", library)
    lines = touched = size = 0
    for root in roots:
        for path in sorted(root.rglob("*.py")):
            if "site-packages" in path.parts:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
            size += len(text)
            lines += text.count("\n") + 1
            touched += redact(text).count(REDACTED) - text.count(REDACTED)
    assert size > 10_000_000
    assert touched / lines < 0.001, f"{touched} of {lines}"


def test_every_shape_has_anchors_in_lower_case_and_a_secret_in_a_group() -> None:
    for name, anchors, pattern in SHAPES:
        assert anchors, name
        assert all(anchor == anchor.lower() for anchor in anchors), name
        assert re.compile(pattern, re.ASCII).groups >= 1, name
