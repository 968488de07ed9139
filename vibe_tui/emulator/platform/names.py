"""Names for deployments, as on Convex: an adjective, an animal, a number ("happy-otter-123")."""

from __future__ import annotations

import secrets
from collections.abc import Collection

# fmt: off
_ADJECTIVES = (
    "able", "brave", "calm", "clever", "cool", "eager", "fancy", "fast", "gentle", "glad", "good",
    "grand", "happy", "keen", "kind", "lively", "lucky", "merry", "mild", "neat", "nimble",
    "patient", "polite", "proud", "quick", "quiet", "rapid", "sharp", "shiny", "steady", "warm",
    "wise",
)
_ANIMALS = (
    "ant", "badger", "bat", "bear", "bee", "bison", "camel", "cat", "cow", "crab", "crane", "deer",
    "dog", "dolphin", "duck", "eagle", "falcon", "finch", "fox", "frog", "goat", "hare", "hawk",
    "heron", "horse", "ibex", "koala", "lion", "lynx", "mole", "newt", "otter", "owl", "panda",
    "parrot", "pony", "rabbit", "robin", "seal", "shark", "sheep", "snail", "swan", "tiger", "toad",
    "trout", "turtle", "whale", "wolf", "yak", "zebra",
)
# fmt: on


def free_name(taken: Collection[str]) -> str:
    while True:
        name = f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_ANIMALS)}-{100 + secrets.randbelow(900)}"
        if name not in taken:
            return name
