"""The environment of an agent: an allow-list, so that no secret of a person reaches one that does not need it (S-7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase

ALLOWED = (
    *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LANG", "LANGUAGE", "LC_*", "TERM", "COLORTERM"),
    *("NO_COLOR", "XDG_*", "SSL_CERT_FILE", "SSL_CERT_DIR", "NODE_EXTRA_CA_CERTS", "REQUESTS_CA_BUNDLE"),
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "VIRTUAL_ENV"),
)
"""Names, and patterns of names, that every agent gets where they are set."""


def agent_environment(source: Mapping[str, str], allow: Iterable[str], extra: Mapping[str, str]) -> dict[str, str]:
    """What of ``source`` an agent gets: the allow-list, names and patterns in ``allow``, and ``extra`` above all."""
    patterns = (*ALLOWED, *allow)
    kept = {name: value for name, value in source.items() if any(fnmatchcase(name, one) for one in patterns)}
    return {**kept, **extra}
