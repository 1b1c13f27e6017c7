"""The documentation names what there is, and what it tells people to type is what is tested."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.strip() for block in re.findall(r"^```\w*\n(.*?)^```", README, flags=re.DOTALL | re.MULTILINE)]


def section(title: str) -> str:
    """Return the part of the README under the heading *title*."""
    (found,) = re.findall(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", README, flags=re.DOTALL | re.MULTILINE)
    return found


def test_opens_with_two_commands_of_one_line_without_comment() -> None:
    first, second = BLOCKS[:2]
    for command in (first, second):
        assert "\n" not in command
        assert "#" not in command
        words = shlex.split(command)
        assert words.index("--upgrade") < words.index("-c"), "pip is upgraded first"
        assert "constraints.txt" in words
    assert first.endswith("/baywire demo")
    assert shlex.split(second)[-4:] == ["-n", "3", "--dist", "loadfile"]
    assert shlex.split(second)[-5].endswith("pytest")


def test_ci_types_the_same_two_commands() -> None:
    done = subprocess.run(
        ["bash", str(ROOT / ".ci" / "run"), "commands"],
        capture_output=True,
        text=True,
        check=True,
        stdin=subprocess.DEVNULL,
    )
    assert done.stdout.splitlines() == BLOCKS[:2]
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert 'bash -euo pipefail -c "$demo --once"' in script
    assert 'bash -euo pipefail -c "$check"' in script


def test_says_what_it_is_in_five_lines() -> None:
    paragraph = README.split("\n\n")[1]
    assert 1 <= paragraph.count("\n") + 1 <= 5


def verbs() -> Iterator[tuple[str, click.Command]]:
    """Yield every verb, those below another included, as it is typed."""
    from scheduler.cli import VERBS, baywire

    context = click.Context(baywire)
    for verb in VERBS:
        command = baywire.get_command(context, verb)
        assert command is not None
        yield verb, command
        for below, inner in getattr(command, "commands", {}).items():
            yield f"{verb} {below}", inner


def row(verb: str) -> str:
    """Return what the README's table says of *verb*."""
    found = re.search(rf"^\| `{re.escape(verb)}\b(.*)$", section("Commands"), flags=re.MULTILINE)
    assert found, f"no row for {verb}"
    return found[0].replace("\\|", "|")


def test_names_every_verb_with_every_option_and_argument() -> None:
    missing = []
    for verb, command in verbs():
        for param in command.params:
            if str(param.name).startswith("common_") or param.is_eager:
                continue
            shown = (param.metavar or str(param.name).upper().rstrip("S")) if isinstance(param, click.Argument) else ""
            spelled = [shown] if shown else [max(param.opts, key=len), *param.secondary_opts]
            if not any(word in row(verb) for word in spelled):
                missing.append(f"{verb}: {' or '.join(spelled)}")
    assert missing == []


def test_names_no_verb_that_is_not_there() -> None:
    named = re.findall(r"^\| `([a-z]+(?: [a-z]+)?)", section("Commands"), flags=re.MULTILINE)
    known = {verb for verb, _ in verbs()}
    groups = {verb.split()[0] for verb in known if " " in verb}
    typed = [verb if verb.split()[0] in groups else verb.split()[0] for verb in named]
    assert [verb for verb in typed if verb not in known] == []
    elsewhere = re.findall(r"baywire (?:-C [\w-]+ )?([a-z]+)\b", "\n".join(re.findall(r"`+[^`]+`+", README)))
    assert {verb for verb in elsewhere if verb not in {name.split()[0] for name in known}} == set()


@pytest.mark.parametrize(
    "option", ["-c", "--config", "-C", "--directory", "-q", "--quiet", "-v", "--verbose", "--json", "--version"]
)
def test_names_every_common_option(option: str) -> None:
    assert f"`{option}" in section("Commands")


def test_names_every_key_of_the_configuration_with_its_section() -> None:
    from scheduler.key import OPTIONS

    documented = set()
    current = ""
    for line in section("Configuration").splitlines():
        if not line.startswith("| `"):
            continue
        cell = line.split("|")[1]
        heading = re.search(r"`\[([^\]]+)\]`", cell)
        current = heading[1] if heading else current
        documented |= {f"{current}.{key}" for key in re.findall(r"`([a-z-]+)`", cell)}
    assert documented == {option.key for option in OPTIONS} | {"feeds.<name>.where"}


def test_names_every_variable_that_can_be_a_file() -> None:
    from scheduler.key import OPTIONS

    for option in OPTIONS:
        if option.secret:
            assert f"`{option.key}`" in section("Configuration")


def page_of_sources() -> str:
    """Return the table of all sources that come with baywire."""
    from crawler.source import load_sources

    rows = [
        f"| [`{source.key}`]({source.key}.toml) | {source.title} | {source.language} "
        f"| {source.status}: {source.evidence} | {'yes' if source.enabled else 'no: ' + source.why_disabled} |"
        for source in load_sources().values()
    ]
    head = """# Sources

One file a newsroom. *Proven*: it reads recorded pages right. *Documented*: others describe the pages.
*Unproven*: to be looked at first. `baywire enable KEY` crawls one that is not crawled from the start;
`baywire preview KEY` shows what it gives.

| source | newsroom | language | rests on | crawled from the start |
|---|---|---|---|---|
"""
    return head + "\n".join(rows) + "\n"


def test_the_page_of_sources_is_up_to_date() -> None:
    page = ROOT / "crawler" / "sources" / "README.md"
    if os.environ.get("BAYWIRE_WRITE_PAGES"):
        page.write_text(page_of_sources(), encoding="utf-8")
    assert page.read_text(encoding="utf-8") == page_of_sources(), "BAYWIRE_WRITE_PAGES=1 pytest tests/test_readme.py"


def test_names_every_topic() -> None:
    from feeds import topic

    named = re.findall(r"^\| `([a-z-]+)` \|", section("Sources and topics"), flags=re.MULTILINE)
    assert named == [one.key for one in topic.load().topics]


def test_names_every_exit_status() -> None:
    statuses = re.findall(r"^\| ([\d, ]+) \|", section("Commands"), flags=re.MULTILINE)
    assert [status.strip() for status in statuses] == ["0", "1", "2", "3", "75", "130, 143"]


def test_every_link_into_the_repository_leads_somewhere() -> None:
    for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for target in re.findall(r"\]\(([^)#:]+)\)", text):
            assert (ROOT / target).exists(), f"{name}: {target}"


def test_every_configuration_the_documents_show_is_toml() -> None:
    import tomllib

    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for block in re.findall(r"^ *```toml\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE):
            assert tomllib.loads(block)


def test_the_source_file_that_contributing_shows_can_be_read(tmp_path: Path) -> None:
    from crawler.source import load_sources

    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"^ *```toml\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    (tmp_path / "harbour-office-en.toml").write_text(block, encoding="utf-8")
    source = load_sources(tmp_path, use=["harbour-office-en"])["harbour-office-en"]
    assert source.language == "en"
    assert source.translations == {"zh-Hant": "a.zh-hant::attr(href)"}


def test_every_name_in_the_code_that_the_documents_give_is_there() -> None:
    import pkgutil

    for name in ("README.md", "CONTRIBUTING.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for dotted in re.findall(r"`((?:crawler|feeds|scheduler)(?:\.\w+)+)`", text):
            if not dotted.endswith((".py", ".toml")):
                assert pkgutil.resolve_name(dotted), f"{name}: {dotted}"
