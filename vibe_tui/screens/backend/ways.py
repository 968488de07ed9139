"""The ways to connect as the dialog shows them."""

from __future__ import annotations

from collections.abc import Iterable

from vibe_tui.screens.backend.view import Way
from vibe_tui.services.convex.ways import Offer


def as_ways(offers: Iterable[Offer]) -> tuple[Way, ...]:
    return tuple(
        Way(
            offer.name,
            offer.title,
            offer.needs,
            obstacle=f"{offer.obstacle.message} {offer.obstacle.next_step}".rstrip()
            if offer.obstacle
            else "",
            makes_project=offer.makes_project,
            has_teams=offer.remembers_teams,
            wants_address=offer.wants_address,
        )
        for offer in offers
    )
