"""The one registry of what a user can do: it feeds the keys, the key bar, the palette and the help.

Keys. Every action works from the command palette (Ctrl+P) too, so no key is the only way. A key is
chosen so that it survives SSH, tmux and the editor:

- F1 to F9 first: all terminals send them and nothing types them. F10 (menus), F11 (full screen) and
  F12 (drop-down terminals) belong to the desktop. F6 and F7 mean "select" in Textual's text area; here
  they are taken before it, F6 being "next pane" nearly everywhere.
- Ctrl+letter as the second key, for keyboards without F-keys: G, L, O, R, T and N are free in the editor.
  Not Ctrl+B and Ctrl+A (prefixes of tmux and screen), not Ctrl+H/I/J/M (backspace, tab, enter), not
  W, K, U, E, D, F, X, C, V, Z, Y (they edit).
- Alt+letter only for what has another way as well: macOS terminals do not send it by default, and
  some terminals keep Alt+digit for their tabs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.binding import Binding, BindingType

Context = Literal[
    "everywhere", "project", "files", "editor", "log", "chat", "projects",
    "backend", "data", "functions", "deployment-logs", "environment", "health",
]  # fmt: skip
"""Where an action makes sense: on every screen, on one screen, in one pane of the project page, or in one
tab of the Backend screen ("backend" is that screen itself)."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a user can do."""

    id: str
    """Stable: the keymap in the settings names it."""
    title: str
    """For the palette and the help."""
    keys: str
    """Textual's names of the default keys, separated by commas; "" for none."""
    group: str
    """The heading in the help."""
    context: Context
    footer: str
    """One or two words for the key bar; "" when it is not shown there."""
    help: str
    """One sentence."""

    @property
    def show_in_footer(self) -> bool:
        return bool(self.footer)


