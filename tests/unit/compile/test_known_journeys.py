"""What was compiled before is taken only where compiling would give the same."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from compiling import Folder

from pytest_reqflo.artifact.codec import to_document
from pytest_reqflo.compile import compiling, kept_file, known, makers
from pytest_reqflo.compile.compiled import CompiledJourney
from pytest_reqflo.compile.kept import find_cache_folder, open_kept
from pytest_reqflo.compile.kept_file import KeptInFolder
from pytest_reqflo.compile.project import Project
from pytest_reqflo.errors import JourneyError

JOURNEY = """
journey:
  name: Orders
  version: "1.2"
  owner: shop
  tags: [smoke]
  inputs: [{name: customer, default: c-1}, {name: price, type: number, default: 1.0}]
  cases:
    - {name: Gold, presets: [gold], values: {price: 2.0}, skip: later}
    - {name: Dark, xfail: {reason: known, when: "{{ env.values.dark }}"}}
  settings: {group: stock, serial: true, timeout_s: 3}
  steps:
    - id: create
      request:
        method: POST
        url: /orders
        headers: {x-b: "1", x-a: "2"}
        json: {z: 1, a: [1.0, 2, true, null, "😀 é"], m: {y: 1, b: "{{ inputs.price }}"}}
      assertions:
        - {type: json_path, path: $.total, operator: greater_or_equal, expected: 1.0}
      outputs: [{name: id, path: body.id}]
    - {id: look, template: GET /orders/:id, values: {id: "{{ steps.create.outputs.id }}"}}
  finally:
    - {id: remove, template: "DELETE /orders/1"}
