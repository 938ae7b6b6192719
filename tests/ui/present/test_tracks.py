"""The tracks: golden pictures at three widths, what each standing tells, order, filter and search."""

from dataclasses import replace

import pytest

from orchestrator_tui.core.model import Activity, Liveness, Stage, StageStatus, State, TrackState
from orchestrator_tui.ui.present.glyphs import ASCII, UNICODE
from orchestrator_tui.ui.present.tracks import (
    FILTERS,
    ORDERS,
    TrackScope,
    TracksView,
    present_tracks,
    track_columns,
    track_heading,
    track_line,
)
from tests.ui.drawing import drawn, expected, tokens_of, widths
from tests.ui.states import BATCH, COUNSEL, NOW, ago, checkout, empty, many, track, track_key, with_gate, with_track

WIDE = """
|    TRACK          KIND    STAGES        NOW                                                               AGE   COST |
|  ⚠ pay-webhook    feature ✓✓✓✓✓✓✓⚠ 8/8  asks: Deploy 9d1e0b4 to production?                              6:40  $4.10 |
|  ⚠ fix-auth-race  bug     ✓✓⚠○○○○○ 3/8  asks: Reviewer B rejects the root cause: the lock is a sympto…   1:50  $1.22 |
|  ◐ profile-share  feature ✓✓✓→○○○○ 4/8  asks: Allow Bash: pnpm db:migrate --dev                          0:31  $2.87 |
|  ? legacy-export  feature ✓✓✓→○○○○ 4/8  silent, alive                                                   11:03  $1.31 |
|  ✗ pdf-export     feature ✓✓✓✗○○○○ 4/8  3 builds failed                                                        $3.02 |
|  ● cart-totals    bug     ✓✓✓→○○○○ 4/8  Edit cart/sum.py                                                 0:02  $0.94 |
|  ● rate-limit     feature ✓✓→○○○○○ 3/8  reviewer B reads                                                 0:11  $1.05 |
|  ● search-index   feature ✓→○○○○○○ 2/8  Bash pytest -q                                                   0:47  $0.60 |
|  ○ audit-log      feature ○○○○○○○○ 0/8  waits: rate-limit                                                            |
|  ✓ fix-typo       bug     ✓✓✓✓✓✓✓✓ 8/8  #38 dev 8f31c2e                                                        $0.22 |
|  ✓ fix-tz         bug     ✓✓✓✓✓✓✓✓ 8/8  #39 dev 1c0aa97                                                        $0.48 |
"""
PANEL = """
|    TRACK          KIND    STAGES        NOW                  AGE   COST |
|  ⚠ pay-webhook    feature ✓✓✓✓✓✓✓⚠ 8/8  deploy to prod      6:40  $4.10 |
|  ⚠ fix-auth-race  bug     ✓✓⚠○○○○○ 3/8  counsel verdict     1:50  $1.22 |
|  ◐ profile-share  feature ✓✓✓→○○○○ 4/8  asks: allow Bash    0:31  $2.87 |
|  ? legacy-export  feature ✓✓✓→○○○○ 4/8  silent, alive      11:03  $1.31 |
|  ✗ pdf-export     feature ✓✓✓✗○○○○ 4/8  3 builds failed           $3.02 |
|  ● cart-totals    bug     ✓✓✓→○○○○ 4/8  Edit cart/sum.py    0:02  $0.94 |
|  ● rate-limit     feature ✓✓→○○○○○ 3/8  reviewer B reads    0:11  $1.05 |
|  ● search-index   feature ✓→○○○○○○ 2/8  Bash pytest -q      0:47  $0.60 |
|  ○ audit-log      feature ○○○○○○○○ 0/8  waits: rate-limit               |
|  ✓ fix-typo       bug     ✓✓✓✓✓✓✓✓ 8/8  #38 dev 8f31c2e           $0.22 |
|  ✓ fix-tz         bug     ✓✓✓✓✓✓✓✓ 8/8  #39 dev 1c0aa97           $0.48 |
"""
NARROW = """
|    TRACK         STAGES        NOW            AGE   COST |
|  ⚠ pay-webhook   ✓✓✓✓✓✓✓⚠ 8/8  deploy to …   6:40  $4.10 |
|  ⚠ fix-auth-race ✓✓⚠○○○○○ 3/8  counsel ve…   1:50  $1.22 |
|  ◐ profile-share ✓✓✓→○○○○ 4/8  asks: allo…   0:31  $2.87 |
|  ? legacy-export ✓✓✓→○○○○ 4/8  silent, al…  11:03  $1.31 |
|  ✗ pdf-export    ✓✓✓✗○○○○ 4/8  3 builds f…         $3.02 |
|  ● cart-totals   ✓✓✓→○○○○ 4/8  Edit cart/…   0:02  $0.94 |
|  ● rate-limit    ✓✓→○○○○○ 3/8  reviewer B…   0:11  $1.05 |
|  ● search-index  ✓→○○○○○○ 2/8  Bash pytes…   0:47  $0.60 |
|  ○ audit-log     ○○○○○○○○ 0/8  waits: rat…               |
|  ✓ fix-typo      ✓✓✓✓✓✓✓✓ 8/8  #38 dev 8f…         $0.22 |
|  ✓ fix-tz        ✓✓✓✓✓✓✓✓ 8/8  #39 dev 1c…         $0.48 |
"""
SMALL = """
|    TRACK        NOW          AGE   COST|
|  ⚠ pay-webhook  deploy t…   6:40  $4.10|
|  ⚠ fix-auth-r…  counsel …   1:50  $1.22|
"""