# fmt: off
ACTIONS: tuple[Action, ...] = (
    Action("help", "Help", "f1,question_mark", "Everywhere", "everywhere", "Help",
           "Show the keys."),
    Action("command_palette", "Commands", "ctrl+p", "Everywhere", "everywhere", "Commands",
           "Find a command by its name and run it."),
    Action("toggle_theme", "Dark or light", "", "Everywhere", "everywhere", "",
           "Switch between the dark and the light theme."),
    Action("suspend", "Suspend", "ctrl+z", "Everywhere", "everywhere", "",
           "Go back to the shell; fg returns. While typing, Ctrl+Z is undo."),
    Action("quit", "Quit", "ctrl+q", "Everywhere", "everywhere", "Quit",
           "Close the page."),

    Action("focus_files", "Go to the files", "f2,alt+1", "Panes", "project", "Files", "Go to the files."),
    Action("focus_editor", "Go to the editor", "f3,alt+2", "Panes", "project", "Editor", "Go to the editor."),
    Action("focus_log", "Go to the logs", "f4,alt+3", "Panes", "project", "Logs", "Go to the logs."),
    Action("focus_chat", "Go to the chat", "f5,alt+4", "Panes", "project", "Chat", "Go to the chat."),
    Action("next_pane", "Next pane", "f6,ctrl+o", "Panes", "project", "",
           "Go to the next pane. On a small terminal, show it."),
    Action("pane_wider", "Wider pane", "alt+right", "Panes", "project", "", "Make the pane wider."),
    Action("pane_narrower", "Narrower pane", "alt+left", "Panes", "project", "", "Make the pane narrower."),
    Action("pane_taller", "Taller pane", "alt+down", "Panes", "project", "", "Make the pane taller."),
    Action("pane_shorter", "Shorter pane", "alt+up", "Panes", "project", "", "Make the pane shorter."),

    Action("connect_backend", "Connect Backend", "f8,ctrl+g", "Project", "project", "Backend",
           "Connect this project to Convex, or show the connection."),
    Action("backend_screen", "Data, functions, logs", "ctrl+l,alt+b", "Project", "project", "Data",
           "Look into the deployment: its data, functions, logs, variables and health."),
    Action("toggle_dev_server", "Start or stop the dev server", "f9,ctrl+r", "Project", "project",
           "Dev server", "Start the dev server, or stop it."),
    Action("push_now", "Push now", "f7,ctrl+t", "Project", "project", "",
           "Deploy the functions once, now."),
    Action("open_dashboard", "Open in Convex Dashboard", "alt+o", "Project", "project", "",
           "Open the deployment's dashboard, or show its link."),
    Action("go_to_problem", "Go to the problem", "alt+e", "Project", "project", "",
           "Open the file of the problem in the status bar."),
    Action("deploy_production", "Deploy to production", "", "Project", "project", "",
           "Deploy the functions to the project's production deployment, once. Asks first."),
    Action("undo_turn", "Undo the last chat turn", "alt+z", "Project", "project", "",
           "Put the files back to what they were before the last chat turn. Asks first."),
    Action("history", "History", "alt+h", "Project", "project", "",
           "Show the states of the files that are kept, one before every chat turn, and return to one."),
    Action("download", "Download", "alt+d", "Project", "project", "",
           "Save the project as a zip file."),
    Action("move_sandbox", "Move to E2B, or to this computer", "", "Project", "project", "",
           "Let the project's commands run in an E2B sandbox, or here again. Asks first."),
    Action("pause_sandbox", "Pause the sandbox", "", "Project", "project", "",
           "Freeze the E2B sandbox; it comes back by itself when it is needed."),
    Action("sandbox_leftovers", "Left-over sandboxes", "", "Project", "project", "",
           "Go through the E2B sandboxes that no project uses: use one again, pause it or end it."),
    Action("publish", "Publish App", "alt+u", "Project", "project", "",
           "Say how the app is published."),

    Action("choose_model", "Choose the model", "alt+m", "Chat", "project", "",
           "Say who answers in the chat: a model, or the built-in recipes."),
    Action("review_changes", "Review every change", "alt+r", "Chat", "project", "",
           "Let the assistant ask before it writes a file, or no longer."),
    Action("retry_prompt", "Ask again", "", "Chat", "project", "", "Ask the last prompt once more."),
    Action("edit_prompt", "Edit the last prompt", "", "Chat", "project", "",
           "Take the last prompt back into the field, to change and send it."),
    Action("attach_image", "Attach an image", "", "Chat", "project", "",
           "Send a picture with the next prompt, to a model that takes images."),
    Action("copy_answer", "Copy the last answer", "", "Chat", "project", "",
           "Copy what the model said last, as Markdown."),
    Action("copy_code", "Copy the last code block", "", "Chat", "project", "",
           "Copy the last code block of the last answer."),
    Action("compact_chat", "Sum the conversation up", "", "Chat", "project", "",
           "Let the model sum the conversation up, so that it takes fewer tokens."),
    Action("clear_chat", "New conversation", "", "Chat", "project", "",
           "Begin a new conversation; the files stay as they are."),

    Action("save_file", "Save file", "ctrl+s", "Editor", "editor", "Save", "Write the file to the disk."),
    Action("close_tab", "Close tab", "alt+w", "Editor", "editor", "", "Close the file."),
    Action("next_tab", "Next tab", "ctrl+n,ctrl+pagedown", "Editor", "editor", "Next tab",
           "Go to the next open file."),
    Action("previous_tab", "Previous tab", "ctrl+pageup", "Editor", "editor", "",
           "Go to the open file before this one."),

    Action("find_in_log", "Find in log", "slash,ctrl+f", "Logs", "log", "Find", "Search the log."),
    Action("toggle_follow", "Follow log", "f", "Logs", "log", "Follow",
           "Stay at the newest line, or stop doing so."),
    Action("next_log", "Next log", "ctrl+n,ctrl+pagedown", "Logs", "log", "Next log",
           "Show the next log: Convex, Sandbox, Activity."),
    Action("previous_log", "Previous log", "ctrl+pageup", "Logs", "log", "", "Show the log before this one."),

    Action("backend_data", "Show the data", "1", "Deployment", "backend", "",
           "Go to the deployment's tables."),
    Action("backend_functions", "Show the functions", "2", "Deployment", "backend", "",
           "Go to the deployment's functions."),
    Action("backend_logs", "Show the deployment's logs", "3", "Deployment", "backend", "",
           "Go to what the functions log."),
    Action("backend_environment", "Show the environment variables", "4", "Deployment", "backend", "",
           "Go to the deployment's environment variables."),
    Action("backend_health", "Show the health", "5", "Deployment", "backend", "",
           "Go to what the deployment tells about itself."),
    Action("backend_next_tab", "Next tab", "ctrl+n,ctrl+pagedown", "Deployment", "backend", "",
           "Go to the next tab."),
    Action("backend_previous_tab", "Previous tab", "ctrl+pageup", "Deployment", "backend", "",
           "Go to the tab before this one."),
    Action("backend_dashboard", "Open this in Convex Dashboard", "ctrl+o,alt+o", "Deployment", "backend", "",
           "Open the dashboard at what is shown here, or show its link."),
    Action("backend_try_now", "Try again now", "f5", "Deployment", "backend", "Try now",
           "Do not wait for the next try to reach the deployment."),
    Action("backend_sign_in", "Sign in again", "", "Deployment", "backend", "",
           "Go to the project's connection, to repair it."),
    Action("backend_close", "Back to the project", "escape", "Deployment", "backend", "Back",
           "Close this screen."),

    Action("data_find", "Find documents", "slash,ctrl+f", "Data", "data", "Find",
           "Show only the documents that a field, or any field, says something of."),
    Action("data_refresh", "Refresh the data", "r", "Data", "data", "Refresh",
           "Ask the deployment again."),
    Action("data_order", "Oldest or newest first", "o", "Data", "data", "",
           "Turn the order of the documents around."),
    Action("data_add", "Add a document", "a", "Data", "data", "Add", "Write a new document as JSON."),
    Action("data_edit", "Edit the document", "e", "Data", "data", "Edit", "Change the document as JSON."),
    Action("data_delete", "Delete documents", "d,delete", "Data", "data", "Delete",
           "Delete the marked documents, or the one under the cursor."),
    Action("data_copy", "Copy documents as JSON", "c,y", "Data", "data", "Copy",
           "Copy the marked documents, or the one under the cursor."),
    Action("data_mark", "Mark the document", "space", "Data", "data", "Mark",
           "Mark the document for copying or deleting, or unmark it."),
    Action("data_follow", "Follow the id", "f", "Data", "data", "",
           "Open the document whose id is under the cursor."),
    Action("data_back", "Back from the followed id", "backspace,b", "Data", "data", "",
           "Go back to the document from which an id was followed."),
    Action("data_wider", "Wider column", "greater_than_sign", "Data", "data", "",
           "Make the column under the cursor wider."),
    Action("data_narrower", "Narrower column", "less_than_sign", "Data", "data", "",
           "Make the column under the cursor narrower."),
    Action("data_export", "Export the table", "x", "Data", "data", "",
           "Save the whole table as a file of JSON lines."),

    Action("functions_find", "Find a function", "slash,ctrl+f", "Functions", "functions", "Find",
           "Show only the functions whose name has a text in it."),
    Action("functions_run", "Run the function", "ctrl+r,f9,ctrl+enter", "Functions", "functions", "Run",
           "Run the chosen function with these arguments; Esc stops waiting for it."),
    Action("functions_copy", "Copy the result", "Y,alt+c", "Functions", "functions", "Copy result",
           "Copy what the function returned; of an HTTP action, how it is called."),
    Action("functions_refresh", "Refresh the functions", "r", "Functions", "functions", "Refresh",
           "Ask the deployment again which functions it has."),

    Action("deployment_log_find", "Find in the deployment's log", "slash,ctrl+f", "Logs of functions",
           "deployment-logs", "Find", "Search what is shown of the log."),
    Action("deployment_log_function", "Show one function's log", "e", "Logs of functions",
           "deployment-logs", "Function", "Show only the functions whose name has a text in it."),
    Action("deployment_log_level", "Show other levels", "v", "Logs of functions", "deployment-logs", "Level",
           "Show only what is as urgent as this or more: everything, logs, warnings, errors."),
    Action("deployment_log_request", "Show one request", "r", "Logs of functions", "deployment-logs",
           "Request", "Show only the request of the line under the cursor, or all requests again."),
    Action("deployment_log_pause", "Pause or follow the deployment's log", "f,p", "Logs of functions",
           "deployment-logs", "Pause", "Hold the log still while more comes, or follow it again."),
    Action("deployment_log_clear", "Clear the deployment's log", "x,ctrl+l", "Logs of functions",
           "deployment-logs", "Clear", "Empty the log here; the deployment keeps its own."),

    Action("environment_find", "Find a variable", "slash,ctrl+f", "Environment", "environment", "Find",
           "Show only the variables whose name has a text in it."),
    Action("environment_reveal", "Show the value", "v", "Environment", "environment", "Value",
           "Show the value of the variable under the cursor for some seconds, or hide it."),
    Action("environment_add", "Add a variable", "a", "Environment", "environment", "Add",
           "Set a new variable; its value is not shown."),
    Action("environment_edit", "Change the variable", "e", "Environment", "environment", "Edit",
           "Give the variable under the cursor another value."),
    Action("environment_unset", "Remove the variable", "d,delete", "Environment", "environment", "Remove",
           "Take the variable under the cursor away."),
    Action("environment_auth", "Set up Convex Auth", "u", "Environment", "environment", "Convex Auth",
           "Make the keys that signing in needs, and say what is left to do."),
    Action("environment_import", "Import variables", "i", "Environment", "environment", "Import",
           "Set the variables of a .env file, or of a pasted text."),
    Action("environment_export", "Export the variables", "x", "Environment", "environment", "Export",
           "Save all variables with their values to a file that only you can read."),
    Action("environment_copy", "Copy the value", "c,y", "Environment", "environment", "",
           "Send the value of the variable under the cursor to the clipboard; asks first."),
    Action("environment_refresh", "Refresh the variables", "r", "Environment", "environment", "Refresh",
           "Ask the deployment again."),

    Action("health_refresh", "Refresh the health", "r", "Health", "health", "Refresh",
           "Ask the deployment again, and compare the schema again."),
    Action("health_open", "Open the schema", "o,enter", "Health", "health", "Open schema",
           "Open the project's schema, at what is wrong with it if something is."),

    Action("create_project", "New project", "n", "Projects", "projects", "New project",
           "Create a project."),
    Action("open_folder", "Open folder", "o", "Projects", "projects", "Open folder",
           "Open any folder as a project."),
)
# fmt: on

