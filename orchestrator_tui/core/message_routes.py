"""Which ways a message takes to its agent, and which follow when it stays unread (DESIGN §4.2)."""

from __future__ import annotations

from orchestrator_tui.core.agents import GONE, IDLE, Agent
from orchestrator_tui.core.delivery import NUDGED_MODES, TASK_FILE
from orchestrator_tui.core.instant import Instant, elapsed_ms
from orchestrator_tui.core.limits import Limits
from orchestrator_tui.core.model import Message

MAIL, NUDGE = "mail", "nudge"
"""The way by the mail check of the agent's next tool call; and the way of whatever reaches an idle agent at once."""

NUDGE_ROUTES = frozenset({"tmux", "inbox"})
"""The routes that a nudge may take."""


def message_ways(
    message: Message, agent: Agent | None, *, has_task: bool, limits: Limits, now: Instant, kept: bool = True
) -> tuple[str, ...]:
    """The ways to try now, the best one first; one that succeeds is enough where somebody stays (``kept``).

    ``agent`` is who works on the message's track, ``has_task`` tells that the track is a task of a list. An agent
    that is idle gets its message at once, one that works with its next tool call, any other finds it in its task.
    A message that stays unread for the time of mail stands in the task, too; whoever tells it again says its id.
    """
    if message.read_at is not None:
        return ()
    gone = agent is not None and agent.status == GONE
    late = message.written_at is None or elapsed_ms(message.written_at, now) >= limits.mail_ms
    ways = []
    if agent is not None and not gone:
        if agent.status == IDLE and agent.mode in NUDGED_MODES and NUDGE_ROUTES.isdisjoint(message.routes):
            ways.append(NUDGE)
        # Without a task there is no other way: whoever took the mail and died is followed by more of it. What stands
        # in the task is not posted as well.
        if agent.connected and late and (not has_task or {MAIL, TASK_FILE}.isdisjoint(message.routes)):
            ways.append(MAIL)
    if has_task and TASK_FILE not in message.routes and (late or gone or not kept):
        ways.append(TASK_FILE)
    return tuple(ways)


def no_way(agent: Agent | None) -> str:
    """Why an unwritten message cannot go anywhere now."""
    if agent is None:
        return "no way to it is known"
    if agent.status == GONE:
        return "its agent has ended"
    return "no way to it is open: its session is not connected, and it works on no task"
