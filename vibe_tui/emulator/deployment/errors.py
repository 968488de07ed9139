"""What a deployment refuses, as the Convex protocol words it."""

from __future__ import annotations


class Refusal(Exception):
    """A request the deployment answers with an error: ``{"code": ..., "message": ...}`` and a status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def bad_key() -> Refusal:
    return Refusal("BadDeployKey", "The provided deploy key was invalid for this deployment", 403)


class FunctionFailed(Exception):
    """A function of the user threw, or could not run.

    message: what the caller is shown, without the request id.
    data: the payload of a ConvexError, as Convex JSON; `has_data` tells null from none.
    """

    def __init__(self, message: str, data: object = None, *, has_data: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.data = data
        self.has_data = has_data
