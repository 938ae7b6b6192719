"""The environment of an agent: an allow-list, so that no secret of a person reaches one that does not need it (S-7)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

ALLOWED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_*", "TERM", "COLORTERM"),
    *("NO_COLOR", "XDG_*", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "VIRTUAL_ENV"),
)
"""Names, and patterns of names, that every agent gets where they are set."""

SHORTEST_SECRET = 8
_SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|APIKEY|COOKIE|BEARER|(?:^|_)(?:[A-Z]*KEY|PASS|PAT|PWD|AUTH|DSN)S?(?:_|$)",
    re.IGNORECASE,
)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:([^/\s@]+)@")
_PATH = re.compile(r"^(?:~|\.{0,2})/")
_NUMBER = re.compile(r"^[-+]?[\d.,_]+$")
_SECRET_LINE = 16


def agent_environment(source: Mapping[str, str], allow: Iterable[str], extra: Mapping[str, str]) -> dict[str, str]:
    """What of ``source`` an agent gets: the allow-list, names and patterns in ``allow``, and ``extra`` above all."""
    patterns = (*ALLOWED, *allow)
    kept = {name: value for name, value in source.items() if any(fnmatchcase(name, one) for one in patterns)}
    return {**kept, **extra}


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of an environment that must not be recorded anywhere, the longest first.

    These are the values of variables whose name says so, at least `SHORTEST_SECRET` characters long and neither a path
    nor a number, each line of one that has several, and passwords inside addresses under any name.
    """
    found: set[str] = set()
    for name, value in environment.items():
        found.update(_PASSWORD_IN_ADDRESS.findall(value))
        if _SECRET_NAME.search(name):
            found |= {value, value.strip()}
            lines = value.splitlines()
            found |= {line.strip() for line in lines if len(lines) > 1 and len(line) >= _SECRET_LINE and line[0] != "-"}
    return tuple(sorted(filter(_is_secret, found), key=lambda each: (-len(each), each)))


def _is_secret(value: str) -> bool:
    return len(value) >= SHORTEST_SECRET and not _PATH.match(value) and not _NUMBER.match(value)
