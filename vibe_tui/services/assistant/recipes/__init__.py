"""The assistant that works without a model: recipes for what is asked for most."""

from vibe_tui.services.assistant.recipes.built_in import BuiltInRecipes

__all__ = ["BuiltInRecipes"]
