"""Fills pages from the code when the site is built.

The markers are `<!-- components: KIND -->`, `<!-- commands -->`, `<!-- datasets -->`, `<!-- published: TABLE -->`,
`<!-- settings -->`, `<!-- recipes -->`, `<!-- hooks -->`, `<!-- contract: KIND -->`, `<!-- installed: KIND -->` and
`<!-- modules: NAME ... -->`.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

import unsuplmk
from unsuplmk import hookspecs, registry, testing
from unsuplmk.cli import cards, cli, listing
from unsuplmk.cli.options import shown, type_text
from unsuplmk.config import SINGLE, Config
from unsuplmk.evaluation.published import Paper, Row, published

PACKAGE = Path(unsuplmk.__file__).parent
COLUMNS = 80
"""Of help pages: what a page is wide enough for."""
WITHOUT_CODE = {
    "recipes": "Settings under a name: methods as they were published, and what fits them here.",
    "templates": "What `unsuplmk plugins new` writes: a part of each kind that works, with its test.",
}
"""Folders of the package that Python does not import."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Replace the markers by sections."""
    markdown = re.sub(r"<!-- components: (\w+) -->", lambda match: kind(match[1]), markdown)
    markdown = re.sub(r"<!-- published: ([\w-]+) -->", lambda match: figures(match[1]), markdown)
    markdown = re.sub(r"<!-- contract: (\w+) -->", lambda match: contract(match[1]), markdown)
    markdown = re.sub(r"<!-- installed: (\w+) -->", lambda match: installed(match[1]), markdown)
    markdown = re.sub(r"<!-- modules: ([\w ]+) -->", lambda match: modules(match[1].split()), markdown)
    markdown = markdown.replace("<!-- settings -->", settings()).replace("<!-- recipes -->", recipes())
    markdown = markdown.replace("<!-- datasets -->", datasets())
    markdown = markdown.replace("<!-- hooks -->", "\n".join(hooks()))
    return markdown.replace("<!-- commands -->", commands())


def commands() -> str:
    """The help of the command line, and of each command."""
    top = click.Context(cli, info_name="unsuplmk", terminal_width=COLUMNS, **cli.context_settings)
    return f"```text\n{cli.get_help(top)}\n```\n\n" + "\n".join(help_of(cli, top, "##"))


def help_of(group: click.Group, above: click.Context, level: str) -> Iterator[str]:
    """The help of each command of a group, with those of a group in it."""
    for name in group.list_commands(above):
        command = group.get_command(above, name)
        assert command is not None
        settings = {**cli.context_settings, **command.context_settings}
        context = click.Context(command, above, info_name=name, terminal_width=COLUMNS, **settings)
        title = " ".join(context.command_path.split()[1:])
        yield f"{level} {title}\n\n```text\n{command.get_help(context)}\n```\n"
        if isinstance(command, click.Group):
            yield from help_of(command, context, f"{level}#")


def datasets() -> str:
    """A section for each dataset that has a card: where from, terms, files, splits, crop, commands."""
    found = registry.components("dataset").values()
    return "\n".join(card(component) for component in found if cards.card_of(component).title)


def card(component: registry.Component) -> str:
    """What one card knows; the options are on the page of the components."""
    known = cards.card_of(component)
    text = inspect.cleandoc(component.cls.__doc__ or "").partition("\n")[0]
    lines = [f"### {component.name}", "", f"**{known.title}.** {linked(text)}", ""]
    for title, body in cards.sections(component).items():
        if title == "Layout":
            lines += ["Files:", "", "```text", body, "```", ""]
        elif title == "Splits":
            counts = (f"{name} ({count:,} frames)" if count else name for name, count in known.splits.items())
            lines += [f"Splits: {', '.join(counts)}.", ""]
        elif title == "Where from":
            lines += ["Where from:", "", *(f"- {linked(line)}" for line in body.splitlines()), ""]
        else:
            lines += [f"{title}: {linked(' '.join(body.split())).rstrip('.')}.", ""]
    options = f"Its options: [components](components.md#dataset-{component.name})."
    return "\n".join((*lines, "```sh", *cards.commands(component), "```", "", options, ""))


def settings() -> str:
    """A row for each key of the config, with its type, default and description."""
    lines = ["| key | type | default | |", "|---|---|---|---|"]
    for name, field in Config.model_fields.items():
        table = name in registry.KINDS
        kind = "table" if table else cell(type_text(field.annotation, field.metadata))
        default = ", ".join(field.default.values() if name in SINGLE else field.default) if table else field.default
        lines.append(f"| `{name}` | {kind} | {cell(shown(default))} | {cell(field.description or '')} |")
    return "\n".join((*lines, ""))


def recipes() -> str:
    """A row for each recipe: its first line says what it is."""
    found = sorted((PACKAGE / "recipes").glob("*.toml"))
    rows = (f"| `{file.stem}` | {cell(file.read_text('utf-8').partition(chr(10))[0].lstrip('# '))} |" for file in found)
    return "\n".join(("| recipe | |", "|---|---|", *rows, ""))


