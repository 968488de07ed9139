"""vibe-tui: the project page of a vibe-coding product, in a terminal."""

__version__ = "0.1.0"
