"""The rules of the house that a machine can hold: lint, types, imports, honest names, no address of a registry."""

from __future__ import annotations

import ast
import importlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PACKAGES = ("crawler", "feeds", "scheduler")
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
LONGEST = 400

# The only module that may hand text to lxml.
PARSERS = {"crawler/normalise/tree.py"}
PARSING = {
    "fromstring",
    "document_fromstring",
    "fragment_fromstring",
    "fragments_fromstring",
    "XML",
    "HTML",
    "iterparse",
}
PARSING_METHODS = {"css", "xpath", "selector", "re", "jmespath"}  # of a scrapy response, which parses its own bytes

# Found by name at run time, not imported by us.
UNIMPORTED = "DEP002=tzdata|httptools|obstore|procrastinate|psycopg"
# Come with scrapy and trafilatura, whose versions decide theirs.
OF_OTHERS = "DEP003=twisted|zope|protego|w3lib|cssselect|itemadapter|htmldate"
DEPTRY = (
    "deptry",
    *PACKAGES,
    *(option for name in PACKAGES for option in ("--known-first-party", name)),
    *("--optional-dependencies-dev-groups", "test"),
    *("--per-rule-ignores", f"{UNIMPORTED},{OF_OTHERS}"),
    *("--extend-exclude", r".*/build_\w+\.py"),  # scripts that make what is shipped, with tools of their own
    "--no-ansi",
)

# Written in two halves, so that this file does not name what no file may name.
REGISTRIES = tuple(
    "".join(halves)
    for halves in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("npmmirror", ".com"),
        ("deb.debian", ".org"),
        ("anaconda", ".org"),
        ("--index", "-url"),
        ("--extra-index", "-url"),
        ("--find", "-links"),
    )
)


def run(*command: str) -> None:
    """Run *command* in the repository; its output is the failure."""
    program = shutil.which(command[0], path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    if program is None:
        pytest.skip(f"needs {command[0]}: install the extra test")
    done = subprocess.run([program, *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize(
    "command",
    [
        ("ruff", "check", "."),
        ("ruff", "format", "--check", "."),
        ("mypy", "--strict"),
        ("lint-imports",),
        DEPTRY,
    ],
    ids=lambda command: "-".join(command[:2]),
)
def test_passes(command: tuple[str, ...]) -> None:
    run(*command)


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_module_of_its_own(path: Path) -> bool:
    """Whether *path* is imported by others: not a script, nor a migration."""
    return path.stem != "__main__" and not path.stem.startswith("build_") and "migrations" not in path.parts


def top_level(tree: ast.Module) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node


def listed(tree: ast.Module) -> list[str] | None:
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(
            isinstance(name, ast.Name) and name.id == "__all__" for name in node.targets
        ):
            return [str(value) for value in ast.literal_eval(node.value)]
    return None


@pytest.mark.parametrize("path", [path for path in MODULES if is_module_of_its_own(path)], ids=name_of)
def test_all_names_what_is_public_and_only_that(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = listed(tree)
    public = {name for name, _ in top_level(tree) if not name.startswith("_")}
    if names is None:
        assert not public, f"{name_of(path)} has public names and no __all__: {sorted(public)}"
        return
    assert len(names) == len(set(names)), "a name is listed twice"
    assert public <= set(names), f"public and not listed: {sorted(public - set(names))}"
    module = importlib.import_module(name_of(path))
    assert not [name for name in names if not hasattr(module, name)], "listed and not there"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_import_across_packages_takes_public_names(path: Path) -> None:
    own = name_of(path).partition(".")[0]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.partition(".")[0] in {*PACKAGES} - {own}:
            private = [alias.name for alias in node.names if alias.name.startswith("_")]
            assert not private, f"line {node.lineno}: {node.module}: {private}"


def test_every_module_says_what_it_is_in_one_line() -> None:
    silent = [name_of(path) for path in MODULES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []


def test_no_module_is_longer_than_can_be_read() -> None:
    files = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]
    lengths = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n") for path in files}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_the_three_names_belong_to_our_distribution_alone() -> None:
    owners = importlib.metadata.packages_distributions()
    # An editable install names no package, so the three may have no owner but must have no other.
    assert {name: owners.get(name, ["baywire"]) for name in PACKAGES} == {name: ["baywire"] for name in PACKAGES}
    for name in PACKAGES:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert len(spec.submodule_search_locations or ()) == 1, f"{name} is spread over several folders"


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("needs git and a clone")
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_registry() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in tracked()
        for word in REGISTRIES
        if word.encode() in path.read_bytes()
    ]
    assert found == []


def declared() -> list[Requirement]:
    """Return what pyproject.toml asks for, with all extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [Requirement(text) for text in (*project["dependencies"], *(text for some in extras for text in some))]


def test_every_package_is_pinned_and_none_by_address() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9A-Za-z.+!]+", line)] == []
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines}
    assert {canonicalize_name(asked.name) for asked in declared()} - pinned == set()


def test_only_text_reaches_lxml() -> None:
    found = []
    for path in MODULES:
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Name):
                continue
            parses = node.attr in PARSING and node.value.id in {"etree", "html", "lxml"} and name not in PARSERS
            asks_scrapy = node.attr in PARSING_METHODS and node.value.id in {"response", "answer", "answered"}
            if parses or asks_scrapy:
                found.append(f"{name}:{node.lineno}: {node.value.id}.{node.attr}")
    assert found == []


def test_the_pinned_versions_can_be_installed_together() -> None:
    """Whatever baywire needs, with all extras, is pinned to a version that all who need it accept."""
    lines = (line.partition("==") for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line)
    pinned = {canonicalize_name(name): version for name, _, version in lines}
    refused = []
    seen: set[tuple[str, str]] = set()
    waiting = [("baywire", asked) for asked in declared()]
    while waiting:
        who, asked = waiting.pop()
        name = canonicalize_name(asked.name)
        if not asked.specifier.contains(pinned.get(name, "none"), prereleases=True):
            refused.append(f"{who} needs {asked}: pinned is {pinned.get(name, 'none')}")
        for extra in {"", *asked.extras} - {extra for one, extra in seen if one == name}:
            seen.add((name, extra))
            try:
                needs = [Requirement(text) for text in importlib.metadata.requires(name) or ()]
                same = importlib.metadata.version(name) == pinned.get(name)
            except importlib.metadata.PackageNotFoundError:
                continue  # an extra that is not installed here
            if not same:
                continue  # what another version needs says nothing
            waiting += [(name, one) for one in needs if one.marker is None or one.marker.evaluate({"extra": extra})]
    assert refused == []
