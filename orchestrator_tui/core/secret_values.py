"""Which values of an environment are secret: by the names of their variables, and passwords inside addresses (S-7)."""

from __future__ import annotations

import re
from collections.abc import Mapping

SHORTEST_SECRET = 8
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|APIKEY|COOKIE|BEARER|(?:^|_)(?:[A-Z]*KEY|PASS|PAT|PWD|AUTH|DSN)S?(?:_|$)",
    re.IGNORECASE,
)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_PATH = re.compile(r"^(?:~|\.{0,2})/")
_NUMBER = re.compile(r"^[-+]?[\d.,_]+$")
_SECRET_LINE = 16


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of an environment that must not be recorded anywhere, the longest first.

    These are the values of variables whose name says so, at least `SHORTEST_SECRET` characters long and neither a path
    nor a number, each line of one that has several, and passwords inside addresses under any name.
    """
    found: set[str] = set()
    for name, value in environment.items():
        found.update(_PASSWORD_IN_ADDRESS.findall(value))
        # git numbers its settings as KEY and VALUE: the names of settings are no secrets.
        if _SECRET_NAME.search(name) and not name.startswith("GIT_CONFIG_KEY_"):
            found |= {value, value.strip()}
            lines = value.splitlines()
            found |= {line.strip() for line in lines if len(lines) > 1 and len(line) >= _SECRET_LINE and line[0] != "-"}
    return tuple(sorted(filter(_is_secret, found), key=lambda each: (-len(each), each)))


def _is_secret(value: str) -> bool:
    return len(value) >= SHORTEST_SECRET and not _PATH.match(value) and not _NUMBER.match(value)
