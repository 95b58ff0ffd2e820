from __future__ import annotations

import pytest

from pytest_reqflo.artifact.codec import journey_short_id
from pytest_reqflo.cli.find import find_journey, find_journey_files
from pytest_reqflo.errors import UsageProblem


@pytest.fixture
def project(tmp_path, monkeypatch):
    files = {
        "journeys/orders.yaml": "journey:\n  name: Create Orders\n  steps: [\n",
        "journeys/tickets.yaml": "journey:\n  name: Read tickets\n  id: tickets\n",
        "journeys/copy.yaml": "journey:\n  name: Pay\n",
        "journeys/again.yaml": "journey:\n  name: Pay\n",
        "journeys/notes.yaml": "notes: 1\n",
        ".reqflo/old.journey.yaml": "journey: {name: Hidden}\n",
        "node_modules/x.journey.yaml": "journey: {name: Hidden}\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    "wanted", ["Read tickets", "tickets", journey_short_id("tickets"), "journeys/tickets.yaml"]
)
def test_a_journey_is_found_by_each_of_its_names(project, wanted):
    found = find_journey(wanted, project)
    assert (found.path.name, found.name, found.id) == ("tickets.yaml", "Read tickets", "tickets")


def test_an_unknown_journey_names_the_nearest_and_what_could_not_be_read(project):
    with pytest.raises(UsageProblem) as caught:
        find_journey("ticket", project)
    found = caught.value.diagnostics[0]
    assert found.code == "RF802"
    assert found.notes == ("not readable: journeys/orders.yaml",)
    assert found.hint.startswith("did you mean `tickets`?")


def test_a_name_that_two_journeys_have_is_refused(project):
    with pytest.raises(UsageProblem) as caught:
        find_journey("Pay", project)
    found = caught.value.diagnostics[0]
    assert found.title == "2 journeys are called `Pay`"
    assert found.notes == ("in journeys/again.yaml", "in journeys/copy.yaml")


def test_folders_are_walked_and_files_are_taken_as_they_are(project):
    paths = [project / "journeys/notes.yaml", project, project / "journeys/copy.yaml"]
    assert [path.name for path in find_journey_files(paths)] == [
        "notes.yaml", "again.yaml", "copy.yaml", "orders.yaml", "tickets.yaml"
    ]  # fmt: skip


def test_a_name_that_no_file_system_takes_is_just_not_found(project):
    for wanted in ("a\0b", "x" * 5000):
        with pytest.raises(UsageProblem):
            find_journey(wanted, project)
