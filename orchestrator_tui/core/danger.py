"""Words of a question that mean: look twice before you answer (DESIGN §2.4). They raise a gate to *check*, no further.

Each row is one kind of danger, as a regular expression in verbose form. ``tests/corpus/gate_questions.jsonl`` holds
the questions that they are measured against: false alarms stay below 5 %, misses below 10 %. Every repetition is
bounded, so that a long hostile question costs milliseconds.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

_FEW = r"(?:[\w'’,.-]+\s+){0,3}?"
_THING = r"""(?:
    databases? | db | buckets? | (?:persistent\s+)?volumes? | rows | records | tables? | namespaces? | clusters?
  | backups? | data\s?sets? | objects?\s+(?:in|under) | messages | uploads | disks? | topics? | (?:[\w-]+\s+)?queues?
  | (?:tenant['’]?s?\s+)?data
)"""
_PEOPLE = r"(?:users?|customers?|accounts?|orders|tenants?|subscribers?|patients|members)"
_SECRET = r"(?:private\s+key|secrets?|passwords?|credentials?|api\s+(?:key|secret|token)|access\s+token)"

# What follows the words when they only name a piece of code, of a text or of a screen.
_OF_CODE = r"""(?:\s+(?:
    objects? | class | classes | components? | models? | types? | names? | pages? | icons? | buttons? | dialogs?
  | views? | fields? | variables? | arguments? | parameters? | functions? | methods? | imports? | fixtures? | helpers?
  | tests? | mocks? | schemas? | columns?\s+name | of\s+contents | structures? | cards?
  | from\s+the\s+(?:docs|list|readme|diagram)
)\b)"""
_OF_BUILD = r"""(?:[-\s](?:
    ready | grade | quality | like | code | builds? | bundles? | mode | dependenc\w+ | logos? | icons? | dockerfile
  | files? | docs? | templates? | names? | constants? | enum | values? | examples? | rules? | styles? | presets?
  | profiles? | section | chapter | page | guide
)\b)"""
_OF_RELEASE = r"""(?:\s+(?:[\w-]+\s+)?(?:
    notes? | checklists? | dates? | workflow | locks? | mutex | semaphore | memory | handles? | buffers? | connections?
  | cursors? | command | button | events?
)\b)"""

DANGERS: dict[str, str] = {
    "production": rf"""
        (?<!["'`=/\w.-]) prod(?:uction)? \b (?! ["'`/.\w]\w | ["'`] | {_OF_BUILD} )
      | \$\{{?PROD_\w+
      | \b(?:go(?:es|ing)?|went|put\s+it)\s+live\b
      | \blive\s+(?:keys?|site|systems?|traffic|database|environment|customers?|users?|accounts?|data)\b
    """,
    "release": rf"""
        \b(?:release|publish)\s+(?:it|now|this|the|an?|v?\d|to|version|package|tag)\b (?!{_OF_RELEASE})
      | \b(?:approve|cut|make|start|ship|finish|tag)\s+(?:the|a|this)\s+(?:[\w.]+\s+)?release\b (?!{_OF_RELEASE})
      | \b(?:npm|yarn|pnpm|cargo|poetry|uv|twine|gem|flutter|vsce)\s+(?:publish|upload|push)\b
      | \bgh\s+release\s+create\b
      | \b(?:submit|upload|push|post|announce|publish)\s+(?:[\w:.'’-]+\s+){{0,6}}?(?:to|on|in)\s+(?:[\w'’]+\s+){{0,2}}?
          (?:app\s?store|play\s+store|public|marketplace|download\s+page|pypi|docker\s?hub)\b
    """,
    "migration": r"""
        \bmigrat(?:e|es|ing)\b
          (?! \s+(?:function|method|command|helper|script|guide) )
          (?! \s+(?:the\s+|all\s+|our\s+)?(?:[\w-]+\s+)?
              (?:tests?|suite|components?|stories|imports|call\s+sites|docs|styles)\b )
      | \b(?:run|apply|execute|start|deploy|without|finish|repeat)\s+
          (?:the\s+|this\s+|all\s+|pending\s+|new\s+){0,3}migrations?\b
      | \bmigration\s+\#?\d
      | \bmigration\s+(?:now\s+|will\s+|would\s+)?
          (?:drop|delete|remove|add|alter|lock|rewrite|take|fail|change|need)s?\b
      | \b(?:schema|database|data)\s+migration\b (?! \s+(?:guide|docs?|tests?|tool|helper|file|is|was) )
      | \bbackfill\b | \balembic\s+upgrade\b | \bpg:reset\b
      | \bdb:(?:migrate|reset|drop|schema:load)\b | \bmigrate:(?:fresh|reset)\b
    """,
    "loss of data": rf"""
        \b(?:drop|truncat)(?:e|s|es|ping|ing)?\s+(?:the\s+)?(?:\w+\s+)?
          (?:table|column|database|schema|index)\b (?!\s+of\b)
      | \b(?:delet|remov|wip|purg|eras|destroy|empt|overwrit)(?:e|es|ing|y|ies|s)?\s+{_FEW}
          (?:{_THING}|{_PEOPLE}|search\s+index|index\s+first|remote|state)\b (?!{_OF_CODE})
      | \b(?:restor|reset)(?:e|ing|ting)?\s+{_FEW}(?:database|db|backup|snapshot)\b
      | \b(?:would|will|could)\s+be\s+lost\b
      | \blos(?:e|ing)\s+(?:all|the|their)\s+(?:data|orders|work|uploads)\b
      | \bcustomers?['’]?s?\s+data\b (?!{_OF_CODE})
    """,
    "shared history": r"""
        \bforce[-\s]?push
      | \bpush\b[^;|&\n]{0,200}\s(?:-f|--force(?:-with-lease)?|--delete|--mirror)(?=\s|$|[?.])
      | \bgit\s+push\b[^;|&\n]{0,200}\s\+\w
      | \breset\s+--hard\b | \breset\s+the\s+(?:work\w*\s+)?tree\b
      | \bgit\s+clean\s+-\w*f | \bbranch\s+(?-i:-D)\b | \bgit\s+filter-(?:branch|repo)\b
      | \brewrit(?:e|ing)\s+(?:the\s+)?(?:git\s+)?history\b
      | \bdelet(?:e|ing)\s+(?:the\s+)?(?:remote\s+)?(?:branch|tag)\b
    """,
    "no way back": r"""
        \b(?:can(?:\s?not|['’]t)|can\s+never)\s+be\s+(?:rolled\s+back|undone|reverted|taken\s+back|recovered)\b
      | \birreversibl[ey]\b
      | \broll(?:ing)?\s?back\s+(?:the\s+)?(?:deploy|release|migration|version)
    """,
    "commands": r"""
        \brm\s+-\w*(?:r\w*f|f\w*r)\b | \brm\s+(?:-r\s+-f|-f\s+-r|--recursive)\b
      | \bsudo\s | \bdd\s+if= | \bmkfs\b | \bch(?:mod|own)\s+(?:-\w*R|--recursive|777)\b
      | \b(?:curl|wget)\b[^;&\n]{0,200}\|\s*(?:sudo\s+)?(?:ba|z)?sh\b
      | \bterraform\s+(?:apply|destroy|import|state\s+rm)\b | \bpulumi\s+(?:up|destroy)\b
      | \bkubectl\s+(?:apply|delete|drain|replace|rollout|scale|patch)\b
      | \bhelm\s+(?:install|upgrade|uninstall|rollback)\b
      | \b(?:aws|gcloud|az|gsutil|doctl|heroku)\s[^;|&\n]{0,200}\b(?:rm|delete|terminate|destroy|remove)[\w:-]*
      | \bdocker\s+(?:push|system\s+prune|volume\s+rm)\b | \bdown\s+(?:-v|--volumes)\b
      | \bsystemctl\s+(?:stop|restart|disable)\b | \b(?:shutdown|reboot)\s+(?:-|now)
    """,
    "access and secrets": rf"""
        \brotat(?:e|ing)\s+(?:[\w-]+\s+){{0,3}}?(?:keys?|secrets?|credentials?|tokens?|certificates?|passwords?)\b
      | \brevok(?:e|ing)\b(?!\s+nothing) | \bauthorized_keys\b
      | \b(?:grant|give)(?:s|ing)?\s+(?:[\w-]+\s+){{0,4}}?(?:admin|root|owner|sudo|write|full)\b
      | \b(?:disabl|turn(?:ing)?\s+off|skip|bypass|remov)(?:e|es|ing)?\s+(?:the\s+)?(?:[\w-]+\s+){{0,2}}?
          (?: authenti\w+ | authori\w+ | auth\s | certificate | tls | ssl | firewall | 2fa | mfa | encryption
            | signature\s+check | access\s+control )
      | \b(?:commit|paste|print|log|share|hard-?code|upload|store|save|put|keep|send)\s+
          (?:the\s+|our\s+|an?\s+)?(?:[\w-]+\s+){{0,2}}?{_SECRET}\b (?!{_OF_CODE})
      | \b(?:bucket|repository|repo|port|dashboard)\s+public\b
      | \bopen\s+(?:[\w-]+\s+){{0,3}}?to\s+the\s+(?:internet|world)\b
    """,
    "money and people": rf"""
        \b(?:charg|refund|bill|debit)(?:e|es|ing)?\s+(?:the\s+|all\s+|every\s+|their\s+){{0,3}}
          (?:stored\s+|saved\s+)?(?:cards?|{_PEOPLE})\b
      | \bissu(?:e|ing)\s+(?:the\s+|all\s+){{0,2}}refunds\b
      | \bpayment\s+provider\b | \binvoice\s+run\b | \bpay(?:ing)?\s+out\b
      | \b(?:send|e-?mail|notify|message)\s+(?:[\w'’-]+\s+){{0,5}}?
          (?:(?:to\s+)?(?:all|every|each)|to\s+\d[\d,.]+)\s+(?:our\s+|the\s+|of\s+){{0,3}}(?:[\w-]+\s+)?
          (?:{_PEOPLE}|people|contacts)\b
    """,
    "systems that run": r"""
        \b(?:shut(?:ting)?\s+down|terminat(?:e|ing)|decommission(?:ing)?|tear(?:ing)?\s+down)\s+(?:[\w-]+\s+){0,4}?
          (?:instances?|clusters?|servers?|nodes?|fleet|vms?|hosts?|services?|environments?)\b
      | \b(?:reboot|restart)\s+(?:the\s+)?(?!dev|local|test|preview)(?:[\w-]+\s+)?
          (?:hosts?|servers?|clusters?|nodes?|database|broker)\b
      | \b(?:switch|chang|updat|mov|point)(?:e|ing)?\s+(?:the\s+)?dns\b
      | \bfail(?:ing)?\s?over\s+to\b
    """,
}
"""Kind of danger → the words that speak of it."""

SPOKEN_OF = r"""
    (?<!\w)"[^"\n]{1,80}"(?!\w) | “[^”\n]{1,80}”
  | \b(?:describe|document|explain|mention)\s+(?:how|when|why|what)\b[^.?!\n]{0,200}
  | \b(?:dialogs?|buttons?|pages?|screens?|texts?|messages?|labels?|endpoints?|helpers?|sections?)\s+
      (?:for|to|that|about|called|named|when)\s+[^.?!\n]{1,40}
  | \bwarn\s+that\b[^.?!\n]{0,200}
"""
"""Words only spoken of: quoted ones, and what a button, a text or a page is about; commands are taken whole."""

_COMMAND = re.compile(r"\s*Allow\s+\w+:")


@cache
def _expression() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{words})" for words in DANGERS.values()), re.VERBOSE | re.IGNORECASE)


@cache
def _spoken_of() -> re.Pattern[str]:
    return re.compile(SPOKEN_OF, re.VERBOSE | re.IGNORECASE)


@lru_cache(maxsize=1024)
def dangerous_words(text: str) -> str:
    """The first dangerous words in ``text``, or ""."""
    asked = text if _COMMAND.match(text) else _spoken_of().sub(" … ", text)
    match = _expression().search(asked)
    return " ".join(match.group(0).split()) if match else ""
