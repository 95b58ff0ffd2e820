"""Every fault that a durable run must outlive, and the tests that show it. The rows are numbered."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).parent

MATRIX = {
    (1, "kill -9 between the commit of a dispatch and the claim"): [
        "test_dispatch.test_a_killed_dispatcher"
    ],
    (2, "kill -9 of the dispatcher before its commit"): ["test_dispatch.test_a_killed_dispatcher"],
    (3, "kill -9 after the claim, before the first step"): [
        "test_killed_workers.test_after_the_claim_and_before_the_first_step"
    ],
    (4, "kill -9 after the commit of a step"): [
        "test_killed_workers.test_after_a_step_was_recorded"
    ],
    (5, "kill -9 within a step"): [
        "test_killed_workers.test_within_each_of_five_steps",
        "test_killed_workers.test_the_step_in_flight_follows_its_policy",
        "test_embedded.test_a_killed_run_goes_on_at_its_next_try_and_sends_the_same_bytes",
        "test_embedded.test_a_repeated_request_carries_the_same_idempotency_key",
        "test_embedded.test_what_must_not_be_sent_twice_is_reported_as_unknown",
        "test_parking.test_killed_within_the_request_after_a_long_wait",
    ],
    (6, "kill -9 between the result and the end of the workflow"): [
        "test_killed_workers.test_between_the_result_and_the_end_of_the_workflow"
    ],
    (7, "kill -9 of all workers"): ["test_killed_workers.test_all_workers"],
    (8, "kill -9 of the worker that takes over"): [
        "test_killed_workers.test_the_one_that_takes_over"
    ],
    (9, "a worker that is stopped for longer than its lease"): [
        "test_leases.test_one_that_was_stopped_wakes_up_to_leave"
    ],
    (10, "a run that always kills its worker"): [
        "test_ends.test_a_run_that_always_kills_its_worker_is_lost"
    ],
    (11, "on_interrupt: restart, fail"): ["test_ends.test_a_run_that_is_not_to_be_resumed"],
    (12, "Postgres falls and comes back"): [
        "test_database_faults.test_postgres_falls_and_comes_back",
        "test_database_faults.test_postgres_falls_while_a_dead_worker_is_taken_over",
    ],
    (13, "the network of a worker is cut"): [
        "test_leases.test_a_network_that_is_cut",
        "test_leases.test_one_of_two_is_cut_off_in_the_middle_of_200_runs",
        "test_leases.test_what_a_silent_session_of_a_dead_worker_holds",
        "test_database_faults.test_a_session_that_falls_silent_within_a_transaction",
    ],
    (14, "the network of a waiting client is cut"): [
        "test_cloud_client.test_a_client_that_is_cut_off_says_which_run_goes_on"
    ],
    (15, "the same dispatch twice"): [
        "test_dispatch.test_the_same_content_attaches_and_other_content_is_refused",
        "test_cloud_client.test_the_same_run_key_attaches_and_other_content_is_refused",
    ],
    (16, "two dispatchers with one key"): ["test_dispatch.test_two_dispatchers_with_one_key"],
    (17, "a full disk that is freed"): ["test_database_faults.test_a_full_disk_that_is_freed"],
    (18, "clocks that are off, or set"): [
        "test_leases.test_clocks_of_workers_that_are_off",
        "test_leases.test_a_clock_that_is_set_while_a_run_is_under_way",
        "test_leases.test_the_clock_of_a_client_that_is_off",
    ],
    (19, "workers of another version"): [
        "test_leases.test_another_version_leaves_runs_and_workers_to_their_own"
    ],
    (20, "an artifact that was altered"): ["test_ends.test_an_altered_artifact_is_not_executed"],
    (21, "a result or step that is altered or missing"): [
        "test_ends.test_records_are_refused_to_change_and_what_was_changed_is_named",
        "history.test_history.test_verify_names_what_was_tampered_with",
        "test_roles.test_no_role_changes_or_deletes_a_record",
        "test_roles.test_not_even_the_owner_changes_a_record_while_the_triggers_are_on",
    ],
    (22, "a pickled row"): ["test_ends.test_a_pickled_row_runs_no_code"],
    (23, "a secret that is missing, rotated, or of another key"): [
        "test_cloud_secrets.test_missing_rotated_and_of_another_key",
        "test_cloud_secrets.test_another_master_key_keeps_old_runs_and_secrets_readable",
        "test_cloud_keeping.test_a_secret_that_is_missing_or_deleted_ends_the_run_before_anything_is_sent",
        "test_keys.test_a_record_that_cannot_be_read",
    ],
    (24, "many rows, workers killed again and again"): [
        "test_many_rows.test_each_row_ends_once_whoever_is_killed"
    ],
    (25, "many processes on one SQLite file"): [
        "test_one_file.test_pytest_processes_and_their_workers_share_a_file",
        "test_database_faults.test_several_processes_make_and_use_one_new_file",
    ],
    (26, "two workers see one instant, one skewed, one restarted"): [
        "test_schedules.test_two_workers_one_skewed_one_restarted_at_the_instant"
    ],
    (27, "cancelled while queued, in a step, when finished"): [
        "test_ends.test_cancelled_while_queued_in_a_step_and_when_finished"
    ],
    (28, "SIGTERM within a long step"): [
        "test_leases.test_told_to_end_it_finishes_what_is_under_way",
        "test_leases.test_told_to_end_it_leaves_a_long_step_to_another_at_once",
    ],
    (29, "a fork of a process that carries out runs"): [
        "test_database_faults.test_a_fork_of_a_process_that_carries_out_runs"
    ],
}


def names_in(module: str) -> set[str]:
    """Return the names of the tests of a module below this folder."""
    path = HERE / f"{module.replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: str(row[0]))
def test_each_fault_has_its_tests(row):
    named = [test.rpartition(".") for test in MATRIX[row]]
    assert named
    missing = [name for module, _, name in named if name not in names_in(module)]
    assert missing == []


def test_no_fault_is_left_out():
    assert [number for number, _ in MATRIX] == list(range(1, 30))
