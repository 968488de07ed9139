"""The projects of this home: the index id -> folder, and which project a folder is.

A folder that was moved is found again through its marker, and a copy is told from the original.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tinydb import where

from vibe_tui.services.atomic import write_error
from vibe_tui.services.convex.journal import connection_of_store
from vibe_tui.services.errors import VibeError
from vibe_tui.services.lease import ProjectHeld, holder
from vibe_tui.services.model import NotConnected, Project, SandboxKind
from vibe_tui.services.paths import Home
from vibe_tui.services.project_folder import (
    MARKER,
    FolderGone,
    FolderNotEmpty,
    absolute,
    make_empty_folder,
    mark,
    marker_of,
    same_folder,
    unmark,
)
from vibe_tui.services.project_names import ProjectNameInvalid, check_name, free_name, same_name
from vibe_tui.services.sandbox.sandbox_record import SandboxRecord
from vibe_tui.services.store import Recovered, Store, open_store
from vibe_tui.services.template import copy_template
from vibe_tui.services.terminal_text import visible

__all__ = [
    "MARKER",
    "FolderGone",
    "FolderNotEmpty",
    "FolderTaken",
    "ProjectNameInvalid",
    "ProjectNameTaken",
    "ProjectNotFound",
    "Projects",
    "StillConnected",
    "StillHasSandbox",
]


class ProjectNotFound(VibeError):
    """Nothing known by that name, or no project where we stand."""

    code = "project_not_found"


class ProjectNameTaken(VibeError):
    """Another project has the name."""

    code = "project_name_taken"


class FolderTaken(VibeError):
    """The folder belongs to another project."""

    code = "folder_taken"


class StillConnected(VibeError):
    """Forgetting the project would leave its keys here and at Convex, with nobody who knows of them."""

    code = "still_connected"


class StillHasSandbox(VibeError):
    """Forgetting the project would leave its sandbox in the cloud, with nobody who knows of it."""

    code = "still_has_sandbox"


class Projects:
    """Every project of one home. Blocking: call it in a thread.

    Besides what each method names, all raise what `open_store` raises, and those that change
    something HomeNotWritable, StoreLocked, StoreFull or StoreNotWritable.
    """

    def __init__(self, home: Home) -> None:
        self._home = home
        self._index = open_store(home.index)
        self._table = self._index.table("projects")
        self._opened = [self._index]

    @property
    def recovered(self) -> list[Recovered]:
        """What had to be restored: of the index, and of the projects' stores that were opened here."""
        return [store.recovered for store in self._opened if store.recovered]

    def all(self) -> list[Project]:
        """In the order in which they were made."""
        return [_project(document) for document in self._table.all()]

    def get(self, id: str) -> Project:
        """Raises ProjectNotFound."""
        for project in self.all():
            if project.id == id:
                return project
        raise _not_found(f"There is no project with the id {visible(id)}.")

    def document(self, id: str) -> Store:
        """The project's own store: its connection, its journal."""
        store = open_store(self._home.project_store(id))
        self._opened.append(store)
        return store

    def create(self, name: str, folder: Path) -> Project:
        """Make a project in a folder that is empty or does not exist yet.

        Raises ProjectNameInvalid, ProjectNameTaken, FolderNotEmpty, FolderTaken or StoreNotWritable.
        """
        folder = absolute(folder)
        self._home.prepare()
        with self._index.transaction():
            self._check(name, folder)
            make_empty_folder(folder)
            return self._add(name, folder)

    def adopt(self, folder: Path, name: str | None = None) -> Project:
        """Make a project of a folder that exists, with whatever is in it.

        name: default: the folder's name, with a number when that is taken.
        Raises as `create`, and FolderGone.
        """
        folder = absolute(folder)
        if not folder.is_dir():
            raise FolderGone(
                f"There is no folder {visible(str(folder))}.", next_step="Check the path, then try again."
            )
        self._home.prepare()
        with self._index.transaction():
            name = self._free_name(folder.name) if name is None else name
            self._check(name, folder)
            return self._add(name, folder)

    def new_from_template(
        self, name: str, folder: Path, template: str = "expo-convex", *, sandbox: SandboxKind = "local"
    ) -> Project:
        """Make a project with the template's files in it. Raises as `create`."""
        folder = absolute(folder)
        self._home.prepare()
        with self._index.transaction():
            self._check(name, folder)
            make_empty_folder(folder)
            copy_template(template, folder, name)
            return self._add(name, folder, sandbox)

    def move(self, id: str, sandbox: SandboxKind) -> Project:
        """Let the project's commands run there from now on. Raises ProjectNotFound."""
        with self._index.transaction():
            self._table.update({"sandbox": sandbox}, where("id") == id)
            return self.get(id)

    def find(self, name_or_path: str | None, cwd: Path, *, may_be_gone: bool = False) -> Project:
        """The project that somebody means: by name, id or path; None: the one that `cwd` is in.

        A folder that was moved is found through its marker, and the index follows it. A copy of a
        project's folder becomes a project of its own. may_be_gone: the folder of a named one may be missing.
        Raises ProjectNotFound or FolderGone.
        """
        if name_or_path is None:
            project = self._around(cwd)
            if project is None:
                raise _not_found("This folder is not in a project.")
            return project
        named = self._named(name_or_path)
        if named is None:
            path = cwd / Path(name_or_path).expanduser()
            project = self._around(path) if path.exists() else None
            if project is None:
                raise _not_found(f"There is no project {visible(name_or_path)}.")
            return project
        if self._is_in_place(named):
            return named
        here = self._around(cwd)  # perhaps it was moved to where we stand
        if here is not None and here.id == named.id:
            return here
        if may_be_gone and not named.folder.is_dir():
            return named
        raise FolderGone(
            f"The folder of {visible(named.name)} was at {visible(str(named.folder))} and is gone.",
            next_step="Move it back, or let go of the project: "
            f"`vibe-tui disconnect --project {visible(named.name)}`, "
            f"then `vibe-tui projects --forget {visible(named.name)}`.",
        )

    def forget(self, id: str) -> None:
        """Remove the project from this home: its entry, its state, its marker; never its files.

        Raises ProjectNotFound; ProjectHeld when another process has it open; StillConnected; StillHasSandbox.
        """
        project = self.get(id)
        if not isinstance(connection_of_store(self.document(id)), NotConnected):
            raise StillConnected(
                f"The project {visible(project.name)} is connected to Convex, or was about to be.",
                next_step=f"Run `vibe-tui disconnect --project {visible(project.name)}` first.",
            )
        if SandboxRecord(self.document(id)).read().id:
            raise StillHasSandbox(
                f"The project {visible(project.name)} has a sandbox at E2B.",
                next_step=f"Run `vibe-tui sandbox kill --project {visible(project.name)}` first.",
            )
        held = holder(self._home.lease(id))
        if held is not None and held.pid != os.getpid():
            raise ProjectHeld(held)
        self._table.remove(where("id") == id)
        unmark(project.folder, id)
        try:
            if self._home.project(id).exists():
                shutil.rmtree(self._home.project(id))
        except OSError as error:
            raise write_error(self._home.project(id), error) from error

    # --- names ---

    def _named(self, name: str) -> Project | None:
        projects = self.all()
        by_name = (project for project in projects if same_name(project.name, name))
        by_id = (project for project in projects if project.id == name)
        return next(by_name, None) or next(by_id, None)

    def _free_name(self, wanted: str) -> str:
        return free_name(wanted, [project.name for project in self.all()])

    def _check(self, name: str, folder: Path) -> None:
        check_name(name)
        for project in self.all():
            forget = f"forget that one with `vibe-tui projects --forget {visible(project.name)}`"
            if same_name(project.name, name):
                raise ProjectNameTaken(
                    f"There is a project {visible(project.name)} already, in {visible(str(project.folder))}.",
                    next_step=f"Choose another name, or {forget}.",
                )
            if same_folder(project.folder, folder) and self._is_in_place(project):
                raise FolderTaken(
                    f"{visible(str(folder))} is the folder of the project {visible(project.name)}.",
                    next_step=f"Use that project, choose another folder, or {forget}.",
                )

    def _add(self, name: str, folder: Path, sandbox: SandboxKind = "local") -> Project:
        created = datetime.now(UTC).isoformat(timespec="seconds")
        project = Project(os.urandom(6).hex(), name, folder, sandbox, created)
        mark(folder, project.id)
        self._table.insert({**asdict(project), "folder": str(folder)})
        return project

    # --- folders ---

    def _around(self, path: Path) -> Project | None:
        """The project of the nearest folder upwards that is one."""
        start, projects = absolute(path), self.all()
        for folder in (start, *start.parents):
            id = marker_of(folder)
            for project in projects:
                if project.id == id:
                    return self._settle(project, folder)
                if id is None and project.folder == folder and self._is_in_place(project):
                    return project
            if id is not None:
                return None  # a project of another home, or a forgotten one
        return None

    def _is_in_place(self, project: Project) -> bool:
        """Whether the folder is where the index says; a marker that was lost is made again."""
        if not project.folder.is_dir():
            return False
        found = marker_of(project.folder)
        if found is None:
            with suppress(VibeError):  # the folder may be read-only; then it is known by its path alone
                mark(project.folder, project.id)
        return found in (None, project.id)

    def _settle(self, known: Project, folder: Path) -> Project:
        """The project of `folder`, which carries the marker of `known`."""
        if same_folder(known.folder, folder):
            return known
        with self._index.transaction():
            known = self.get(known.id)
            if same_folder(known.folder, folder):
                return known
            if marker_of(known.folder) == known.id:  # the original is still there: this is a copy
                return self._add(self._free_name(known.name), folder)
            self._table.update({"folder": str(folder)}, where("id") == known.id)
            return replace(known, folder=folder)


def _project(document: Any) -> Project:
    return Project(
        document["id"],
        document["name"],
        Path(document["folder"]),
        document["sandbox"],
        document["created"],
    )


def _not_found(message: str) -> ProjectNotFound:
    return ProjectNotFound(
        message,
        next_step="List the projects with `vibe-tui projects`, or make one with `vibe-tui new NAME`.",
    )
