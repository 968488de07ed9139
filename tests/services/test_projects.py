"""Projects: made, found, moved, copied and forgotten."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from vibe_tui.services.errors import VibeError
from vibe_tui.services.lease import Lease, ProjectHeld
from vibe_tui.services.model import Project
from vibe_tui.services.paths import Home, HomeNotWritable
from vibe_tui.services.projects import (
    MARKER,
    FolderGone,
    FolderNotEmpty,
    FolderTaken,
    ProjectNameInvalid,
    ProjectNameTaken,
    ProjectNotFound,
    Projects,
)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def projects(home: Home) -> Projects:
    return Projects(home)


def test_looking_makes_nothing(home: Home, projects: Projects, tmp_path: Path) -> None:
    assert projects.all() == []
    with pytest.raises(ProjectNotFound):
        projects.find(None, tmp_path)
    assert not home.root.exists()


def test_a_project_is_an_entry_and_a_marker_with_only_the_id(
    home: Home, projects: Projects, tmp_path: Path
) -> None:
    project = projects.create("my-app", tmp_path / "a" / "my-app")
    assert (project.name, project.folder, project.sandbox) == ("my-app", tmp_path / "a" / "my-app", "local")
    assert (project.folder / MARKER).read_text().strip() == project.id
    assert Projects(home).all() == [project]
    assert Projects(home).get(project.id) == project
    with pytest.raises(ProjectNotFound):
        projects.get("0" * 12)


def test_it_is_found_by_name_id_and_path(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("My App", tmp_path / "a")
    (tmp_path / "a" / "deep" / "er").mkdir(parents=True)
    for name in ("My App", "my app", project.id, str(tmp_path / "a"), "a", "./a/deep"):
        assert projects.find(name, tmp_path) == project
    assert projects.find(None, tmp_path / "a" / "deep" / "er") == project
    for name in ("other", "./b", str(tmp_path)):
        with pytest.raises(ProjectNotFound) as caught:
            projects.find(name, tmp_path)
        assert "vibe-tui new" in caught.value.next_step


def test_it_is_found_through_a_symbolic_link(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    assert projects.find(None, tmp_path / "link") == project
    assert projects.all() == [project]


def test_the_nearest_project_counts(projects: Projects, tmp_path: Path) -> None:
    outer = projects.create("outer", tmp_path / "a")
    inner = projects.create("inner", tmp_path / "a" / "b")
    assert projects.find(None, tmp_path / "a") == outer
    assert projects.find(None, tmp_path / "a" / "b") == inner


@pytest.mark.parametrize(
    "name", ["", " ", " a", "a/b", "a\\b", "-a", ".a", "x" * 65, "a\x1b[2Jb", "a\nb", "a\u202eb", "a\udc80"]
)
def test_a_name_that_cannot_be_shown_or_typed_is_refused(
    projects: Projects, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ProjectNameInvalid) as caught:
        projects.create(name, tmp_path / "a")
    assert "\x1b" not in caught.value.message
    assert caught.value.exit_code == 2
    assert not (tmp_path / "a").exists()


def test_names_are_taken_as_people_read_them(projects: Projects, tmp_path: Path) -> None:
    projects.create("Müller", tmp_path / "a")
    for name in ("müller", "Mu\u0308ller"):
        with pytest.raises(ProjectNameTaken):
            projects.create(name, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_new_project_needs_an_empty_folder(projects: Projects, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    for folder in (tmp_path / "full", tmp_path / "full" / "file"):
        with pytest.raises(FolderNotEmpty):
            projects.new_from_template("app", folder)
    assert projects.all() == []
    assert (tmp_path / "full" / "file").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert projects.create("app", tmp_path / "empty").folder == tmp_path / "empty"


def test_a_folder_with_files_is_adopted(projects: Projects, tmp_path: Path) -> None:
    folder = tmp_path / "-my\x1b[2J app"
    folder.mkdir()
    (folder / "package.json").write_text("{}")
    project = projects.adopt(folder)
    assert project.name == "my app"
    assert (folder / "package.json").read_text() == "{}"
    with pytest.raises(FolderTaken):
        projects.adopt(folder, "again")
    other = tmp_path / "elsewhere" / "my app"
    other.mkdir(parents=True)
    assert projects.adopt(other).name == "my app 2"
    assert projects.adopt(tmp_path, "named").name == "named"
    with pytest.raises(FolderGone):
        projects.adopt(tmp_path / "none")


def test_a_moved_folder_is_found_again(home: Home, projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    (tmp_path / "new").mkdir()
    (tmp_path / "a").rename(tmp_path / "new" / "b")
    with pytest.raises(FolderGone) as caught:
        projects.find("app", tmp_path)
    assert str(tmp_path / "a") in caught.value.message
    assert "--forget app" in caught.value.next_step
    moved = projects.find(None, tmp_path / "new" / "b")
    assert (moved.id, moved.folder) == (project.id, tmp_path / "new" / "b")
    assert Projects(home).find("app", tmp_path) == moved


def test_a_moved_folder_is_found_by_name_from_inside(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    assert projects.find("app", tmp_path / "b").id == project.id


def test_a_copy_becomes_a_project_of_its_own(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    copy = projects.find(None, tmp_path / "b")
    assert copy.id != project.id
    assert (copy.name, copy.folder) == ("app 2", tmp_path / "b")
    assert (tmp_path / "b" / MARKER).read_text().strip() == copy.id
    assert projects.find(None, tmp_path / "a") == project
    assert projects.find(None, tmp_path / "b") == copy
    assert len(projects.all()) == 2


def test_another_folder_in_the_old_place_is_not_taken_for_it(projects: Projects, tmp_path: Path) -> None:
    projects.create("one", tmp_path / "1")
    two = projects.create("two", tmp_path / "2")
    shutil.rmtree(tmp_path / "1")
    (tmp_path / "2").rename(tmp_path / "1")
    assert projects.find(None, tmp_path / "1").id == two.id
    with pytest.raises(FolderGone):
        projects.find("one", tmp_path)


def test_a_lost_marker_is_made_again(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    (tmp_path / "a" / "deep").mkdir()
    (tmp_path / "a" / MARKER).unlink()
    assert projects.find(None, tmp_path / "a" / "deep") == project
    assert (tmp_path / "a" / MARKER).read_text().strip() == project.id


@pytest.mark.parametrize("content", ["", "../../etc", "ABCDEF012345", "0" * 12, "0" * 4000])
def test_a_marker_that_we_did_not_write_is_nothing(projects: Projects, tmp_path: Path, content: str) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MARKER).write_text(content)
    with pytest.raises(ProjectNotFound):
        projects.find(None, tmp_path / "b")
    adopted = projects.adopt(tmp_path / "b")
    assert projects.find(None, tmp_path / "b") == adopted


def test_a_project_of_another_home_inside_of_ours_is_not_ours(projects: Projects, tmp_path: Path) -> None:
    projects.create("outer", tmp_path / "a")
    Projects(Home(tmp_path / "other")).create("inner", tmp_path / "a" / "b")
    with pytest.raises(ProjectNotFound):
        projects.find(None, tmp_path / "a" / "b")


def test_a_marker_that_is_a_link_is_not_followed(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / MARKER).symlink_to(tmp_path / "a" / MARKER)
    with pytest.raises(ProjectNotFound):
        projects.find(None, tmp_path / "b")
    assert projects.all() == [project]


def test_forgetting_keeps_the_files(home: Home, projects: Projects, tmp_path: Path) -> None:
    project = projects.new_from_template("app", tmp_path / "a")
    projects.document(project.id).insert({"step": "planned"})
    projects.forget(project.id)
    assert projects.all() == []
    assert not (tmp_path / "a" / MARKER).exists()
    assert (tmp_path / "a" / "package.json").exists()
    assert not home.project(project.id).exists()
    assert projects.adopt(tmp_path / "a", "app").id != project.id


def test_a_project_whose_folder_is_gone_can_be_forgotten(projects: Projects, tmp_path: Path) -> None:
    project = projects.create("app", tmp_path / "a")
    shutil.rmtree(tmp_path / "a")
    projects.forget(project.id)
    assert projects.create("app", tmp_path / "a").id != project.id


def test_a_project_that_is_open_elsewhere_is_not_forgotten(
    home: Home, projects: Projects, tmp_path: Path
) -> None:
    project = projects.create("app", tmp_path / "a")
    script = (
        "import sys; from pathlib import Path; from vibe_tui.services.lease import Lease\n"
        "lease = Lease.acquire(Path(sys.argv[1]), 'vibe-tui dev'); print('held', flush=True); input()\n"
    )
    argv = [sys.executable, "-c", script, str(home.lease(project.id))]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        other.stdout.readline()
        with pytest.raises(ProjectHeld):
            projects.forget(project.id)
        other.kill()
    assert projects.all() == [project]
    with Lease.acquire(home.lease(project.id), "vibe-tui projects"):
        projects.forget(project.id)  # our own lease is no obstacle
    assert projects.all() == []


def test_many_processes_make_projects_at_once(home: Home, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from vibe_tui.services.errors import VibeError\n"
        "from vibe_tui.services.paths import Home\n"
        "from vibe_tui.services.projects import Projects\n"
        "projects = Projects(Home(Path(sys.argv[1])))\n"
        "for n in range(10):\n"
        "    try: projects.create(f'app {n}', Path(sys.argv[2]) / f'{n}-{sys.argv[3]}')\n"
        "    except VibeError as error: assert error.code == 'project_name_taken', error\n"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", script, str(home.root), str(tmp_path), name])
        for name in "abcd"
    ]
    assert [maker.wait(60) for maker in makers] == [0, 0, 0, 0]
    assert sorted(project.name for project in Projects(home).all()) == [f"app {n}" for n in range(10)]


def test_the_index_is_restored_from_its_copy(home: Home, projects: Projects, tmp_path: Path) -> None:
    first = projects.create("first", tmp_path / "1")
    projects.create("second", tmp_path / "2")
    home.index.write_bytes(b"")
    again = Projects(home)
    assert again.all() == [first]
    assert again.recovered


def test_a_home_that_cannot_be_written_is_named_and_no_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    projects = Projects(Home(tmp_path / "file" / "home"))
    assert projects.all() == []
    with pytest.raises(HomeNotWritable):
        projects.new_from_template("app", tmp_path / "a")
    assert not (tmp_path / "a").exists()


READ_ONLY = """
import os, sys
from pathlib import Path
from vibe_tui.services.errors import VibeError
from vibe_tui.services.paths import Home
from vibe_tui.services.projects import Projects
if os.geteuid() == 0:
    os.setgid(65534); os.setuid(65534)  # root may write everywhere