BY_ID: Mapping[str, Action] = {action.id: action for action in ACTIONS}

_TYPED = frozenset({"question_mark", "slash", "ctrl+z"})
"""Keys that a text field has a use for, beside the one-character ones."""


def bindings(*contexts: Context) -> list[BindingType]:
    """Textual's bindings of the actions in `contexts`, for the BINDINGS of an ActionHost.

    Every binding has its action's id, so a keymap can change its keys.
    """
    return [
        Binding(
            key,
            f"perform('{action.id}')",
            action.title,
            show=False,  # the key bar has its own rules
            id=action.id,
            # Before the widget with the focus, but never at the price of typing. A text area types the
            # letter of Alt+letter, so that is taken before it in any context.
            priority=len(key) > 1
            and key not in _TYPED
            and (action.context in ("everywhere", "project") or key.startswith("alt+")),
        )
        for action in ACTIONS
        if action.context in contexts
        for key in keys_of(action, {})
    ]


def keys_of(action: Action, keymap: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of `action` in Textual's names, after the user's keymap (action id to keys)."""
    keys = keymap.get(action.id, action.keys)
    return tuple(key.strip() for key in keys.split(",") if key.strip())


_KEY_NAMES = {
    "question_mark": "?",
    "slash": "/",
    "greater_than_sign": ">",
    "less_than_sign": "<",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "escape": "Esc",
}


def key_name(key: str) -> str:
    """How a key is written on the page: "ctrl+g" is "Ctrl+G", "question_mark" is "?"."""
    *modifiers, last = key.split("+")
    name = last if len(last) == 1 and not modifiers else _KEY_NAMES.get(last, last.capitalize())
    return "+".join([*(modifier.capitalize() for modifier in modifiers), name])


@dataclass(frozen=True, slots=True)
class Hint:
    """An action as the key bar shows it."""

    action_id: str
    key: str
    title: str
    to_pane: bool
    """It goes to a pane."""


def hint(action: Action, keymap: Mapping[str, str]) -> Hint | None:
    """The action for the key bar; None when it has no key now or is not shown there."""
    keys = keys_of(action, keymap)
    if not action.show_in_footer or not keys:
        return None
    return Hint(action.id, key_name(keys[0]).replace("Ctrl+", "^"), action.footer, action.group == "Panes")


@dataclass(frozen=True, slots=True)
class HelpRow:
    """An action as the help shows it."""

    keys: str
    text: str


def help_content(action_ids: Collection[str], keymap: Mapping[str, str]) -> list[tuple[str, list[HelpRow]]]:
    """The help on these actions: each group's name and rows, in the registry's order."""
    groups: dict[str, list[HelpRow]] = {}
    for action in ACTIONS:
        if action.id in action_ids:
            keys = ", ".join(key_name(key) for key in keys_of(action, keymap))
            groups.setdefault(action.group, []).append(HelpRow(keys, action.help))
    return list(groups.items())
