"""The screen of a table: its newest documents, live, and a form that saves one."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vibe_tui.services.assistant.recipes import spoken
from vibe_tui.services.assistant.recipes.column import Column
from vibe_tui.services.assistant.recipes.shape import Shape, can_be_typed_in
from vibe_tui.services.assistant.recipes.table import OneOf, Scalar


def screen_path(shape: Shape) -> str:
    return f"app/{shape.table}.tsx"


def has_form(shape: Shape) -> bool:
    """Whether everything a document must have can be typed in."""
    given = shape.given
    return bool(given) and all(one.optional or can_be_typed_in(one) for one in given) and bool(_fields(shape))


def screen_code(shape: Shape) -> str:
    """The file's text."""
    name, form = spoken.pascal(shape.table), has_form(shape)
    parts = {"Note", "Row", *(_part(one) for one in _fields(shape)), *(["Form"] if form else [])}
    if not form:
        parts = {"Note", "Row"}
    react_native = ["FlatList", "KeyboardAvoidingView", "Platform"] if form else ["FlatList", "View"]
    inside = f"<{name} />"
    inside_lines = ["<SignedInOnly>", f"  {inside}", "</SignedInOnly>"] if shape.auth else [inside]
    lines = [
        f'import {{ {"useMutation, " if form else ""}useQuery }} from "convex/react";',
        'import { Stack } from "expo-router";',
        *(['import { useState } from "react";'] if form else []),
        f'import {{ {", ".join(react_native)} }} from "react-native";',
        f'import {{ {", ".join(sorted(parts))} }} from "@/components/parts";',
        *(['import { SignedInOnly } from "@/components/SignedInOnly";'] if shape.auth else []),
        'import { api } from "@/convex/_generated/api";',
        'import { useColors } from "@/lib/theme";',
        "",
        f"export default function {name}Screen() {{",
        *_frame(shape, inside_lines, form),
        "}",
        "",
        *_list(shape, name, form),
        *(["", *_form(shape)] if form else []),
    ]
    return "\n".join(lines) + "\n"


def _frame(shape: Shape, inside: list[str], form: bool) -> Iterator[str]:
    box = "KeyboardAvoidingView" if form else "View"
    yield "  const colors = useColors();"
    yield "  return ("
    if form:
        yield "    <KeyboardAvoidingView"
        yield '      behavior={Platform.OS === "ios" ? "padding" : undefined}'
        yield "      style={{ flex: 1, backgroundColor: colors.background }}"
        yield "    >"
    else:
        yield "    <View style={{ flex: 1, backgroundColor: colors.background }}>"
    title = json.dumps(spoken.title(shape.table))
    yield f"      <Stack.Screen options={{{{ headerShown: true, title: {title} }}}} />"
    yield from (f"      {line}" for line in inside)
    yield f"    </{box}>"
    yield "  );"


def _list(shape: Shape, name: str, form: bool) -> Iterator[str]:
    documents = spoken.camel(shape.table) if shape.table not in ("list", "api", "colors") else "documents"
    empty = f"No {shape.many} yet."
    # A chat's newest message stands next to its form.
    chat = form and any(one.name == "author" for one in shape.columns)
    yield f"function {name}() {{"
    yield "  // A subscription: the list is drawn again whenever it changes on the server."
    yield f"  const {documents} = useQuery(api.{shape.table}.list);"
    yield f"  if ({documents} === undefined) {{"
    yield "    return <Note>Loading…</Note>;"
    yield "  }"
    yield "  return ("
    pad = "    "
    if form:
        yield "    <>"
        pad = "      "
    yield f"{pad}<FlatList"
    if chat:
        yield f"{pad}  inverted={{{documents}.length > 0}}"
    yield f"{pad}  data={{{documents}}}"
    yield f"{pad}  keyExtractor={{(item) => item._id}}"
    yield f"{pad}  contentContainerStyle={{{{ padding: 16, gap: 8 }}}}"
    yield f"{pad}  ListEmptyComponent={{<Note>{empty}</Note>}}"
    heading = shape.heading
    title = "item._id" if heading is None else f"item.{heading.name}"
    if heading is not None and (heading.optional or shape.is_users):
        title += ' ?? "…"'
    seen = (
        []
        if shape.is_users
        else [one for one in shape.columns if one is not heading and can_be_typed_in(one)]
    )
    details = ", ".join(_shown(one) for one in seen)
    row = f"<Row title={{{title}}} details={{[{details}]}} />"
    if len(pad) + len(row) > 80:
        yield f"{pad}  renderItem={{({{ item }}) => ("
        yield f"{pad}    <Row"
        yield f"{pad}      title={{{title}}}"
        yield f"{pad}      details={{["
        yield from (f"{pad}        {_shown(one)}," for one in seen)
        yield f"{pad}      ]}}"
        yield f"{pad}    />"
        yield f"{pad}  )}}"
    else:
        yield f"{pad}  renderItem={{({{ item }}) => {row}}}"
    yield f"{pad}/>"
    if form:
        yield f"      <{_form_name(shape)} />"
        yield "    </>"
    yield "  );"
    yield "}"


