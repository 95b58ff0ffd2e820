"""Rows of a data-driven journey against the same requests in hand-written pytest and httpx.

    python benchmarks/rows.py [ROWS] [ROUNDS]

Both suites run whole, in turn, against one loopback server; the figures are ratios of wall and CPU time of one round,
and their median. Absolute times say nothing on a shared machine. The server shares the cores.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "docs" / "examples"))
from demo_server import running_shop

JOURNEY = """\
journey:
  name: Order a row
  inputs: [{name: quantity, type: integer}]
  data: rows.csv
  steps:
    - id: create
      request: {method: POST, url: /orders, json: {customer: c-1, quantity: "{{ inputs.quantity }}"}}
      assertions:
        - {type: status_code, expected: 201}
        - {type: json_path, path: $.order.quantity, expected: "{{ inputs.quantity }}"}
"""

MODULE = """\
import csv, httpx, pytest
CLIENT = httpx.Client(base_url="@URL@")
ROWS = [int(row["quantity"]) for row in csv.DictReader(open("rows.csv"))]

@pytest.mark.parametrize("quantity", ROWS)
def test_row(quantity):
    answer = CLIENT.post("/orders", json={"customer": "c-1", "quantity": quantity})
    assert answer.status_code == 201
    assert answer.json()["order"]["quantity"] == quantity
"""


def write_suites(folder: Path, url: str, rows: int) -> None:
    """Write the journey and the module, with the same rows."""
    (folder / "pytest.ini").write_text("[pytest]\n")
    numbers = "\n".join(str(number) for number in range(1, rows + 1))
    (folder / "rows.csv").write_text(f"quantity\n{numbers}\n")
    (folder / "rows.journey.yaml").write_text(JOURNEY)
    (folder / "test_rows.py").write_text(MODULE.replace("@URL@", url))
    (folder / "environments").mkdir()
    (folder / "environments" / "local.yaml").write_text(
        f"environment: {{name: local, services: {{orders: {{base_url: '{url}'}}}}}}\n"
    )


def measure(folder: Path, file: str) -> tuple[float, float]:
    """Return wall and CPU seconds of one whole pytest process over *file*."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        file,
    ]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the ratios of each round and their medians."""
    given = [int(text) for text in sys.argv[1:3]]
    rows, rounds = (*given, *(1000, 5)[len(given) :])
    ratios: list[tuple[float, float]] = []
    with tempfile.TemporaryDirectory() as name, running_shop() as url:
        folder = Path(name)
        write_suites(folder, url, rows)
        for number in range(1, rounds + 1):
            ours, theirs = measure(folder, "rows.journey.yaml"), measure(folder, "test_rows.py")
            ratios.append((ours[0] / theirs[0], ours[1] / theirs[1]))
            print(f"round {number}: wall {ratios[-1][0]:.2f}, CPU {ratios[-1][1]:.2f}")
    wall, cpu = (statistics.median(values) for values in zip(*ratios, strict=True))
    print(f"{rows} rows, journey / parametrize + httpx, median: wall {wall:.2f}, CPU {cpu:.2f}")


if __name__ == "__main__":
    main()
