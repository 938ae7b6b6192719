"""A rig that drives the real Claude Code CLI offline against a scripted model.

prompt = rig.script("gate", [call("TaskCreate", subject="s", description="d"), say("done")])
session = rig.run(prompt)
assert rig.requests.first_with("Task #1 created")
"""

from tests.claude_rig.harness import ClaudeRig
from tests.claude_rig.headless import HeadlessSession
from tests.claude_rig.hooks import HookCall, HookProbe
from tests.claude_rig.install import MAIN_VERSION, OLDER_VERSION, ClaudeCli, ClaudeUnavailable, install
from tests.claude_rig.request_log import ModelRequest, RequestLog
from tests.claude_rig.script import ApiError, Conversation, JsonObject, Script, Step, ToolCall, call, marker, say
from tests.claude_rig.terminal import TerminalSession
from tests.claude_rig.waiting import NotSeenError, wait_until

__all__ = [
    "MAIN_VERSION",
    "OLDER_VERSION",
    "ApiError",
    "ClaudeCli",
    "ClaudeRig",
    "ClaudeUnavailable",
    "Conversation",
    "HeadlessSession",
    "HookCall",
    "HookProbe",
    "JsonObject",
    "ModelRequest",
    "NotSeenError",
    "RequestLog",
    "Script",
    "Step",
    "TerminalSession",
    "ToolCall",
    "call",
    "install",
    "marker",
    "say",
    "wait_until",
]
