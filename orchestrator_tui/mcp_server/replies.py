"""What a tool call returns, and what is to be recorded once its client has it, or is known not to get it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Protocol

from orchestrator_tui.core.frozen import frozen


class Parcel(Protocol):
    """Something that a reply brings, of which it is recorded whether it arrived. Both may wait for the journal."""

    def written(self) -> None:
        """The reply that brings it was written to the client."""

    def lost(self, why: str) -> None:
        """The reply will not be written."""


@frozen
class Reply:
    """The result of one call.

    Attributes:
        words: what the model reads.
        data: the same for programs; empty when there is nothing but words.
        failed: the call could not do what it was made for.
        parcels: what it brings.
    """

    words: str
    data: Mapping[str, Any] = field(default_factory=dict)
    failed: bool = False
    parcels: tuple[Parcel, ...] = ()
