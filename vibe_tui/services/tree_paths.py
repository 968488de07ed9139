"""Which names a file of the project may have, and who may touch which."""

from __future__ import annotations

import unicodedata

LONGEST = 1024
"""Bytes of a path."""
_PROTECTED_FOLDERS = {".git", "node_modules"}
_SECRET_FILES = (".pem", ".key", ".p8", ".p12", ".pfx", ".jks", ".keystore")
"""Endings of keys and certificates, those that sign apps too."""
_WINDOWS_DEVICES = {"con", "prn", "aux", "nul"} | {
    f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)
}


def refusal(path: str) -> str:
    """Why `path` is no path inside a project, or "" when it is one.

    A path is relative, with `/` between its parts, and means the same on every system that can have it.
    """
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "it is not valid text"
    if not path:
        return "it is empty"
    if size > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    if any(unicodedata.category(character) == "Cc" for character in path):
        return "it holds control characters"
    if "\\" in path:
        return "it holds a backslash"
    if path.startswith(("/", "~")) or path[1:2] == ":":
        return "it is not relative to the project"
    parts = path.split("/")
    if ".." in parts:
        return "it leaves the project"
    if "." in parts or "" in parts:
        return "it has empty parts"
    return ""


def protection(path: str) -> str:
    """Why the assistant may not touch `path`, which has no refusal; "" when it may.

    Names are compared as a case-insensitive, Unicode-normalising file system would (macOS).
    """
    if any(unicodedata.category(character) == "Cf" for character in path):
        return "it holds invisible characters"
    parts = unicodedata.normalize("NFC", path).casefold().split("/")
    if any(part.startswith(".env") for part in parts) or is_secret_file(parts[-1]):
        return "it may hold secrets"
    if ".npmrc" in parts:
        return "it decides where packages come from"
    if _PROTECTED_FOLDERS.intersection(parts):
        return "it is not part of the app's own code"
    if parts[:2] == ["convex", "_generated"]:
        return "Convex generates it"
    return ""


def is_secret_file(path: str) -> bool:
    """Whether it is a key or a certificate, by its ending."""
    return path.casefold().endswith(_SECRET_FILES)


def unpackable_name(name: str) -> bool:
    """True when a file or folder called `name` can be unpacked on Windows too, and only where it says."""
    return not (
        refusal(name)
        or set(name) & set(':*?"<>|')
        or name != name.rstrip(". ")
        or name.split(".")[0].casefold() in _WINDOWS_DEVICES
    )
