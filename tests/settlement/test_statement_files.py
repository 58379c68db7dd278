"""Three layouts are read to the dong; a file with anything unclear in it is refused as a whole, by row and column."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import clock
from marketplace.settlement import statement_files
from marketplace.settlement.statement_files import MAX_ROWS, amount_of
from marketplace.settlement.statement_tables import MAX_BYTES, StatementRefused
from tests.settlement.statements import LAYOUT_A, LAYOUT_B, LAYOUT_C, OURS

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)


def read(text: str | bytes) -> statement_files.ParsedStatement:
    with clock.frozen(NOW):
        return statement_files.read(text.encode() if isinstance(text, str) else text)


def problems(text: str | bytes) -> list[tuple[str, int | None, str]]:
    with pytest.raises(StatementRefused) as refused:
        read(text)
    return [(problem.code, problem.row, problem.column) for problem in refused.value.problems]


def amounts(text: str | bytes) -> list[int]:
    return [row.amount for row in read(text).rows]


def test_two_amount_columns_with_a_reference() -> None:
    found = read(LAYOUT_A)
    assert (found.layout, found.account, found.opening, found.closing) == ("A", OURS, 1_000_000, 3_570_000)
    assert [(row.amount, row.reference) for row in found.rows] == [
        (120_000, "FT26324000001"),
        (-50_000, "FT26324000002"),
        (2_500_000, "FT26325000001"),
    ]
    assert found.rows[0].at == datetime(2026, 11, 20, 1, 15, 2, tzinfo=UTC) and found.rows[0].has_time
    assert found.rows[0].text == "MBVCB.327. OC7K2M9QX chuyen tien" and found.rows[0].row == 9


def test_one_signed_column() -> None:
    found = read(LAYOUT_B)
    assert (found.layout, found.account) == ("B", OURS)
    assert [row.amount for row in found.rows] == [120_000, -50_000, 1_000_000]
    assert found.rows[2].text == "tien hang dong hai" and found.rows[2].name == "LE VAN C"
    assert found.rows[0].other_account == "0123456789"


def test_days_without_time_and_reference() -> None:
    found = read(LAYOUT_C)
    assert (found.layout, [row.amount for row in found.rows]) == ("C", [120_000, 120_000, -11_000])
    assert not found.rows[0].has_time
    assert found.rows[0].at == datetime(2026, 11, 20, 17, tzinfo=UTC)


@pytest.mark.parametrize("layout", [LAYOUT_A, LAYOUT_B, LAYOUT_C])
def test_a_byte_order_mark_and_line_ends_of_windows_change_nothing(layout: str) -> None:
    windows = b"\xef\xbb\xbf" + layout.replace("\n", "\r\n").encode()
    assert read(windows).rows == read(layout).rows


def test_commas_and_semicolons_are_told_apart_by_the_header() -> None:
    assert amounts(LAYOUT_A.replace(";", "\t")) == amounts(LAYOUT_A)


def test_headings_without_marks_and_in_two_languages_are_known() -> None:
    bare = LAYOUT_A.replace("Ngày giao dịch", "NGAY GIAO DICH Transaction date").replace("Ghi nợ", "Nợ/Debit")
    assert amounts(bare) == amounts(LAYOUT_A)


def test_the_number_of_a_row_is_no_debit() -> None:
    numbered = LAYOUT_C.replace("STT", "No.")
    assert amounts(numbered) == amounts(LAYOUT_C)


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("120.000", 120_000), ("120,000", 120_000), ("120 000", 120_000), ("120000", 120_000), ("1.250.000", 1_250_000),
        ("1,250,000.00", 1_250_000), ("1.250.000,00", 1_250_000), ("120000.00", 120_000), ("-50.000", -50_000),
        ("(50.000)", -50_000), ("50.000-", -50_000), ("+50.000", 50_000), ("50.000 VND", 50_000), ("50.000 ₫", 50_000),
        ("−7.000", -7_000), ("0", 0),
    ],
)  # fmt: skip
def test_amounts_as_banks_write_them(written: str, amount: int) -> None:
    assert amount_of(written) == amount


@pytest.mark.parametrize(
    "written", ["", "abc", "1.5", "12,50", "1.25.000", "1,250.000", "1.2E+06", "--5", "5 5", "12.34.567", "1.250.00"]
)
def test_what_is_no_amount_is_not_guessed(written: str) -> None:
    assert amount_of(written) is None


@pytest.mark.parametrize(
    ("old", "new", "code", "column"),
    [
        ("20/11/2026 08:15:02", "2026-11-20", "statement_bad_day", "Ngày giao dịch"),
        ("20/11/2026 08:15:02", "31/02/2026 08:15", "statement_bad_day", "Ngày giao dịch"),
        ("20/11/2026 08:15:02", "20/11/2027", "statement_day_out_of_range", "Ngày giao dịch"),
        (";120.000;", ";12o.000;", "statement_bad_amount", "Ghi có"),
        (";;120.000;", ";5.000;120.000;", "statement_two_amounts", "Ghi có"),
        (";;120.000;", ";;;", "statement_amount_missing", "Ghi có"),
        (";;120.000;", ";;-120.000;", "statement_credit_negative", "Ghi có"),
        ("FT26324000001", "5.26E+15", "statement_reference_rewritten", "Số tham chiếu"),
        ("FT26324000001", "F" * 81, "statement_reference_too_long", "Số tham chiếu"),
    ],
)
def test_a_bad_row_is_named_with_its_column(old: str, new: str, code: str, column: str) -> None:
    assert problems(LAYOUT_A.replace(old, new, 1)) == [(code, 9, column)]


def test_every_bad_row_is_named_at_once() -> None:
    both = LAYOUT_A.replace(";120.000;", ";x;").replace("21/11/2026 10:30:00", "gestern")
    assert [row for _code, row, _column in problems(both)] == [9, 11]


def test_an_amount_whose_comma_parts_it_is_no_smaller_amount() -> None:
    head = f"Số tài khoản: {OURS}"
    table = "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Số dư,Nội dung\n"
    whole = f'{head}\n{table}20/11/2026,FT1,,"50,000",,OC7K2M9QX,\n'
    assert amounts(whole) == [50_000]
    assert problems(whole.replace('"', "").replace("OC7K2M9QX,", "OC7K2M9QX")) == [
        ("statement_more_cells", 3, "Nội dung"),
    ]  # fmt: skip


def test_a_header_that_each_page_repeats_is_passed_over() -> None:
    header = next(line for line in LAYOUT_A.split("\n") if line.startswith("Ngày giao dịch"))
    lines = LAYOUT_A.split("\n")
    place = lines.index(header) + 2
    assert amounts("\n".join([*lines[:place], "", header, *lines[place:]])) == amounts(LAYOUT_A)


def test_a_file_of_far_too_many_rows_is_refused_unread() -> None:
    bad = "20/13/2026;FT1;;x;;y\n"
    assert [code for code, *_ in problems(LAYOUT_A + bad * (MAX_ROWS + 300))] == ["statement_too_many_rows"]
    assert "statement_bad_day" in {code for code, *_ in problems(LAYOUT_A + bad * 3)}


def test_an_unknown_separator_is_no_known_layout() -> None:
    assert [code for code, *_ in problems(LAYOUT_A.replace(";", "|"))] == ["statement_layout_unknown"]


def test_one_reference_for_two_rows_is_refused() -> None:
    twice = LAYOUT_A.replace("FT26324000002", "FT26324000001")
    assert problems(twice) == [("statement_reference_twice", 10, "Số tham chiếu")]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("Tổng cộng;;50.000;", "Tổng cộng;;51.000;", "statement_total_differs"),
        ("Số dư cuối kỳ;;;;3.570.000;", "Số dư cuối kỳ;;;;3.570.001;", "statement_balance_differs"),
        ("Loại tiền:;VND", "Loại tiền:;USD", "statement_other_currency"),
        (f"Số tài khoản:;{OURS}", "Kỳ:;11", "statement_account_missing"),
        ("Ghi có", "Ghi chú", "statement_layout_unknown"),
        ("MBVCB.327.", '"MBVCB.327.', "statement_quotes"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(old: str, new: str, code: str) -> None:
    assert [found[0] for found in problems(LAYOUT_A.replace(old, new))] == [code]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (LAYOUT_A.encode("utf-16"), "statement_utf16"),
        (LAYOUT_A.encode("utf-16-le"), "statement_utf16"),
        ("Ngày giao dịch".encode("cp1258", "replace") + b"\xf0\xe2", "statement_not_utf8"),
        (b"PK\x03\x04\x00\x00", "statement_is_workbook"),
        (b"%PDF-1.7", "statement_is_workbook"),
        (b"", "statement_empty"),
        (b"x" * (MAX_BYTES + 1), "statement_too_large"),
        (b"Ngay;So tien\n", "statement_layout_unknown"),
        (LAYOUT_C.split("1;21")[0].encode(), "statement_without_rows"),
    ],
)
def test_what_is_no_statement_is_refused_by_name(content: bytes, code: str) -> None:
    assert [found[0] for found in problems(content)] == [code]


def test_a_text_below_the_table_is_left_alone_but_never_one_with_an_amount() -> None:
    assert problems(LAYOUT_C + "ghi chú;hôm qua;x;;5000\n") == [
        ("statement_bad_day", 7, "Ngày hiệu lực/Value date"),
    ]


# -- keys of rows without a reference --------------------------------------------------------------------------------

ROWS = st.lists(
    st.tuples(
        st.integers(0, 2), st.sampled_from([-120_000, 11_000, 120_000]), st.sampled_from(["", "OC7K2M9QX", "tiền hàng"])
    ),
    max_size=12,
)  # fmt: skip


def rows_of(facts: list[tuple[int, int, str]]) -> list[statement_files.StatementRow]:
    return [
        statement_files.StatementRow(n, NOW - timedelta(days=day), False, amount, text, "", "", "")
        for n, (day, amount, text) in enumerate(facts)
    ]


def keys(facts: list[tuple[int, int, str]]) -> list[str]:
    return [key for _row, key in statement_files.derived_keys(OURS, rows_of(facts))]


@given(facts=ROWS)
def test_each_row_has_a_key_of_its_own_and_the_same_one_again(facts: list[tuple[int, int, str]]) -> None:
    assert len(set(keys(facts))) == len(facts)
    assert keys(facts) == keys(facts)


@given(facts=ROWS, seed=st.integers(0, 9))
def test_the_order_of_rows_does_not_change_the_set_of_keys(facts: list[tuple[int, int, str]], seed: int) -> None:
    shuffled = random.Random(seed).sample(facts, len(facts))
    assert set(keys(shuffled)) == set(keys(facts))


@given(facts=ROWS, more=st.tuples(st.integers(0, 2), st.sampled_from([11_000, 120_000]), st.just("OC7K2M9QX")))
def test_one_more_row_is_one_more_key(facts: list[tuple[int, int, str]], more: tuple[int, int, str]) -> None:
    assert len(set(keys([*facts, more])) - set(keys(facts))) == 1
    assert set(keys(facts)) <= set(keys([*facts, more]))