def picture(view: TracksView, width: int) -> str:
    columns = track_columns(view, width)
    lines = [track_heading(view, width), *(track_line(row, columns, width) for row in view.rows.values())]
    assert widths(lines) == {width}
    return drawn(lines)


@pytest.mark.parametrize(("width", "golden"), [(118, WIDE), (73, PANEL), (58, NARROW)])
def test_as_drawn(width: int, golden: str) -> None:
    assert picture(present_tracks(checkout(), NOW, UNICODE), width) == expected(golden)


def test_on_a_small_screen_age_and_cost_stay() -> None:
    assert picture(present_tracks(checkout(), NOW, UNICODE), 40).splitlines()[:3] == expected(SMALL).splitlines()


@pytest.mark.parametrize("width", range(10, 200, 7))
def test_every_width_is_kept(width: int) -> None:
    assert picture(present_tracks(checkout(), NOW, UNICODE), width)


def test_in_ascii_every_sign_is_ascii() -> None:
    view = present_tracks(checkout(), NOW, ASCII)
    signs = "".join(part.text for row in view.rows.values() for part in row.strip)
    assert signs.isascii()
    assert {row.glyph for row in view.rows.values()} == {"!", "%", "?", "x", "*", ".", "+"}


def test_a_stale_age_is_warm_and_a_done_track_quiet() -> None:
    view = present_tracks(checkout(), NOW, UNICODE)
    columns = track_columns(view, 73)
    waiting = tokens_of(track_line(view.rows[track_key("pay-webhook")], columns, 73))
    assert waiting["6:40"] == "gate-stale strong"
    assert waiting["pay-webhook"] == "strong"
    done = tokens_of(track_line(view.rows[track_key("fix-tz")], columns, 73))
    assert done["fix-tz"] == "quiet"
    assert done["✓"] == "track-done"


@pytest.mark.parametrize(
    ("liveness", "signs", "told"),
    [
        (Liveness.UNKNOWN, (), "silent"),
        (Liveness.UNKNOWN, ("process",), "silent, alive"),
        (Liveness.GONE, (), "gone"),
        (Liveness.WORKING_NOT_REPORTING, ("transcript",), "working, not reporting"),
    ],
)
def test_what_is_told_of_a_silent_agent(liveness: Liveness, signs: tuple[str, ...], told: str) -> None:
    silent = track("lost", 2, StageStatus.RUNNING, liveness=liveness, signs=signs, reported_at=ago(12))
    row = present_tracks(with_track(checkout(), silent), NOW, UNICODE).rows[track_key("lost")]
    assert (row.glyph, row.now, row.age) == ("?", told, "12:00")


def test_finer_activity_is_told_when_it_is_newer() -> None:
    live = {(BATCH, "cart-totals"): Activity("Bash make", ago(0, 1)), (BATCH, "rate-limit"): Activity("old", ago(9))}
    rows = present_tracks(checkout(), NOW, UNICODE, activity=live).rows
    assert (rows[track_key("cart-totals")].now, rows[track_key("cart-totals")].age) == ("Bash make", "0:01")
    assert rows[track_key("rate-limit")].now == "reviewer B reads"


