"""What an agent gets of the environment, and which of its values are secret."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.jobs.environment import agent_environment
from orchestrator_tui.core.secret_values import secret_values


def test_only_what_is_allowed_gets_through() -> None:
    source = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "XDG_RUNTIME_DIR": "/run",
        "AWS_SECRET_ACCESS_KEY": "x",
        "SSH_AUTH_SOCK": "/s",
    }
    assert agent_environment(source, (), {}) == {"PATH": "/bin", "LC_ALL": "C", "XDG_RUNTIME_DIR": "/run"}
    assert agent_environment(source, ("AWS_*",), {"PATH": "/opt"}) == {
        "PATH": "/opt",
        "LC_ALL": "C",
        "XDG_RUNTIME_DIR": "/run",
        "AWS_SECRET_ACCESS_KEY": "x",
    }


@pytest.mark.parametrize(
    "name",
    "OPENAI_API_KEY GITHUB_TOKEN DB_PASSWORD AWS_SECRET_ACCESS_KEY GOOGLE_CREDENTIALS APIKEY npm_config__authToken KEY "
    "SIGNING_KEYS GH_PAT SSH_PASSPHRASE SENTRY_DSN MYSQL_PWD SESSION_COOKIE".split(),
)
def test_a_name_gives_its_value_away(name: str) -> None:
    assert secret_values({name: "swordfish-42"}) == ("swordfish-42",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin:/bin"),
        ("GREETING", "hello, world"),
        ("KEYBOARD", "qwertz-layout"),
        ("PATTERN", "a-long-pattern"),
        ("API_TOKEN", "short"),
        ("MAX_OUTPUT_TOKENS", "12800000"),
        ("SSH_KEY", "/home/me/.ssh/id"),
        ("GPG_KEY", "~/keys/signing"),
        ("TOKEN_FILE", "./tokens.json"),
        ("API_URL", "https://example.org:8443/path"),
    ],
)
def test_what_is_no_secret_is_left_alone(name: str, value: str) -> None:
    assert secret_values({name: value}) == ()


def test_the_password_of_an_address_is_secret_under_any_name() -> None:
    assert secret_values({"DATABASE": "postgres://me:swordfish-42@db/cart"}) == ("swordfish-42",)


def test_each_line_of_a_long_secret_is_secret() -> None:
    key = "-----BEGIN PRIVATE KEY-----\nabcdefghijklmnopqrst\n0123456789abcdefghij\n-----END PRIVATE KEY-----\n"
    values = secret_values({"DEPLOY_KEY": key})
    assert values[:2] == (key, key.strip())
    assert set(values[2:]) == {"abcdefghijklmnopqrst", "0123456789abcdefghij"}