def hooks() -> Iterator[str]:
    """A section for each hook: its signature, what it returns or gets, and the kind of part that it brings."""
    kinds = {one.hook: one for one in registry.KINDS.values()}
    for name, function in vars(hookspecs).items():
        if not name.startswith("register_"):
            continue
        signature = str(inspect.signature(function)).replace("'", "").replace("collections.abc.", "")
        text = inspect.cleandoc(function.__doc__ or "").partition("\nArgs:")
        yield f"## {name}\n\n```text\n{name}{signature}\n```\n\n{text[0].strip()}\n"
        if text[1]:
            yield f"```text\n{inspect.cleandoc(text[2])}\n```\n"
        one = kinds.get(name)
        page = f"{one.name}.md" if one else "command.md"
        brings = f"Kind `{one.name}`, base class `unsuplmk.interfaces.{one.base}`. " if one else ""
        yield f"{brings}See [{page.removesuffix('.md')}]({page}).\n"


def modules(names: list[str]) -> str:
    """Modules and folders of the package, with the first lines of their docstrings."""
    return "\n".join(("| | |", "|---|---|", *map(module, names), ""))


def module(name: str) -> str:
    """A row for one of them; a folder has the modules in it, and may be one of templates or recipes."""
    path = PACKAGE / name
    if not path.is_dir():
        return f"| `{name}.py` | {opening(path.with_suffix('.py'))} |"
    inside = sorted(file.stem for file in path.iterdir() if file.suffix in (".py", ".toml") and file.stem != "__init__")
    text = WITHOUT_CODE.get(name) or opening(path / "__init__.py")
    return f"| `{name}/` | {text} {len(inside)} files: {', '.join(inside)}. |"


def opening(path: Path) -> str:
    """The first line of a module's docstring; the module is not imported."""
    return cell((ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0])


def contract(name: str) -> str:
    """What the contract checks in every part of a kind, one line a check."""
    rows = (f"| `{check.__name__}` | {cell(first(check))} |" for check in testing.checks(name))
    return "\n".join(("| check | |", "|---|---|", *rows, ""))


def installed(name: str) -> str:
    """The parts of a kind, each with its summary and a link to its options."""
    found = registry.components(name).values()
    rows = (f"| {anchored(c)} | {cell(c.summary)} | {c.plugin.distribution} |" for c in found)
    return "\n".join(("| name | | from |", "|---|---|---|", *rows, ""))


def anchored(component: registry.Component) -> str:
    """A component's name as a link to its section."""
    return f"[`{component.name}`](../components.md#{component.kind.name}-{component.name})"


def first(what: object) -> str:
    """The first line of a docstring."""
    return (inspect.getdoc(what) or "").partition("\n")[0]


def linked(text: str) -> str:
    """Text with its addresses as links."""
    return re.sub(r"https?://[^\s,;)]*[^\s,;).]", lambda match: f"<{match[0]}>", text)


def kind(name: str) -> str:
    """A heading, the description and the options of every component of a kind."""
    found = registry.components(name).values()
    return "\n".join(section(component) for component in found) or "None ships; plugins may bring some.\n"


def section(component: registry.Component) -> str:
    """One component: what its docstring says, and a table of its options."""
    origin = component.plugin.distribution
    title = f"### {component.name}" + ("" if origin == "unsuplmk" else f" (plugin {origin})")
    text = inspect.cleandoc(component.cls.__doc__ or "").partition("\nArgs:")[0].partition("\nRaises:")[0].strip()
    rows = [
        f"| `{row['flag']}` | {cell(row['type'])} | {cell(shown(row['default']))} | {cell(row['help'])} |"
        for row in listing.options(component)
    ]
    table = ["| option | type | default | |", "|---|---|---|---|", *rows] if rows else ["It has no options."]
    return "\n".join((f"{title} {{ #{component.kind.name}-{component.name} }}", "", text, "", *table, ""))


def figures(name: str) -> str:
    """A published table, with a link to the paper of each row."""
    table = published(name)
    head = ["method", "K", "trained on", *table.columns.values(), "", "paper"]
    right = {"K", *table.columns.values()}
    rule = ["---:" if title in right else "---" for title in head]
    rows = [head, rule, *(figure_row(row, list(table.columns)) for row in table.rows)]
    lines = ["| " + " | ".join(cell(text) for text in row) + " |" for row in rows]
    sources = {row.read_in for row in table.rows if row.read_in and row.read_in != row.paper}
    read_in = f" All of them as {', '.join(map(cited, sources))} gives them." if sources else ""
    return f"{table.title}, {table.unit}; {table.better} is better.{read_in}\n\n" + "\n".join(lines) + "\n"


def figure_row(row: Row, columns: list[str]) -> list[str]:
    """The cells of one method."""
    values = [f"{row.values[column]:.2f}" if column in row.values else "" for column in columns]
    spread = [f" ± {row.sd[column]:.2f}" if column in row.sd else "" for column in columns]
    paper = cited(row.paper) if row.paper else ""
    both = [value + sd for value, sd in zip(values, spread, strict=True)]
    return [row.method, str(row.landmarks or ""), row.trained_on, *both, row.words(), paper]


def cited(paper: Paper) -> str:
    """First author, venue and year, as a link where there is one."""
    first, *others = paper.authors.split(", ")
    who = f"{first} et al." if len(others) > 1 else " and ".join([first, *others])
    text = f"{who}, {paper.venue} {paper.year}".replace(",  ", ", ")
    return f"[{text}]({paper.url})" if paper.url else text


def cell(text: str) -> str:
    """Text that does not break a table."""
    return text.replace("|", "\\|").replace("\n", " ")