def test_several_gates_of_a_track_are_counted() -> None:
    second = replace(COUNSEL, id="second", track="profile-share")
    row = present_tracks(with_gate(checkout(), second), NOW, UNICODE).rows[track_key("profile-share")]
    assert (row.glyph, row.age) == ("⚠", "1:50")
    assert row.now.endswith("+1")


def test_more_stages_than_a_row_shows_are_numbered_only() -> None:
    stages = tuple(Stage(number, f"part {number}", StageStatus.PENDING) for number in range(1, 30))
    row = present_tracks(
        with_track(checkout(), replace(track("long", 3, StageStatus.RUNNING), stages=stages)), NOW, UNICODE
    ).rows[track_key("long")]
    assert (row.strip, row.count) == ((), "3/29")


def test_plain_work_has_no_stages() -> None:
    plain = replace(track("notes", 0, StageStatus.RUNNING), stages=(), progress="writing", reported_at=ago(0, 9))
    row = present_tracks(with_track(checkout(), plain), NOW, UNICODE).rows[track_key("notes")]
    assert (row.count, row.now, row.age) == ("", "writing", "0:09")


@pytest.mark.parametrize(
    ("pr", "shown"),
    [("#38", "#38"), ("38", "#38"), ("https://example.org/a/b/pull/38", "#38"), ("draft", "draft"), ("", "")],
)
def test_a_pull_request_is_shortened(pr: str, shown: str) -> None:
    done = track("one", 8, StageStatus.DONE, state=TrackState.DONE, pr=pr)
    assert present_tracks(with_track(checkout(), done), NOW, UNICODE).rows[track_key("one")].now == shown


def test_tokens_stand_in_for_an_unknown_price() -> None:
    state = with_track(
        checkout(), track("one", 1, StageStatus.RUNNING, tokens=148_200, model="claude-opus-4-1-20250805")
    )
    row = present_tracks(state, NOW, UNICODE).rows[track_key("one")]
    assert (row.cost, row.model) == ("148k", "opus-4-1")


@pytest.mark.parametrize("order", ORDERS)
def test_every_order_lists_every_track(order: str) -> None:
    view = present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(order=order))
    assert {key.track for key in view.rows} == set(checkout().batches[BATCH].tracks)
    assert view.corner == f"sorted by {order}"


def test_orders_by_name_and_cost() -> None:
    def first(order: str) -> str:
        return next(iter(present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(order=order)).rows)).track

    assert (first("name"), first("cost")) == ("audit-log", "pay-webhook")


def test_filters_part_the_tracks() -> None:
    found = {only: len(present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(only=only)).rows) for only in FILTERS}
    parts = {"waiting": 3, "working": 3, "unknown": 1, "failed": 1, "pending": 1, "done": 2, "dropped": 0}
    assert found == {"all": 11, **parts}


def test_search_says_how_many_match_and_what_to_do_when_none_does() -> None:
    view = present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(search="FIX"))
    assert [key.track for key in view.rows] == ["fix-auth-race", "fix-typo", "fix-tz"]
    assert view.corner == '3 match "FIX", sorted by need'
    assert present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(search="pytest")).rows
    assert present_tracks(checkout(), NOW, UNICODE, scope=TrackScope(search="zzz")).empty[0] == "No track matches."


def test_nothing_to_show_teaches() -> None:
    assert present_tracks(empty(), NOW, UNICODE).empty[0] == "No track yet."
    assert present_tracks(empty(), NOW, UNICODE, empty=("Set X to see tasks.",)).empty == ("Set X to see tasks.",)


def test_several_batches_name_theirs() -> None:
    batch = checkout().batches[BATCH]
    other = replace(
        batch, id="other", title="Docs", tracks={"a": replace(batch.tracks["fix-tz"], batch="other", slug="a")}
    )
    view = present_tracks(State({BATCH: batch, "other": replace(other, gates={})}), NOW, UNICODE)
    assert "BATCH" in picture(view, 118).splitlines()[0]
    assert "Docs" in picture(view, 118)
    assert "BATCH" not in picture(view, 78)
    assert "profile-share" in picture(view, 78)


def test_only_rows_that_are_looked_at_are_made() -> None:
    view = present_tracks(many(1000), NOW, UNICODE)
    assert len(view.rows) == 1000
    row = view.rows[track_key("track-0007")]
    assert row is view.rows[track_key("track-0007")]
    with pytest.raises(KeyError):
        view.rows[track_key("none")]
