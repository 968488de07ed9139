"""The dialog's body before connecting: the way, the team, the project."""

from __future__ import annotations

from collections.abc import Iterable

from rich.text import Text  # a list can be searched by typing only in these
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from vibe_tui.screens.backend import rows
from vibe_tui.screens.backend.view import NotConnectedView, Way
from vibe_tui.screens.backend.wishes import Connect
from vibe_tui.services.terminal_text import visible

CHOOSE_IN_BROWSER = "Choose in the browser"
_NEW, _EXISTING = "new", "existing"


class NotConnected(Vertical):
    """Keeps what the user chose and typed until the button is pressed."""

    def __init__(self, view: NotConnectedView) -> None:
        super().__init__()
        self._view = view
        self._ways = view.ways
        self._teams: tuple[str, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static(id="status")
        yield Static(
            "Connect your project to Convex for database, auth, and real-time features.", classes="lead"
        )
        yield Static(id="reason", markup=False)
        yield Static(id="begun", markup=False)
        with _Field("Where", "way-row"):
            yield Select(
                _options(self._ways), value=self._view.chosen, allow_blank=False, compact=True, id="way"
            )
        yield Static(id="needs", markup=False)
        with _Field("Address", "address-row"):
            yield _input("address", "https://convex.example.com", 2000, self._view.address)
        with _Field("Team", "team-row"):
            yield Select([(CHOOSE_IN_BROWSER, "")], value="", allow_blank=False, compact=True, id="team")
        with _Field("Project", "project-row"):
            yield Select(
                [("A new one", _NEW), ("One that is there already", _EXISTING)],
                value=_EXISTING if self._view.pick else _NEW,
                allow_blank=False,
                compact=True,
                id="project",
            )
        with _Field("Name", "name-row"):
            yield _input("name", "The new project's name", self._view.longest_name, self._view.name)
        with Horizontal(classes="buttons -last"):
            yield Button(id="connect", variant="primary")
            yield Button("Disconnect", id="disconnect")

    def on_mount(self) -> None:
        self.show(self._view)

    def show(self, view: NotConnectedView) -> None:
        self._view = view
        failed = bool(view.reason)
        said = "Not connected: the last try failed" if failed else "Not connected"
        said = "Disconnecting was not finished" if view.leaving else said
        self.query_one("#status", Static).update(rows.status("bad" if failed else "plain", said))
        self.query_one(".lead").display = not failed
        reason = self.query_one("#reason", Static)
        reason.display = failed
        reason.update(rows.problem(view.reason, view.next_step))
        begun = self.query_one("#begun", Static)
        begun.display = bool(view.begun)
        begun.update(rows.row("Project", f"{view.begun} (begun)"))
        connect = self.query_one("#connect", Button)
        connect.label = view.action
        connect.display = self.query_one("#way-row").display = not view.leaving
        leave = self.query_one("#disconnect", Button)
        leave.display = bool(view.begun)
        leave.label = "Go on disconnecting" if view.leaving else "Disconnect"
        if view.ways != self._ways:
            self._ways = view.ways
            way = self.query_one("#way", Select)
            way.set_options(_options(view.ways))
            way.value = view.chosen
        if view.teams != self._teams:
            self._teams = view.teams
            team = self.query_one("#team", Select)
            team.set_options([(CHOOSE_IN_BROWSER, ""), *((Text(visible(it)), it) for it in view.teams)])
            team.value = view.team if view.team in view.teams else ""
        self._fit()

    def first(self) -> Widget:
        """What is most likely wanted next."""
        connect = self.query_one("#connect", Button)
        if connect.display and not connect.disabled:
            return connect
        return self.query_one("#disconnect" if self._view.leaving else "#way")

    def wish(self) -> Connect:
        way = self._way()
        return Connect(
            way.id,
            team=str(self.query_one("#team", Select).value) if way.has_teams else "",
            name=self.query_one("#name", Input).value,
            pick=way.makes_project and not self._view.begun and self._is_existing(),
            address=self.query_one("#address", Input).value.strip(),
        )

    @on(Select.Changed)
    def _chosen(self, event: Select.Changed) -> None:
        event.stop()
        self._fit()

    def _fit(self) -> None:
        """Show the rows that the chosen way has, and say what it needs."""
        way, view = self._way(), self._view
        free = not view.begun and not way.obstacle
        self.query_one("#address-row").display = way.wants_address and not view.leaving
        self.query_one("#team-row").display = way.has_teams and free
        self.query_one("#project-row").display = way.makes_project and free
        self.query_one("#name-row").display = way.makes_project and free and not self._is_existing()
        needs = self.query_one("#needs", Static)
        needs.display = not view.leaving
        needs.set_class(bool(way.obstacle), "-obstacle")
        needs.update(Content(visible(way.obstacle or f"Needs {way.needs}.")))
        self.query_one("#connect", Button).disabled = bool(way.obstacle)

    def _way(self) -> Way:
        chosen = self.query_one("#way", Select).value
        return next(way for way in self._view.ways if way.id == chosen)

    def _is_existing(self) -> bool:
        return self.query_one("#project", Select).value == _EXISTING


class _Field(Horizontal):
    """A widget with its label on one row."""

    def __init__(self, label: str, id: str) -> None:
        super().__init__(Static(label, classes="label"), id=id, classes="field")


def _options(ways: Iterable[Way]) -> list[tuple[Text, str]]:
    return [(Text(way.title), way.id) for way in ways]


def _input(id: str, placeholder: str, longest: int, value: str) -> Input:
    field = Input(value, placeholder=placeholder, max_length=longest, select_on_focus=False, id=id)
    field.cursor_blink = False
    return field
