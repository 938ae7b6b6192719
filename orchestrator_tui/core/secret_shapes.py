"""The shapes of secrets as data: what each vendor's keys look like, and where secrets stand in text (reliability S-7).

The shim that copies an agent's output loads this, so nothing is imported here but what `re` needs, when it is needed.
A pattern is compiled when a text holds one of its anchors. All of them take linear time: every repetition is bounded or
begins only where a run of its own characters begins.
"""

from __future__ import annotations

LONGEST = 16_384
"""Characters that a secret has at most; what begins further back than this is complete."""
BLOCK_BEGIN = "-----BEGIN "
"""What a secret of several lines begins with."""

_LEFT = r"(?<![A-Za-z0-9])"
# Neither a variable nor a placeholder is a secret.
_NO_NAME = r"(?![$<{%\[(]|\\?[\"']?\$)"
_QUOTE = r"(?:\\{0,2}[\"'])"
# A digit among the first characters tells a random value from a word.
_DIGIT = r"(?=[^\s\"'\\,;]{0,63}[0-9])"
_SECRET_WORD = (
    r"(?:pass(?:word|wd|phrase)|secrets?|credentials?|(?:access|auth|api|refresh|bearer|session|id|bot|user)?[-_]?tokens?"
    r"|(?:api|access|secret|private|auth|account|encryption|signing|master|service|client|deploy|storage|shared|webhook)"
    r"[-_]?key)"
)
_WORD_ANCHORS = ("passw", "passphrase", "secret", "credential", "token", "key")

SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "private key",
        ("-----begin ",),
        r"(?s)-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
        r"((?:(?!-----BEGIN ).){0,12000}?(?=-----END )|(?:(?:\s|\\{1,2}[nr]){1,8}[A-Za-z0-9+/=]{16,128}){1,200})",
    ),
    ("sk- key", ("sk-",), _LEFT + r"(sk-(?=[A-Za-z_-]{0,63}[0-9])[A-Za-z0-9_-]{20,512})"),
    ("payment key", ("k_live_", "k_test_", "whsec_"), _LEFT + r"((?:[prs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,256})"),
    (
        "GitHub token",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
        _LEFT + r"((?:gh[pousr]|github_pat)_[A-Za-z0-9_]{20,512})",
    ),
    (
        "GitLab token",
        ("gl",),
        _LEFT + r"(gl(?:pat|dt|ptt|rt|rtr|soat|ft|cbt|imt|agent|oas|ffct)-[A-Za-z0-9_.-]{16,512})",
    ),
    ("AWS key id", ("akia", "asia", "abia", "acca"), _LEFT + r"((?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16})(?![A-Za-z0-9])"),
    ("Google key", ("aiza",), _LEFT + r"(AIza[A-Za-z0-9_-]{30,64})"),
    ("Google token", ("ya29.", "gocspx-"), _LEFT + r"((?:ya29\.|GOCSPX-)[A-Za-z0-9_.-]{20,2048})"),
    ("Slack token", ("xox", "xapp-"), _LEFT + r"((?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,512})"),
    ("Slack hook", ("hooks.slack.com/",), r"hooks\.slack\.com/(?:services|workflows)/([A-Za-z0-9/_-]{20,256})"),
    ("npm token", ("npm_",), _LEFT + r"(npm_[A-Za-z0-9]{30,128})"),
    ("PyPI token", ("pypi-",), _LEFT + r"(pypi-(?=[A-Za-z_-]{0,63}[0-9])[A-Za-z0-9_-]{32,1024})"),
    ("Hugging Face token", ("hf_",), _LEFT + r"(hf_[A-Za-z0-9]{30,128})"),
    ("SendGrid key", ("sg.",), _LEFT + r"(SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,128})"),
    ("DigitalOcean token", ("_v1_",), _LEFT + r"(do[opr]_v1_[a-f0-9]{40,128})"),
    (
        "web token",
        ("eyj",),
        r"(?<![A-Za-z0-9_.-])(eyJ[A-Za-z0-9_-]{8,4000}\.[A-Za-z0-9_-]{8,8000}\.[A-Za-z0-9_-]{0,2000})",
    ),
    (
        "authorization",
        ("authorization",),
        rf"(?i)authorization{_QUOTE}?[ \t]{{0,8}}[:=][ \t]{{0,8}}{_QUOTE}?"
        r"(?:(?:bearer|basic|token|digest|negotiate|apikey)[ \t]{1,8}(?![$<{%\[(])([^\s\"'\\,]{6,4096})"
        rf"|{_DIGIT}{_NO_NAME}([A-Za-z0-9._~+/=-]{{12,4096}}))",
    ),
    ("bearer", ("bearer",), _LEFT + rf"(?i:bearer)[ \t]{{1,8}}{_DIGIT}([A-Za-z0-9._~+/=-]{{12,4096}})"),
    (
        "address with a password",
        ("://",),
        r"://(?:[^/\s:@\"'\\<>]{0,128}:(?![$<{%\[*])([^/\s@\"'\\<>]{1,256})|([A-Za-z0-9_-]{20,256}(?::[^/\s@\"'\\]{0,256})?))@",
    ),
    (
        "option",
        _WORD_ANCHORS,
        rf"(?i)(?<![A-Za-z0-9])--?(?:[a-z0-9]{{1,24}}[-_]){{0,3}}(?:{_SECRET_WORD}|key)"
        rf"(?:=|[ \t]{{1,4}}{_DIGIT}){_NO_NAME}"
        r"(?:\\{0,2}\"([^\"\\\n]{4,1024})|\\{0,2}'([^'\\\n]{4,1024})|([^\s\"'\\;|&)]{4,1024}))",
    ),
    (
        "variable",
        _WORD_ANCHORS,
        r"(?<![A-Za-z0-9_])(?:[A-Z0-9]{1,32}_){0,6}[A-Z0-9]{0,24}(?:KEY|TOKEN|SECRET|PASS|PASSWORD|PASSWD|PASSPHRASE"
        r"|PWD|CREDENTIALS?|AUTH)(?:_[A-Z0-9]{1,24}){0,3}="
        + _NO_NAME
        + r"(?:\\{0,2}\"([^\"\\\n]{6,4096})|\\{0,2}'([^'\\\n]{6,4096})|([^\s\"'\\;|&()]{6,4096}))",
    ),
    (
        "named value",
        _WORD_ANCHORS,
        rf"(?i){_SECRET_WORD}(?:[-_][a-z0-9]{{1,24}}){{0,2}}{_QUOTE}?[ \t]{{0,4}}(?::|=>?|:=)[ \t]{{0,4}}{_QUOTE}"
        rf"{_NO_NAME}"
        r"(?=[^\s\"'\\]{0,63}[0-9])([^\s\"'\\]{8,4096})",
    ),
    (
        "bare named value",
        _WORD_ANCHORS,
        rf"(?i){_SECRET_WORD}(?:[-_][a-z0-9]{{1,24}}){{0,2}}[ \t]{{0,4}}(?::|=)[ \t]{{0,4}}{_NO_NAME}"
        r"(?=[A-Za-z0-9+/_~!@#%^*-]{0,63}[0-9])(?=[0-9._-]{0,63}[A-Za-z+/])([A-Za-z0-9+/_~!@#%^*-]{12,4096}={0,2})(?![\w.(\[])",
    ),
)
"""Name, anchors in lower case of which a text holds at least one, and the pattern; its groups are what is secret."""
