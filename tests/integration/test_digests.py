"""The same journey has the same digest everywhere.

The digests are on record, and the suite runs on every interpreter: that they agree shows that two
interpreters agree. `--update-golden` records them anew.
"""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from pytest_reqflo.compile.project import Project
from pytest_reqflo.syntax.load import load_document

ROOT = Path(__file__).parents[2]
SUITES = {"docs": ROOT / "docs" / "examples", "shop": ROOT / "examples" / "shop"}
GOLDEN = ROOT / "tests" / "golden" / "artifacts" / "digests.json"


def digests_of(folder):
    project = Project(folder)
    return {
        path.name: project.compile_file(path, path.name).digest
        for path in sorted(folder.rglob("*.journey.yaml"))
    }


def shuffled(node, chance):
    """Return *node* with the keys of every mapping in another order, where order means nothing."""
    if isinstance(node, dict):
        keys = list(node)
        chance.shuffle(keys)
        return {key: shuffled(node[key], chance) for key in keys}
    if isinstance(node, list):
        return [shuffled(item, chance) for item in node]
    return node


@pytest.mark.parametrize("suite", SUITES)
def test_digests_are_those_on_record(suite, request):
    record = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    found = digests_of(SUITES[suite])
    if request.config.getoption("update_golden"):
        GOLDEN.write_text(json.dumps({**record, suite: found}, indent=2, sort_keys=True) + "\n")
        record = json.loads(GOLDEN.read_text())
    assert found == record[suite]


@pytest.mark.parametrize("suite", SUITES)
def test_folder_comments_and_key_order_change_nothing(suite, tmp_path):
    folder = shutil.copytree(SUITES[suite], tmp_path / "elsewhere")
    chance = random.Random(7)
    for path in folder.rglob("*.yaml"):
        if "journey" in path.name or path.parent.name in ("templates", "presets", "overlays"):
            data = shuffled(load_document(path, path.name)[0].data, chance)
            # JSON is YAML; only the root key must stand at the beginning of a line.
            parts = "\n".join(f"{key}: {json.dumps(item)}" for key, item in data.items())
            path.write_text(f"# written anew\n{parts}\n# the end\n", encoding="utf-8")
    assert digests_of(folder) == digests_of(SUITES[suite])


def test_names_of_people_change_nothing_and_a_template_changes_its_users(tmp_path):
    folder = shutil.copytree(SUITES["docs"], tmp_path / "docs")
    before = digests_of(folder)
    first = folder / "journeys" / "first.journey.yaml"
    first.write_text(
        first.read_text().replace(
            "  steps:\n",
            "  id: create-and-find-an-order\n  owner: team\n  tags: [x]\n  steps:\n",
            1,
        )
    )
    template = folder / "templates" / "create-order.yaml"
    template.write_text(template.read_text().replace("5000", "4000"))
    after = digests_of(folder)
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"{name}.journey.yaml" for name in ("cases", "cleanup", "first", "rows")}
