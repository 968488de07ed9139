"""A loopback E2B: the wire format of SDK 2.63, sandboxes as folders with real processes."""
