"""A model server for tests: speaks Chat Completions over 127.0.0.1 and says what a script tells it to.

    with ModelServer(says("Hello"), says(calls=[Call("read_file", path="App.tsx")]), says("Done")) as server:
        model = OpenAiChat(Provider("test", server.url), "scripted")
        …
    assert server.requests[1].messages[-1]["role"] == "tool"

Each request takes the next turn of the script. A turn is what `says`, `refuses`, `page` or one of the
faults gives, or a function from the request to one, for a model that reacts to what it is told:

    ModelServer(lambda asked: says("I have read: " + asked.messages[-1]["content"]))

    says(text, calls=…, reasoning=…, shape=…, usage=…, finish=…)   an answer; see there for each shape
    cut(turn, after=3)       ends in order in the middle, as behind a proxy: no finish reason, no [DONE]
    broken(turn, after=3)    the connection breaks in the middle
    stalled(turn, after=3)   says no more, until the client leaves
    slow(turn, 0.05)         so many seconds between the pieces
    held(turn, gate, after=3)   goes on when the test sets the threading.Event
    endless()                words until the client leaves
    fails(after=…)           an error inside of a stream that began with 200
    refuses(429, "…", headers={"Retry-After": "1"})   any refusal
    page()                   the sign-in page of a hotel's network, with status 200
    hangs_up()               closes the connection instead of answering

`server.requests` has every request; `server.left_early` counts clients that left in the middle of an answer.
The server runs in a thread of its own, so that tests which block, e.g. on a program, can use it too.
"""

from __future__ import annotations

from tests.model_server.script import (
    Answer,
    Call,
    Refusal,
    Shape,
    Turn,
    broken,
    cut,
    endless,
    fails,
    hangs_up,
    held,
    page,
    refuses,
    says,
    slow,
    stalled,
)
from tests.model_server.server import Asked, ModelServer

__all__ = [
    "Answer",
    "Asked",
    "Call",
    "ModelServer",
    "Refusal",
    "Shape",
    "Turn",
    "broken",
    "cut",
    "endless",
    "fails",
    "hangs_up",
    "held",
    "page",
    "refuses",
    "says",
    "slow",
    "stalled",
]