"""
PRESET = "preset: {name: gold, values: {customer: ada}}"
ENVIRONMENT = (
    "environment: {name: local, services: {shop: {base_url: 'http://shop.test', tier: 1.0}}}"
)


class Cache:
    """A project whose journeys are kept; `compiled` counts how many were compiled anew."""

    def __init__(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = Folder(tmp_path / "project")
        self.place = tmp_path / "cache" / "reqflo"
        self.count = 0
        compile_source = compiling.compile_source

        def count(*arguments):
            self.count += 1
            return compile_source(*arguments)

        monkeypatch.setattr(compiling, "compile_source", count)
        self.folder.write("presets/gold.yaml", PRESET)
        self.folder.write("environments/local.yaml", ENVIRONMENT)

    def project(self, **options) -> Project:
        return Project(self.folder.path, kept=KeptInFolder(self.place), **options)

    def compile(self, name: str = "orders.journey.yaml", **options) -> CompiledJourney:
        """Return what a process of its own compiles or finds."""
        with contextlib.closing(self.project(**options)) as project:
            compiled = project.compile_file(self.folder.path / name, name)
            project.write()
        return compiled

    def is_found(self, **options) -> bool:
        before = self.count
        self.compile(**options)
        return self.count == before

    @contextlib.contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        file = sqlite3.connect(self.place / "compiled-1.sqlite")
        with contextlib.closing(file) as database, database:
            yield database


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Cache:
    cache = Cache(tmp_path, monkeypatch)
    cache.folder.write("orders.journey.yaml", JOURNEY)
    return cache


def facts(compiled: CompiledJourney) -> dict:
    """All that a journey is asked for; mappings as pairs, whose order counts."""
    return {
        "head": repr(compiled.head),
        "artifact": repr(to_document(compiled.artifact)),
        "digest": compiled.digest,
        "file": compiled.file,
        "rows": compiled.rows_file,
        "source": compiled.source_digest,
        "document": repr(compiled.document.data),
        "values": compiled.source_map.values,
        "keys": compiled.source_map.keys,
        "lines": dict(compiled.source_map.lines),
        "text": compiled.source_map.source,
    }


def test_a_journey_that_is_found_is_the_one_that_was_compiled(cache) -> None:
    first = cache.compile()
    second = cache.compile()
    assert cache.count == 1
    assert facts(second) == facts(first)
    assert second.artifact == first.artifact
    assert second.head == first.head


def test_a_journey_that_is_kept_is_at_once_as_it_is_found(cache) -> None:
    kept = cache.compile()
    plain = Project(cache.folder.path).compile_file(kept.path, kept.shown)
    assert facts(kept) == facts(plain)
    assert (kept.artifact, kept.head, kept.root) == (plain.artifact, plain.head, plain.root)
    assert kept.missing.keys() == cache.compile().missing.keys()


def test_rows_within_a_journey_are_not_looked_up_in_a_text_that_is_parsed_again(cache) -> None:
    rows = JOURNEY.replace("  inputs:", "  data: {rows: [{customer: ada}]}\n  inputs:")
    cache.folder.write("orders.journey.yaml", rows)
    assert not cache.compile().missing
    assert cache.compile().missing


def test_what_was_found_can_let_go_of_its_artifact_and_makes_it_again(cache) -> None:
    plain = Project(cache.folder.path).compile_file(
        cache.folder.path / "orders.journey.yaml", "orders.journey.yaml"
    )
    assert not plain.let_go()
    for found in (cache.compile(), cache.compile()):
        artifact = found.artifact
        assert artifact == plain.artifact
        assert found.let_go()
        assert found.let_go()
        assert found.artifact is not artifact
        assert found.artifact == artifact
    assert cache.count == 2


def test_an_environment_that_is_found_says_what_was_read(cache, monkeypatch) -> None:
    def read():
        with contextlib.closing(cache.project()) as project:
            files = project.library(cache.folder.path).environment_files
        return {name: (repr(each.data), each.path, each.shown) for name, each in files.items()}

    project = cache.project()
    first = project.library(cache.folder.path).environment_files
    project.write()
    monkeypatch.setattr("pytest_reqflo.syntax.library._read_environment", None)
    assert read() == {
        name: (repr(each.data), each.path, each.shown) for name, each in first.items()
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("orders.journey.yaml", JOURNEY + "# seen\n"),
        ("presets/gold.yaml", PRESET.replace("ada", "bob")),
        ("presets/other.yaml", "preset: {name: other, values: {}}"),
        ("templates/list.yaml", "template: {name: list, method: GET, url: /orders}"),
    ],
)
def test_what_compiling_reads_decides(cache, name, text) -> None:
    cache.compile()
    assert cache.is_found()
    cache.folder.write(name, text)
    assert not cache.is_found()
    assert cache.is_found()


def test_so_do_settings_and_those_who_compile(cache, monkeypatch) -> None:
    cache.compile()
    assert cache.is_found(adhoc="allow")
    with pytest.raises(JourneyError):
        cache.compile(adhoc="error")
    monkeypatch.setattr(known, "makers_digest", lambda: "another version")
    assert not cache.is_found()


def test_those_who_compile_are_told_apart_by_their_files() -> None:
    digest = makers.makers_digest()
    assert len(digest) == 64
    assert digest == makers.makers_digest.__wrapped__()
    names = [name for name, *_ in makers._stamps_of(Path(compiling.__file__).parent)]
    assert {"compile/compiler.py", "compile/compiling.py"} <= set(names)


def test_all_that_judges_a_file_tells_those_who_compile_apart() -> None:
    package = Path(compiling.__file__).parents[1]
    rooms = {Path(room) for room in makers._ROOMS}
    folders = {path.parent.relative_to(package) for path in package.rglob("*.py")}
    judging = {Path("syntax"), Path("compile"), Path("artifact"), Path("lang"), Path()}
    below = {each for each in folders if {each, *each.parents} & (judging - {Path()})}
    assert rooms == judging | below


@pytest.mark.parametrize(
    "step",
    [
        "- {id: a, request: {method: POST, url: /, body_file: body.txt}}",
        "- {id: a, request: {method: POST, url: /, body_base64: aGk=}}",
        "- {id: a, template: GET /, assertions: [{type: json_schema, file: s.json}]}",
        "- {id: a, request: {method: GET, url: /, headers: {x-on: 0123}}}",
    ],
)
def test_what_names_files_or_warns_is_compiled_each_time(cache, step) -> None:
    cache.folder.write("body.txt", "hi")
    cache.folder.write("s.json", "{}")
    cache.folder.write("orders.journey.yaml", f"journey:\n  name: A\n  steps:\n    {step}\n")
    compiled = cache.compile()
    assert compiled.blobs or compiled.has_read or compiled.warnings
    assert not cache.is_found()


def test_rows_are_looked_for_each_time(cache, tmp_path) -> None:
    text = (
        "journey: {name: A, inputs: [{name: n}], data: rows.csv, steps: [{id: a, template: GET /}]}"
    )
    cache.folder.write("orders.journey.yaml", text)
    rows = cache.folder.write("rows.csv", "n\n1\n")
    cache.compile()
    assert cache.compile().rows_file == rows
    assert cache.count == 1
    rows.unlink()
    with pytest.raises(JourneyError, match=r"`rows.csv` does not exist"):
        cache.compile()
    rows.symlink_to(tmp_path / "elsewhere.csv")
    (tmp_path / "elsewhere.csv").write_text("n\n1\n")
    with pytest.raises(JourneyError, match="lies outside"):
        cache.compile()


def test_rows_where_an_environment_keeps_secrets_are_refused_all_the_same(cache) -> None:
    text = (
        "journey: {name: A, inputs: [{name: n}], data: rows.csv, steps: [{id: a, template: GET /}]}"
    )
    cache.folder.write("orders.journey.yaml", text)
    cache.folder.write("rows.csv", "n\n1\n")
    cache.compile()
    secrets = "environment: {name: local, secrets: {providers: [dotenv], dotenv: ../rows.csv}}"
    cache.folder.write("environments/local.yaml", secrets)
    for _ in range(2):
        with pytest.raises(JourneyError, match="keeps secrets"):
            cache.compile()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("environments/local.yaml", ENVIRONMENT.replace("1.0", "2.0")),
        ("overlays/dark.yaml", "overlay: {name: dark}"),
        ("presets/notes.txt", "no preset"),
    ],
)
def test_what_compiling_never_asked_for_does_not(cache, name, text) -> None:
    cache.compile()
    cache.folder.write(name, text)
    assert cache.is_found()


@pytest.mark.parametrize(
    "step",
    [
        "{id: a, request: {method: POST, url: /, json_file: rows.json}}",
        "{id: a, template: GET /, assertions: [{type: body_equals, expected_file: rows.json}]}",
        "{id: a, template: GET /, assertions: [{type: json_schema, file: rows.json}]}",
    ],
)
def test_rows_that_a_step_reads_too_are_read_each_time(cache, step) -> None:
    text = f"journey: {{name: A, inputs: [{{name: n}}], data: rows.json, steps: [{step}]}}"
    cache.folder.write("orders.journey.yaml", text)
    cache.folder.write("rows.json", '{"n": 1}' if "schema" in step else '[{"n": 1}]')
    cache.compile()
    assert not cache.is_found()


def test_the_files_that_were_compiled_by_are_those_that_are_told(cache) -> None:
    """A template is read once: what it becomes and what it is known by are of the same bytes."""
    path = cache.folder.write(
        "templates/list.yaml", "template: {name: list, method: GET, url: /old}"
    )
    text = "journey: {name: A, steps: [{id: a, template: list}]}"
    cache.folder.write("orders.journey.yaml", text)
    project = cache.project()
    project.compile_file(cache.folder.path / "orders.journey.yaml", "orders.journey.yaml")
    path.write_text(path.read_text().replace("/old", "/new"))
    project.write()
    assert not cache.is_found()
    assert "/new" in repr(cache.compile().artifact)


def test_a_file_of_the_same_time_and_size_is_another_all_the_same(cache) -> None:
    path = cache.folder.write(
        "templates/list.yaml", "template: {name: list, method: GET, url: /old}"
    )
    text = "journey: {name: A, steps: [{id: a, template: list}]}"
    cache.folder.write("orders.journey.yaml", text)
    cache.compile()
    time_ns = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("/old", "/new"))
    os.utime(path, ns=(time_ns, time_ns))
    assert "/new" in repr(cache.compile().artifact)


def test_a_folder_that_leads_to_itself_matters_to_nobody_who_does_not_ask(cache) -> None:
    (cache.folder.path / "overlays").symlink_to("overlays")
    cache.compile()
    assert cache.is_found()


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_lines_may_end_as_they_like(cache, end) -> None:
    content = b"\xef\xbb\xbf" + JOURNEY.replace("\n", end).encode()
    cache.folder.write("orders.journey.yaml", content)
    first = facts(cache.compile())
    assert facts(cache.compile()) == first
    assert cache.count == 1


def test_a_journey_with_problems_is_told_each_time(cache) -> None:
    cache.folder.write("orders.journey.yaml", "journey: {name: A, steps: [{id: a}]}")
    told = []
    for _ in range(2):
        with pytest.raises(JourneyError) as raised:
            cache.compile()
        told.append([item.title for item in raised.value.diagnostics])
    assert told[0] == told[1]


# --- the file ------------------------------------------------------------------------------------


def test_only_its_owner_can_read_what_is_kept(cache) -> None:
    before = os.umask(0)
    try:
        cache.compile()
    finally:
        os.umask(before)
    modes = {
        path.name: oct(path.stat().st_mode & 0o777)
        for path in (cache.place, *cache.place.iterdir())
    }
    assert modes == {"reqflo": "0o700", "compiled-1.sqlite": "0o600"}


def _opened(cache: Cache) -> None:
    cache.place.chmod(0o755)


def _opened_file(cache: Cache) -> None:
    (cache.place / "compiled-1.sqlite").chmod(0o644)


def _linked(cache: Cache) -> None:
    cache.place.rename(cache.place.with_name("other"))
    cache.place.symlink_to("other")


def _damaged(cache: Cache) -> None:
    (cache.place / "compiled-1.sqlite").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)


def _cut(cache: Cache) -> None:
    path = cache.place / "compiled-1.sqlite"
    path.write_bytes(path.read_bytes()[:5000])


def _no_text(cache: Cache) -> None:
    with cache.database() as database:
        database.execute("UPDATE kept SET content = ?", (b"\xff",))


def _other_text(cache: Cache) -> None:
    with cache.database() as database:
        database.execute("UPDATE kept SET content = ?", ('{"head": {"name": 1}}',))


def _other_lines(cache: Cache) -> None:
    with cache.database() as database:
        database.execute(
            'UPDATE kept SET content = replace(content, \'"/journey": \', \'"/journey": "x", "": \')'
        )


def _no_day(cache: Cache) -> None:
    with cache.database() as database:
        database.execute("UPDATE kept SET day = 'today', seal = NULL")


def _emptied(cache: Cache) -> None:
    (cache.place / "compiled-1.sqlite").write_bytes(b"")


@pytest.mark.parametrize(
    "spoil",
    [
        _opened,
        _opened_file,
        _linked,
        _damaged,
        _cut,
        _no_text,
        _other_text,
        _other_lines,
        _no_day,
        _emptied,
    ],
)
def test_what_cannot_be_trusted_is_passed_by(cache, spoil) -> None:
    first = cache.compile()
    spoil(cache)
    assert facts(cache.compile()) == facts(first)
    assert cache.count == 2


def test_a_damaged_file_is_begun_anew(cache) -> None:
    cache.compile()
    _damaged(cache)
    cache.compile()
    cache.compile()
    assert cache.is_found()


def test_an_artifact_that_cannot_be_read_is_compiled_when_it_is_asked_for(cache) -> None:
    first = cache.compile()
    with cache.database() as database:
        ((key, content),) = database.execute("SELECT key, content FROM kept").fetchall()
    place = KeptInFolder(cache.place)
    place.keep(key, content.replace('"steps"', '"stips"'))
    place.write()
    second = cache.compile()
    assert cache.count == 1
    assert second.artifact == first.artifact
    assert cache.count == 2


def test_what_belongs_to_another_journey_is_passed_by(cache) -> None:
    cache.compile()
    cache.folder.write("other.journey.yaml", JOURNEY.replace("Orders", "Others"))
    cache.compile("other.journey.yaml")
    with cache.database() as database:
        (one, other) = database.execute("SELECT key, content, seal FROM kept").fetchall()
        for (key, *_), (_, *rest) in ((one, other), (other, one)):
            database.execute("UPDATE kept SET content = ?, seal = ? WHERE key = ?", (*rest, key))
    assert cache.compile().head.name == "Orders"
    assert cache.count == 3


def test_the_file_of_another_user_is_not_read(cache, monkeypatch) -> None:
    cache.compile()
    monkeypatch.setattr(kept_file.os, "geteuid", lambda: os.getuid() + 1)
    assert not cache.is_found()


def test_a_place_that_cannot_be_written_costs_nothing_but_time(cache) -> None:
    cache.place.parent.mkdir()
    cache.place.write_text("a file")
    cache.compile()
    assert not cache.is_found()
    assert cache.place.read_text() == "a file"


def test_what_nobody_uses_goes_and_what_is_used_stays(cache, monkeypatch) -> None:
    cache.compile()
    now = time.time()
    for days in (20, 40, 60):
        monkeypatch.setattr(kept_file.time, "time", lambda days=days: now + days * 86_400)
        assert cache.is_found()
    monkeypatch.setattr(kept_file.time, "time", lambda: now + 120 * 86_400)
    cache.folder.write("other.journey.yaml", JOURNEY.replace("Orders", "Others"))
    cache.compile("other.journey.yaml")
    with cache.database() as database:
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_no_more_is_kept_than_there_is_room_for(cache, monkeypatch) -> None:
    monkeypatch.setattr(kept_file, "MOST_ENTRIES", 3)
    for number in range(6):
        name = f"{number}.journey.yaml"
        cache.folder.write(name, JOURNEY.replace("Orders", f"Orders {number}"))
        cache.compile(name)
    with cache.database() as database:
        assert database.execute("SELECT count(*) FROM kept").fetchone() == (3,)


def test_a_very_large_journey_is_not_kept(cache) -> None:
    text = JOURNEY.replace("name: Orders", f"name: Orders\n  description: {'x' * 40_000}")
    cache.folder.write("orders.journey.yaml", text)
    assert not cache.compile().missing
    assert not cache.is_found()


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"XDG_CACHE_HOME": "/c", "HOME": "/h"}, "/c/reqflo"),
        ({"XDG_CACHE_HOME": "c", "HOME": "/"}, "/.cache/reqflo"),
        ({"HOME": "/"}, "/.cache/reqflo"),
        ({"HOME": "/no/home"}, None),
        ({"HOME": ""}, None),
        ({}, None),
    ],
)
def test_the_place_is_that_of_the_caches_of_the_person(variables, folder) -> None:
    assert find_cache_folder(variables) == (folder and Path(folder))


def test_a_python_without_sqlite_compiles_each_time(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "pytest_reqflo.compile.kept_file", None)
    assert open_kept({"HOME": "/"}, projects=()) is None


def test_a_place_within_the_project_is_none(tmp_path) -> None:
    """A change of a stranger may bring a file there, as private as ours where the umask says so."""
    (tmp_path / "link").symlink_to(tmp_path / "project")
    for place in ("project/.cache", "link/.cache", "project"):
        variables = {"XDG_CACHE_HOME": str(tmp_path / place)}
        assert open_kept(variables, projects=[tmp_path / "project"]) is None
    variables = {"XDG_CACHE_HOME": str(tmp_path / "other")}
    assert open_kept(variables, projects=[tmp_path / "project"]) is not None


def test_nothing_is_made_in_the_home_of_another(cache, monkeypatch) -> None:
    monkeypatch.setattr(kept_file.os, "geteuid", lambda: os.getuid() + 1)
    cache.compile()
    assert not cache.place.parent.exists()


def test_without_files_of_its_own_nobody_knows_who_compiled(monkeypatch) -> None:
    monkeypatch.setattr(makers, "__file__", "/no/archive.zip/pytest_reqflo/compile/makers.py")
    assert makers.makers_digest.__wrapped__() is None
