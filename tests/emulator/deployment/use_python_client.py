"""Uses the PyPI client `convex` on the sample app at URL and prints what it saw as JSON.

A process of its own: the client holds Python's lock while it connects, so the server cannot be in the
same one.
"""

from __future__ import annotations

import json
import sys

import convex

client = convex.ConvexClient(sys.argv[1])
subscription = iter(client.subscribe("messages:list", {}))
seen = [next(subscription)]
sent = client.mutation("messages:send", {"author": "Ann", "body": "hello"})
seen.append(next(subscription))
try:
    client.mutation("messages:sendThenFail", {})
except convex.ConvexError as error:
    reason = error.data["reason"]
found = client.query("messages:byAuthor", {"author": "Ann"})
after = client.action("work:sendTwo", {})
print(json.dumps({"seen": seen, "sent": sent, "reason": reason, "found": found, "after": after}))
