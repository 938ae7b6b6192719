"""A plan in words and lines: tracks by wave, why they wait, what they share, what it costs, what was found."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Batch, Decision, GateState
from orchestrator_tui.core.run import Run
from orchestrator_tui.core.schedule.readiness import FLEET_GATE
from orchestrator_tui.plan.checked import checked_data
from orchestrator_tui.plan.problems import Problem
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from orchestrator_tui.ui.present.plan import PlanView, plan_gate, present_plan
from orchestrator_tui.ui.present.plan_lines import PARTS, plan_lines
from orchestrator_tui.ui.present.run_words import most_agents
from tests.ui import run_states, states
from tests.ui.drawing import drawn, expected, widths


def batch() -> Batch:
    return run_states.waiting_plan().batches[run_states.BATCH]


def changed(**fields: object) -> PlanView:
    run = batch().run
    assert run is not None
    view = present_plan(replace(batch(), run=replace(run, **fields)))  # type: ignore[arg-type]
    assert view is not None
    return view


def part(name: str, width: int = 72, view: PlanView | None = None) -> str:
    return drawn(PARTS[name](view or changed(), width, UNICODE))


def test_tracks_stand_in_their_waves_with_what_they_own_and_why_they_wait() -> None:
    picture = """
        | Wave 1                                                                  |
        |   fix-auth-race  bug      src/session/**, tests/session/**              |
        |   cart-totals    bug      src/cart/**                                   |
        |   fix-typo       bug      docs/**                                       |
        |   rate-limit     feature  src/limits/**; adds to src/session/rules.py   |
        |   pay-webhook    feature  src/pay/**                                    |
        |   pdf-export     feature  src/pdf/**                                    |
        | Wave 2                                                                  |
        |   search-index   feature  src/search/**                                 |
        |                           cart-totals must be merged first              |
        |   audit-log      feature  src/audit/**                                  |
        |                           rate-limit must be merged first               |
        |   pdf-mail       feature  src/mail/**                                   |
        |                           pdf-export must be merged first               |
        |                                                                         |
        | Parallel: 6 independent tracks of 9, at most 3 at a time.               |
        | A track starts when what it depends on is merged, not when a whole     |
        | wave ends.                                                              |
    """
    assert part("Tracks") == expected(picture)


def test_the_cost_says_what_is_expected_and_what_it_can_come_to() -> None:
    picture = """
        | agents    claude, at most 3 at a time                                |
        | tries     36, 9 reviews among them, at most 90                       |
        | models    implementer opus-4-1 (.claude/models.yaml)                 |
        |           reviewer sonnet-4-5 (the plan)                             |
        | estimate  $24.50, from $18.00 to $31.00                              |
        | at most   $60.00                                                     |
        | budget    $60.00, $20.00 a track                                     |
        | assumed   an attempt reads 400k tokens and writes 20k; prices of     |
        |           2026-07                                                    |
    """
    assert part("Cost", 66) == expected(picture)


def test_how_many_agents_there_are_is_what_the_check_has_counted_until_a_person_says_otherwise() -> None:
    """The plan's bound of 3 is nobody's figure where its waves need 2, and a person's 6 does not go beyond it."""
    told = checked_data(replace(run_states.CHECKED, estimate=replace(run_states.CHECKED.estimate, agents=2)))
    assert dict(changed(checked=told).costs)["agents"] == "claude, at most 2 at a time"
    assert dict(changed(checked=told, agents=1).costs)["agents"] == "claude, at most 1 at a time"
    assert dict(changed(checked=told, agents=6).costs)["agents"] == "claude, at most 3 at a time"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("", "claude, 2 at a time, 4 once you allow more"),
        ("stay", "claude, at most 2 at a time"),
        ("widen", "claude, at most 4 at a time"),
    ],
)
def test_how_many_agents_there_are_says_what_a_person_has_not_allowed_yet(answer: str, words: str) -> None:
    estimate = replace(run_states.CHECKED.estimate, agents=4, agents_first=2)
    whole = batch()
    assert whole.run is not None
    run = replace(whole.run, checked=checked_data(replace(run_states.CHECKED, estimate=estimate)))
    decision = Decision("d", (answer,), answer, "", "", "me", "key", states.NOW)
    asked = states.gate("batch", "More?", asked=states.NOW, id=FLEET_GATE, state=GateState.DELIVERED, decision=decision)
    view = present_plan(replace(whole, run=run, gates={FLEET_GATE: asked} if answer else {}))
    assert view is not None
    assert dict(view.costs)["agents"] == words


def test_what_the_check_found_is_counted_where_it_may_be_out_of_sight() -> None:
    found = tuple(Problem("p.yaml", 1, "checks", "x", level=level) for level in ("warning", "warning", "remark"))
    warned = changed(checked=checked_data(replace(run_states.CHECKED, problems=found)))
    assert warned.warned == "2 warnings"
    more = (*found, Problem("p.yaml", 1, "base", "x"))
    assert changed(checked=checked_data(replace(run_states.CHECKED, problems=more))).warned == "1 error, 2 warnings"
    assert changed(checked=checked_data(replace(run_states.CHECKED, problems=()))).warned == ""


@pytest.mark.parametrize(
    ("plan", "workflow", "person", "most"), [(3, 2, 0, 2), (3, 4, 0, 3), (0, 2, 6, 2), (3, 0, 1, 1)]
)
def test_the_narrowest_bound_is_the_one_that_is_shown(plan: int, workflow: int, person: int, most: int) -> None:
    """A headline of "2 of 6 agents" would promise what the engine does not do."""
    whole = batch()
    assert whole.run is not None
    rules = {name: replace(one, concurrency=workflow) for name, one in whole.run.workflows.items()}
    limits = replace(whole.run.plan.limits, agents=plan)
    run = replace(whole.run, agents=person, workflows=rules, plan=replace(whole.run.plan, limits=limits))
    assert most_agents(replace(whole, run=run)) == most


def test_pairs_that_meet_stand_in_a_grid_with_what_follows_and_over_what() -> None:
    picture = """
        |                fix-auth-ra…  rate-limit    pay-webhook   search-index   |
        | fix-auth-race    –             ≡             ·             ·            |
        | pay-webhook      ·             ·             –             ⇅            |
        | ≡ fix-auth-race and rate-limit: one of them only adds at the end        |
        |   src/session/rules.py: fix-auth-race owns, rate-limit appends          |
        | ⇅ pay-webhook and search-index: deployed one at a time                  |
        |   both deploy to dev                                                    |
    """
    assert part("Conflicts") == expected(picture)


def test_on_a_wide_screen_the_words_stand_behind_their_rows() -> None:
    assert part("Conflicts", 178).splitlines()[1:] == [
        " fix-auth-race    –              ≡              ·              ·           "
        " ≡ one of them only adds at the end: src/session/rules.py: fix-auth-race owns, rate-limit appends",
        " pay-webhook      ·              ·              –              ⇅           "
        " ⇅ deployed one at a time: both deploy to dev",
    ]


def test_a_grid_without_room_for_its_names_is_left_out() -> None:
    assert part("Conflicts", 40) == expected(
        """
        | ≡ fix-auth-race and rate-limit: |
        |   one of them only adds at the end |
        |   src/session/rules.py: fix-auth-race |
        |   owns, rate-limit appends |
        | ⇅ pay-webhook and search-index: |
        |   deployed one at a time |
        |   both deploy to dev |
        """
    )


def test_what_the_check_found_names_file_line_key_and_the_nearest_match() -> None:
    told = part("Check", 110)
    assert told == ' ⚠ checkout.yaml:31  tracks[3].files  "src/limts/**" matches nothing; did you mean "src/limits/**"?'


def test_an_error_comes_first_on_a_narrow_screen() -> None:
    problem = Problem("checkout.yaml", 7, "tracks[0].slug", 'there is no track "x"', level="error")
    view = changed(checked=checked_data(replace(run_states.CHECKED, problems=(problem,))))
    assert view.is_faulty
    lines = drawn(plan_lines(view, 78, UNICODE)).splitlines()
    assert lines[:2] == [" Check", ' ✗ checkout.yaml:7  tracks[0].slug  there is no track "x"']
    assert drawn(plan_lines(changed(), 78, UNICODE)).splitlines()[0] == " Tracks"


def test_without_findings_and_conflicts_it_says_so() -> None:
    view = changed(checked=checked_data(replace(run_states.CHECKED, problems=(), matrix=())))
    assert part("Check", view=view) == " ✓ nothing speaks against it"
    assert part("Conflicts", view=view) == " No two tracks meet: no file, no place to deploy to."


def test_a_plan_that_was_not_checked_yet_lists_its_tracks() -> None:
    view = changed(checked={})
    assert [track.slug for wave in view.waves for track in wave.tracks] == [one.slug for one in run_states.TRACKS]
    assert view.verdict == ()


@pytest.mark.parametrize(
    "checked",
    [{"waves": 3, "matrix": ["x"], "problems": {"a": 1}, "estimate": [], "verdict": "no", "readiness": None}],
)
def test_data_of_another_shape_is_left_out(checked: dict[str, object]) -> None:
    view = changed(checked=checked)
    assert len(view.waves) == 1
    assert view.conflicts == ()


@pytest.mark.parametrize("width", [20, 38, 76, 120, 200])
@pytest.mark.parametrize("glyphs", [UNICODE, ASCII], ids=["unicode", "ascii"])
def test_no_line_is_wider_than_the_panel(width: int, glyphs: object) -> None:
    view = changed()
    assert max(widths(plan_lines(view, width, UNICODE if glyphs is UNICODE else ASCII))) <= max(width, 43)


def test_the_plans_gate_comes_before_that_of_its_cost_and_none_after_the_start() -> None:
    story = run_states.Story().begin()
    story.ask("spend-batch-9", "batch", "spend", "Spend it?")
    story.ask("plan-batch-9", "batch", "plan", "Start it?")
    gate = plan_gate(story.state().batches[run_states.BATCH])
    assert gate is not None
    assert gate.question.kind == "plan"
    waiting = plan_gate(batch())
    assert waiting is not None
    assert waiting.question.kind == "spend"
    assert plan_gate(run_states.running().batches[run_states.BATCH]) is None
    assert plan_gate(states.checkout().batches[states.BATCH]) is None
    assert present_plan(states.checkout().batches[states.BATCH]) is None


def test_tracks_added_on_the_way_are_listed() -> None:
    story = run_states.Story().begin()
    story.add(run_states.planned("late", "bug", "src/late/**"))
    run: Run | None = story.state().batches[run_states.BATCH].run
    assert run is not None
    view = present_plan(story.state().batches[run_states.BATCH])
    assert view is not None
    assert [(wave.heading, [one.slug for one in wave.tracks]) for wave in view.waves][-1] == ("Added since", ["late"])
