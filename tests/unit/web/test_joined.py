"""Lists of several places are one list: by time, each run once, and nothing is passed over."""

from __future__ import annotations

import itertools

from pytest_reqflo.web.joined import JoinedSource, merge_journeys, merge_versions
from pytest_reqflo.web.source import ListedRun, RunPage, RunQuery, SeenJourney, SeenVersion


class Listed:
    """A source of runs at these times, that looks at so many of them for one answer."""

    def __init__(self, runs, looks_at=100):
        order = sorted(runs.items(), key=lambda run: (-run[1], run[0]))
        self.all = [ListedRun(at=at, run_id=run_id, line={"id": run_id}) for run_id, at in order]
        self.looks_at = looks_at

    def runs(self, query):
        rest = [run for run in self.all if not query.before or _after(run.key, query.before)]
        looked_at = rest[: min(self.looks_at, query.limit)]
        is_end = len(looked_at) == len(rest)
        return RunPage(tuple(looked_at), None if is_end else looked_at[-1].key)

    def which(self, run_ids):
        return frozenset(run_ids) & {run.run_id for run in self.all}


def _after(key, before):
    return (-key[0], key[1]) > (-before[0], before[1])


def read_all(source, limit):
    before = None
    for _ in range(100):
        page = source.runs(RunQuery(limit=limit, before=before))
        assert len(page.runs) <= limit
        yield from (run.run_id for run in page.runs)
        before = page.stopped_at
        if before is None:
            return
    raise AssertionError("the list has no end")


def test_pages_of_several_places_are_one_list_however_far_each_looks():
    one = {"a": 9.0, "c": 7.0, "e": 5.0, "f": 5.0, "x": 1.0}
    other = {"b": 8.0, "d": 6.0, "g": 5.0, "c": 2.0}
    for limit, looks_at in itertools.product((1, 2, 3, 50), (1, 2, 50)):
        source = JoinedSource([Listed(one, looks_at), Listed(other, looks_at)])
        assert list(read_all(source, limit)) == ["a", "b", "c", "d", "e", "f", "g", "x"]


def test_a_journey_of_two_places_is_one_and_the_one_that_ran_last_is_first():
    database = SeenJourney(
        id="pay", last_at=4.0, outcomes={"passed": 2},
        recent=((4.0, "r4", "passed"), (2.0, "r2", "passed")), environments=("staging",),
    )  # fmt: skip
    kept = SeenJourney(
        id="pay", name="Pay", last_at=3.0, outcomes={"failed": 1}, recent=((3.0, "r3", "failed"),)
    )
    assert merge_journeys([database, SeenJourney(id="new", last_at=9.0), kept]) == (
        SeenJourney(id="new", last_at=9.0),
        SeenJourney(
            id="pay", name="Pay", last_at=4.0, outcomes={"passed": 2, "failed": 1},
            recent=((4.0, "r4", "passed"), (3.0, "r3", "failed"), (2.0, "r2", "passed")),
            environments=("staging",),
        ),
    )  # fmt: skip


def test_a_version_has_its_number_from_the_folder_and_its_time_from_the_database():
    database = [SeenVersion(artifact="a1", seen_at=1.0), SeenVersion(artifact="a3", seen_at=3.0)]
    folder = [
        SeenVersion(artifact="a1", number=1, name="Pay"),
        SeenVersion(artifact="a2", number=2),
    ]
    assert merge_versions([*database, *folder]) == (
        SeenVersion(artifact="a2", number=2),
        SeenVersion(artifact="a1", number=1, name="Pay", seen_at=1.0),
        SeenVersion(artifact="a3", seen_at=3.0),
    )