projects = Projects(Home(Path(sys.argv[1])))
print([project.name for project in projects.all()])
try:
    projects.create("new", Path(sys.argv[2]))
except VibeError as error:
    print(error.code)
"""


def test_a_read_only_home_can_be_read(home: Home, projects: Projects, tmp_path: Path) -> None:
    projects.create("app", tmp_path / "a")
    open_to_all(tmp_path, home)
    try:
        argv = [sys.executable, "-c", READ_ONLY, str(home.root), str(tmp_path / "b")]
        ended = subprocess.run(argv, capture_output=True, text=True, timeout=30)
    finally:
        home.root.chmod(0o700)
    assert ended.stdout.split("\n")[:2] == ["['app']", "home_not_writable"], ended.stderr


def open_to_all(tmp_path: Path, home: Home) -> None:
    """Readable for everybody and writable for nobody, up to where pytest's folders begin."""
    home.index.chmod(0o644)
    home.root.chmod(0o555)
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(0o755)
        if folder.name.startswith("pytest-of-"):
            break


def test_the_template_is_filled_in(projects: Projects, tmp_path: Path) -> None:
    project = projects.new_from_template('My "Ünique" App', tmp_path / "a")
    assert isinstance(project, Project)
    package = json.loads((tmp_path / "a" / "package.json").read_text())
    app = json.loads((tmp_path / "a" / "app.json").read_text())["expo"]
    assert package["name"] == "my-unique-app"
    assert (app["name"], app["slug"], app["scheme"]) == ('My "Ünique" App', "my-unique-app", "my-unique-app")
    assert {"convex", "expo", "expo-router", "react", "react-native"} <= package["dependencies"].keys()
    files = {str(path.relative_to(tmp_path / "a")) for path in (tmp_path / "a").rglob("*") if path.is_file()}
    assert files >= {"convex/schema.ts", "convex/tsconfig.json", "convex.json", "app/_layout.tsx"}
    assert files >= {"app/index.tsx", "lib/convex.ts", "tsconfig.json", ".gitignore", "README.md", MARKER}
    for name in files:
        assert "{{name}}" not in (tmp_path / "a" / name).read_text()
        assert "{{slug}}" not in (tmp_path / "a" / name).read_text()


@pytest.mark.parametrize(("name", "slug"), [("日本", "app"), ("2048", "app-2048"), ("A  b!", "a-b")])
def test_every_name_gives_a_package_name(projects: Projects, tmp_path: Path, name: str, slug: str) -> None:
    projects.new_from_template(name, tmp_path / "a")
    assert json.loads((tmp_path / "a" / "package.json").read_text())["name"] == slug


def test_git_ignores_the_key_and_the_marker(projects: Projects, tmp_path: Path) -> None:
    projects.new_from_template("app", tmp_path / "a")
    (tmp_path / "a" / ".env.local").write_text("CONVEX_DEPLOY_KEY=x\n")
    git = ["git", "-C", str(tmp_path / "a")]
    subprocess.run([*git, "init", "-q"], check=True)
    listed = subprocess.run([*git, "ls-files", "-o", "--exclude-standard"], capture_output=True, text=True)
    assert "convex/schema.ts" in listed.stdout
    assert ".env.local" not in listed.stdout
    assert MARKER not in listed.stdout


def test_a_failed_template_leaves_the_folder_empty(tmp_path: Path, projects: Projects) -> None:
    with pytest.raises(VibeError):
        projects.new_from_template("app", Path("/dev/null/app"))
    assert projects.all() == []
