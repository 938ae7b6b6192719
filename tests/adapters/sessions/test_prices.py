"""Costs: as Claude Code itself counts them, and none where a price is not known."""

from __future__ import annotations

import pytest

from orchestrator_tui.adapters.sessions.prices import Usage, as_of, cost, priced_models, read_usage

TEN_THOUSAND = 10_000


@pytest.mark.parametrize(
    ("model", "inputs", "outputs", "reads", "writes", "hour"),
    [
        ("claude-opus-5-5", 4, 20, 0.2, 5, 8),
        ("claude-opus-4-8", 5, 25, 0.5, 6.25, 10),
        ("claude-fable-5-2", 8, 40, 0.2, 10, 16),
        ("claude-sonnet-5-5", 2, 10, 0.1, 2.5, 4),
        ("claude-sonnet-4-6", 3, 15, 0.3, 3.75, 6),
        ("claude-haiku-4-5-20251001", 1, 5, 0.1, 1.25, 2),
    ],
)
def test_what_the_cli_charges_for_a_million_tokens(
    model: str, inputs: float, outputs: float, reads: float, writes: float, hour: float
) -> None:
    def million(usage: Usage) -> float:
        paid = cost(model, usage)
        assert paid is not None
        return round(paid * 100, 6)

    assert million(Usage(inputs=TEN_THOUSAND)) == inputs
    assert million(Usage(outputs=TEN_THOUSAND)) == outputs
    assert million(Usage(cache_reads=TEN_THOUSAND)) == reads
    assert million(Usage(cache_writes=TEN_THOUSAND)) == writes
    assert million(Usage(cache_writes=TEN_THOUSAND, writes_1h=TEN_THOUSAND)) == hour


def test_a_long_prompt_may_cost_more() -> None:
    assert cost("claude-haiku-5-5", Usage(inputs=100_000)) == pytest.approx(0.01)
    assert cost("claude-haiku-5-5", Usage(inputs=100_001)) == pytest.approx(0.0500005)
    assert cost("claude-haiku-5-5", Usage(inputs=1, outputs=10, cache_reads=200_000)) == pytest.approx(0.0100255)
    assert cost("claude-opus-5-5", Usage(inputs=300_000)) == pytest.approx(1.2)


@pytest.mark.parametrize(
    ("written", "model"),
    [
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("us.anthropic.claude-opus-4-5-20251101-v1:0", "claude-opus-4-5"),
        ("claude-sonnet-4-6[1m]", "claude-sonnet-4-6"),
        ("claude-opus-4-20250514", "claude-opus-4"),
        ("claude-3-7-sonnet-latest", "claude-3-7-sonnet"),
        ("claude-sonnet-4-5@20250929", "claude-sonnet-4-5"),
    ],
)
def test_a_model_is_known_by_its_name_whatever_stands_around_it(written: str, model: str) -> None:
    assert cost(written, Usage(inputs=TEN_THOUSAND)) == cost(model, Usage(inputs=TEN_THOUSAND)) is not None


@pytest.mark.parametrize("model", ["", "claude-opus-5-9", "claude-opus-9", "claude-opus-5-5-mini", "gpt-5", "claude-"])
def test_a_model_without_a_known_price_has_no_cost(model: str) -> None:
    assert cost(model, Usage(inputs=1)) is None
    assert cost(model, Usage()) == 0.0


def test_an_answer_at_another_speed_has_no_known_price_and_searches_have_one() -> None:
    assert cost("claude-opus-5-5", Usage(inputs=1, standard=False)) is None
    assert cost("claude-opus-5-5", Usage(searches=3)) == pytest.approx(0.03)


def test_usage_is_read_as_the_messages_api_tells_it() -> None:
    written = {
        "input_tokens": 1,
        "output_tokens": 2,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
        "cache_creation": {"ephemeral_1h_input_tokens": 4},
        "server_tool_use": {"web_search_requests": 1},
        "speed": "standard",
    }
    usage = read_usage(written)
    assert usage == Usage(1, 2, 3, 4, 4, 1)
    assert usage.tokens == 10


@pytest.mark.parametrize("value", [None, [], "x", 5])
def test_what_is_no_usage_is_none(value: object) -> None:
    assert read_usage(value) is None


@pytest.mark.parametrize("number", [-1, "5", None, True, 1.5, 10**400, [1]])
def test_a_strange_number_counts_as_nothing(number: object) -> None:
    usage = read_usage({"input_tokens": number, "cache_creation": number, "output_tokens": 7})
    assert usage == Usage(outputs=7)
    assert cost("claude-opus-5-5", usage) is not None


def test_the_table_is_dated() -> None:
    assert as_of() >= "2026-11-21"
    assert len(priced_models()) > 15
