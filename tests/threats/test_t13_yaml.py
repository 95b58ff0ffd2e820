"""T13: hostile YAML is a collection error, and what it costs grows with its size and no faster.

Work is counted, not timed: how often the reader takes a part of the file, and how often it compares names.
"""

from __future__ import annotations

import pytest
from threats import Target, grown_mib

from pytest_reqflo import diagnostic
from pytest_reqflo.diagnostic import MAX_PROBLEMS
from pytest_reqflo.errors import JourneyError
from pytest_reqflo.source import SourceText
from pytest_reqflo.syntax import load
from pytest_reqflo.syntax.load import FAST_LOADER, PURE_LOADER, parse_yaml


def bomb(levels: int = 12, width: int = 9) -> str:
    lines = [f"x0: &a0 [{', '.join(['1'] * width)}]"]
    lines += [f"x{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join([*lines, f"journey: {{name: x, steps: [*a{levels - 1}]}}\n"])


HOSTILE = {
    "bomb": (bomb(), "RF102"),
    "bomb_of_mappings": (bomb().replace("[1, 1", "[{a: 1}, 1"), "RF102"),
    "wide_bomb": (f"a: &a [{'1, ' * 400}]\nb: [{'*a, ' * 400}]\n", "RF102"),
    "bomb_of_text": (f"a: &a {'x' * 900_000}\nb: [{'*a, ' * 30_000}]\n", None),
    "anchor_in_anchor": ("a: &a [*a]\n", "RF108"),
    "anchors_across": ("a: &a {b: &b [1]}\nc: [*a, *b]\n", None),
    "anchor_again": ("a: &a 1\nb: &a 2\nc: *a\n", None),
    "alias_as_key": ("a: &a b\n*a : 1\n", None),
    "flow_200_000": ("[" * 200_000, "RF102"),
    "mappings_20_000": ("{a: " * 20_000, "RF102"),
    "dashes_20_000": ("- " * 20_000 + "x", "RF102"),
    "block_1_300": ("".join(" " * n + "a:\n" for n in range(1_300)), "RF102"),
    "depth_by_alias": ("a: &a " + "[" * 40 + "]" * 40 + "\nb: " + "[" * 40 + "*a" + "]" * 40, "RF102"),
    "values_100_001": ("[" + "1," * 100_001 + "]", "RF102"),
    "keys_60_000": ("".join(f"k{n}: 1\n" for n in range(60_000)), "RF102"),
    "size": ("# " + "x" * 1024 * 1024, "RF102"),
    "digits": ("a: " + "9" * 5_000, "RF102"),
    "digits_hex": ("a: 0x" + "f" * 5_000, "RF102"),
    "exponent": ("a: 1e999999999", "RF102"),
    "merge": ("a: &a {b: 1}\nc: {<<: *a}\n", "RF108"),
    "merge_list": ("a: &a {b: 1}\nc: {<<: [*a, *a]}\n", "RF108"),
    "tag": ("a: !!python/name:os.system x\n", "RF108"),
    "tag_prefix": ("%TAG !e! tag:evil,2000:\n---\na: !e!x 1\n", "RF108"),
    "set": ("a: !!set {b}\n", "RF108"),
    "twice": ("a: 1\nb: 2\na: 3\n", "RF103"),
    "twice_spelled": ('a: 1\n"\\x61": 2\n', "RF103"),
    "two_documents": ("a: 1\n---\nb: 2\n", "RF108"),
    "list_key": ("[a, b]: 1\n", "RF108"),
    "nan": ("a: .nan\n", "RF108"),
}  # fmt: skip


SLOW_IN_PYTHON = ("values_100_001", "keys_60_000")
READINGS = [
    *(pytest.param(name, FAST_LOADER, id=f"{name}-fast") for name in HOSTILE),
    *(
        pytest.param(name, PURE_LOADER, id=f"{name}-pure")
        for name in HOSTILE
        if name not in SLOW_IN_PYTHON
    ),
]


@pytest.mark.parametrize(("name", "loader"), READINGS)
def test_a_hostile_text_is_read_or_refused_with_its_code(name, loader) -> None:
    text, code = HOSTILE[name]
    try:
        parse_yaml(SourceText("x.yaml", text), loader=loader)
        found = None
    except JourneyError as error:
        found = error.diagnostics[0].code
    assert found == code


def _count(monkeypatch, owner, name: str) -> list[int]:
    counted = [0]
    real = getattr(owner, name)

    def counting(*arguments, **options):
        counted[0] += 1
        return real(*arguments, **options)

    monkeypatch.setattr(owner, name, counting)
    return counted


@pytest.mark.parametrize("name", ["bomb", "flow_200_000", "values_100_001", "bomb_of_mappings"])
def test_reading_stops_at_the_limit_and_not_at_the_end(monkeypatch, name) -> None:
    taken = _count(monkeypatch, load, "_take")
    test_a_hostile_text_is_read_or_refused_with_its_code(name, FAST_LOADER)
    assert taken[0] <= 100_010


def _many(count: int) -> dict[str, str]:
    head = "journey:\n  name: x\n"
    numbers = range(count)
    steps = f"{head}  steps:\n"
    return {
        "unknown_keys": head + "".join(f"  stepz{n}: 1\n" for n in numbers),
        "one_line": "journey: {name: x, " + "".join(f"z{n}: 1, " for n in numbers) + "}\n",
        "wrong_steps": steps + "  - 7\n" * count,
        "unknown_step_keys": steps + "  - {tmplate: GET /}\n" * count,
        "same_ids": steps + "  - {id: a, template: GET /}\n" * count,
        "same_keys": "journey: {" + "a: 1, " * count + "}\n",
        "tags": "journey: [" + "!t x, " * count + "]\n",
        "unknown_aliases": "journey: [" + "*n , " * count + "]\n",
        "bare_expressions": "journey:\n" + "  a: {{ a }}\n" * count,
        "assertions": f"{steps}  - id: a\n    template: GET /\n    assertions:\n" + "    - {type: nope}\n" * count,
        "undeclared": f"{steps}  - id: a\n    template: GET /\n    values:\n"
        + "".join(f"      q{n}: '{{{{ inputs.nope{n} }}}}'\n" for n in numbers),
        "one_text": f"{steps}  - {{id: a, template: GET /, values: {{q: '" + "".join(f"{{{{ inputs.n{n} }}}}" for n in numbers) + "'}}\n",
        "forward": f"{steps}" + "".join(f"  - {{id: s{n}, template: GET /, values: {{q: '{{{{ steps.s{n + 1}.status }}}}'}}}}\n" for n in numbers),
        "reserved_tags": f"{head}  steps: [{{template: GET /}}]\n  tags: [" + "skip, " * count + "]\n",
        "cases": f"{head}  steps: [{{template: GET /}}]\n  cases:\n" + "".join(f"  - {{name: c{n}, values: {{zz: 1}}}}\n" for n in numbers),
        "overlays": f"{head}  steps: [{{template: GET /}}]\n  overlays: [" + "".join(f"x{n}, " for n in numbers) + "]\n",
    }  # fmt: skip


@pytest.mark.parametrize("name", _many(1))
def test_a_file_of_mistakes_tells_a_hundred_and_looks_for_few_more(
    tmp_path, monkeypatch, name
) -> None:
    compared = _count(monkeypatch, diagnostic.difflib, "get_close_matches")
    found = Target(tmp_path).diagnostics(_many(2_500)[name])
    assert len(found) == MAX_PROBLEMS + 1
    assert (found[-1].code, "more problem" in found[-1].title) == ("RF102", True)
    assert compared[0] <= 8 * MAX_PROBLEMS


def test_a_file_with_a_hundred_problems_tells_them_all(tmp_path) -> None:
    found = Target(tmp_path).codes(_many(MAX_PROBLEMS)["wrong_steps"])
    assert found == ["RF106"] * MAX_PROBLEMS


def test_the_memory_of_a_bomb_is_bounded(tmp_path) -> None:
    """342 bytes that PyYAML turns into 312 MB, and the largest file that is let pass."""
    imports = "import sys\nfrom pytest_reqflo.errors import JourneyError\nfrom pytest_reqflo.source import SourceText\nfrom pytest_reqflo.syntax.load import parse_yaml"
    work = "try: parse_yaml(SourceText('x', open(sys.argv[1]).read()))\nexcept JourneyError: print('refused')"
    (tmp_path / "bomb").write_text(bomb())
    (tmp_path / "full").write_text("[" + "12345678, " * 99_000 + "]")
    assert grown_mib(imports, work, str(tmp_path / "bomb")) < 60
    assert grown_mib(imports, work, str(tmp_path / "full")) < 120
