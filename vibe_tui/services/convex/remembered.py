"""What the projects of this home remember of what was made for them at Convex."""

from __future__ import annotations

from dataclasses import dataclass, field

from vibe_tui.services.convex.journal import Journal, JournalFile, JournalUnreadable
from vibe_tui.services.convex.management import ConvexProject
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects


@dataclass
class Remembered:
    """See `remembered`."""

    journals: list[Journal] = field(default_factory=list)
    apps: set[str] = field(default_factory=set)
    unreadable: set[str] = field(default_factory=set)
    """Ids of projects of which we cannot tell what they remember."""

    def has_project(self, project: ConvexProject) -> bool:
        return any(project.id == it.project_id or project.name == it.convex_name for it in self.journals)

    def has_token(self, name: str, app: str) -> bool:
        return app in self.unreadable or any(name == it.token_name for it in self.journals)

    def has_key(self, name: str, app: str) -> bool:
        if app in self.unreadable or (name.endswith("-production") and app in self.apps):
            return True  # a deploy to production deletes its key itself
        return any(name == it.key_name for it in self.journals)


def remembered(home: Home) -> Remembered:
    """As the journals say it now. Blocking. Raises what `open_store` raises."""
    known = Remembered()
    projects = Projects(home)
    for project in projects.all():
        known.apps.add(project.id)
        try:
            journal = JournalFile(projects.document(project.id)).read()
        except JournalUnreadable:
            known.unreadable.add(project.id)
        else:
            known.journals += [journal] if journal else []
    return known
