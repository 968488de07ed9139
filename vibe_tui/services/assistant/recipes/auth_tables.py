"""What Convex Auth (npm @convex-dev/auth) keeps in the database.

https://labs.convex.dev/auth/setup/schema
"""

from __future__ import annotations

AUTH_SERVER = "@convex-dev/auth/server"
AUTH_TABLES = "authTables"
AUTH_TABLE_NAMES = (
    "authSessions",
    "authAccounts",
    "authRefreshTokens",
    "authVerificationCodes",
    "authVerifiers",
    "authRateLimits",
)
"""Besides `users`."""

AUTH_USER_FIELDS = {
    "name": "v.optional(v.string())",
    "image": "v.optional(v.string())",
    "email": "v.optional(v.string())",
    "emailVerificationTime": "v.optional(v.number())",
    "phone": "v.optional(v.string())",
    "phoneVerificationTime": "v.optional(v.number())",
    "isAnonymous": "v.optional(v.boolean())",
}
"""Of a user, in canonical form (Module.canonical)."""
AUTH_USER_INDEXES = ("email", "phone")
"""Each on the field of its name; Convex Auth looks users up by them."""
USER_FIELDS_SPREAD = "...authTables.users.validator.fields"
"""All of AUTH_USER_FIELDS, as an element of an object of fields."""
MANAGED = ("email", "emailVerificationTime", "phone", "phoneVerificationTime", "isAnonymous")
"""Fields of a user that nobody else may set: who controls a verified address controls the account."""
