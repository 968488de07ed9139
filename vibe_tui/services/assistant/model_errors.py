"""Why a model did not answer, in sentences a user can act on."""

from __future__ import annotations

from vibe_tui.services.assistant.chat_model import CutShort, ModelFailed, NoTools

__all__ = ["AttemptFailed", "CutShort", "ModelFailed", "NoTools"]


class KeyRefused(ModelFailed):
    """401: the key is missing, wrong or revoked."""

    code = "model_key_refused"


class ModelNotPermitted(ModelFailed):
    """403: the key is good, but not for this."""

    code = "model_not_permitted"


class ModelUnknown(ModelFailed):
    """The provider has no such model."""

    code = "model_unknown"


class QuotaUsedUp(ModelFailed):
    """There is nothing left to pay the answer with; waiting does not help."""

    code = "model_quota_used_up"


class ModelRateLimited(ModelFailed):
    """429: asked too often."""

    code = "model_rate_limited"


class ContextTooLong(ModelFailed):
    """The conversation is longer than the model can look at."""

    code = "model_context_too_long"


class AnswerStopped(ModelFailed):
    """The provider's filter stopped the answer."""

    code = "model_answer_stopped"


class AnswerTooLong(ModelFailed):
    """The model talks without end."""

    code = "model_answer_too_long"


class RequestRefused(ModelFailed):
    """Another refusal; the provider's own words are in the message."""

    code = "model_request_refused"


class ModelTrouble(ModelFailed):
    """The provider has a problem of its own."""

    code = "model_server_trouble"


class ModelUnreachable(ModelFailed):
    """No connection could be made, or it broke before anything was said."""

    code = "model_unreachable"


class ModelNotTrusted(ModelFailed):
    """The server could not prove who it is; nothing was sent."""

    code = "model_not_trusted"


class ModelSilent(ModelFailed):
    """The server took the request and did not answer in time."""

    code = "model_silent"


class NotAModelServer(ModelFailed):
    """Something answered that does not speak Chat Completions: a portal, a proxy's page, another program."""

    code = "not_a_model_server"


class AttemptFailed(Exception):
    """One attempt to be answered failed, before anything was said.

    again: another may succeed. retry_after: the seconds that the server asks to wait; None: it does not say.
    """

    def __init__(
        self, problem: ModelFailed, *, again: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(problem.message)
        self.problem = problem
        self.again = again
        self.retry_after = retry_after