def _form(shape: Shape) -> Iterator[str]:
    fields = _fields(shape)
    act = shape.save_name
    yield f"function {_form_name(shape)}() {{"
    yield f"  const {act} = useMutation(api.{shape.table}.{act});"
    for one in fields:
        yield f"  const [{_state(one)}, {_setter(one)}] = useState{_initial(one)};"
    ready = [check for one in fields if (check := _ready(one))]
    yield "  return ("
    yield "    <Form"
    yield f'      action="{"Send" if act == "send" else "Save"}"'
    yield f"      ready={{{' && '.join(ready) or 'true'}}}"
    yield "      onSubmit={async () => {"
    arguments = ", ".join(_argument(one) for one in fields)
    yield f"        await {act}({{ {arguments} }});"
    for one in fields:
        if one.name != "author" and isinstance(one.type, Scalar) and one.type.name != "boolean":
            yield f'        {_setter(one)}("");'
    yield "      }}"
    yield "    >"
    for one in fields:
        yield f"      {_input(one)}"
    yield "    </Form>"
    yield "  );"
    yield "}"


def _fields(shape: Shape) -> list[Column]:
    return [one for one in shape.given if can_be_typed_in(one)]


def _form_name(shape: Shape) -> str:
    return f"New{spoken.pascal(spoken.singular(shape.table))}"


def _part(column: Column) -> str:
    if isinstance(column.type, OneOf):
        return "ChoiceField"
    return "SwitchField" if column.type == Scalar("boolean") else "TextField"


def _state(column: Column) -> str:
    """The state's variable: its name is not one of ours."""
    return f"{column.name}Value" if column.name in _OURS else column.name


def _setter(column: Column) -> str:
    return f"set{column.name[:1].upper()}{column.name[1:]}"


_OURS = {
    "send",
    "create",
    "api",
    "colors",
    "default",
    "class",
    "new",
    "in",
    "for",
    "function",
    "return",
    "delete",
}


def _initial(column: Column) -> str:
    if isinstance(column.type, OneOf):
        union = " | ".join(json.dumps(value, ensure_ascii=False) for value in column.type.values)
        return f"<{union}>({json.dumps(column.type.values[0], ensure_ascii=False)})"
    return "(false)" if column.type == Scalar("boolean") else '("")'


def _ready(column: Column) -> str:
    state = _state(column)
    if isinstance(column.type, OneOf) or column.type == Scalar("boolean"):
        return ""
    if column.type == Scalar("string"):
        return "" if column.optional else f'{state}.trim() !== ""'
    good = f"!Number.isNaN({_number(column)})"
    return f'({state} === "" || {good})' if column.optional else f'{state} !== "" && {good}'


def _number(column: Column) -> str:
    state = _state(column)
    return f"Date.parse({state})" if column.type == Scalar("date") else f"Number({state})"


def _argument(column: Column) -> str:
    state = _state(column)
    if column.type in (Scalar("number"), Scalar("date")):
        value = f'{state} === "" ? undefined : {_number(column)}' if column.optional else _number(column)
    elif column.type == Scalar("string") and column.optional:
        value = f'{state} === "" ? undefined : {state}'
    else:
        value = state
    return column.name if value == column.name else f"{column.name}: {value}"


def _input(column: Column) -> str:
    state, setter, part = _state(column), _setter(column), _part(column)
    label = spoken.title(column.name)
    if column.type == Scalar("date"):
        label += ", e.g. 2027-01-31"
    common = f"label={json.dumps(label)} value={{{state}}} onChange={{{setter}}}"
    if isinstance(column.type, OneOf):
        choices = ", ".join(json.dumps(value, ensure_ascii=False) for value in column.type.values)
        return f"<{part} {common} choices={{[{choices}]}} />"
    return f"<{part} {common}{' numeric' if column.type == Scalar('number') else ''} />"


def _shown(column: Column) -> str:
    """A detail of the row: a text, or false or undefined for nothing."""
    value = f"item.{column.name}"
    if column.type == Scalar("string") or isinstance(column.type, OneOf):
        return value
    if column.type == Scalar("boolean"):
        return f"{value} && {json.dumps(spoken.words(column.name))}"
    if column.type == Scalar("date"):
        code = f"new Date({value}).toLocaleString()"
    else:
        code = f"`{spoken.words(column.name)} ${{{value}}}`"
    return f"{value} !== undefined && {code}" if column.optional else code
