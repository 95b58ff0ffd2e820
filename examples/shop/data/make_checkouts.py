"""Write `checkouts.csv`: 200 checkouts, each with what the shop must answer.

    python examples/shop/data/make_checkouts.py

The rows follow from their number alone, so that the file can be made again, byte for byte.
"""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

FILE = Path(__file__).with_name("checkouts.csv")
COLUMNS = [
    "order_ref", "customer_id", "sku", "quantity", "card",
    "expect_status", "expect_order", "expect_total", "expect_error",
]  # fmt: skip


def make_row(number: int) -> dict[str, object]:
    """Return one row; an empty text is an absent value."""
    product = number % 57 + 1
    if product % 10 == 0:  # These are sold out; only every tenth row asks for one on purpose.
        product += 1
    quantity = number % 5 + 1
    row: dict[str, object] = {
        "order_ref": f"ref-{number:03}",
        "customer_id": f"c-{number % 19 + 1:03}",
        "sku": f"sku-{product:03}",
        # Left out where it is 1: the input's default applies.
        "quantity": "" if quantity == 1 else quantity,
        "card": f"41111111{number:08}",
        "expect_status": 201,
        "expect_order": "true",
        "expect_total": f"{quantity * product * 2.5:g}",
    }
    return row | _refusal(number)


def _refusal(number: int) -> dict[str, object]:
    """Return what makes this row a refused one and what the shop answers; empty for a good one."""
    if number % 20 == 19:
        change: dict[str, object] = {"quantity": 0}
        status, error = 422, "bad_quantity"
    elif number % 10 == 3:
        change = {"customer_id": f"nobody-{number}"}
        status, error = 422, "unknown_customer"
    elif number % 10 == 5:
        change = {"card": "4000000000000002"}
        status, error = 402, "card_refused"
    elif number % 10 == 7:
        change = {"sku": f"sku-0{number // 10 % 5 + 1}0"}
        status, error = 409, "out_of_stock"
    else:
        return {}
    return change | {
        "expect_status": status, "expect_order": "false", "expect_total": "", "expect_error": error,
    }  # fmt: skip


def render() -> str:
    """Return the text of the file."""
    text = StringIO()
    writer = csv.DictWriter(text, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(make_row(number) for number in range(1, 201))
    return text.getvalue()


if __name__ == "__main__":
    FILE.write_text(render(), encoding="utf-8")
