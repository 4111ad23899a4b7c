"""CSV files for people: as Excel of their language reads them, and without formulas, whatever it splits them by."""

import csv
import io
import re

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from endpoints.messages import spreadsheet

SEPARATORS = {"en": ",", "de": ";"}
FORMULAS = "=+-@＝＋－＠"


def row(*cells, language="en"):
    with translation.override(language):
        return spreadsheet.csv_row(cells)


def test_a_file_begins_with_a_byte_order_mark_by_which_excel_reads_any_script():
    assert spreadsheet.csv_head(["Größe", "東京"]).encode() == b"\xef\xbb\xbf" + "Größe,東京\r\n".encode()


def test_numbers_have_the_decimal_mark_of_the_language_and_cells_the_separator_that_goes_with_it():
    cells = ("a,b", "c;d", 0.95, -3, None)
    assert row(*cells) == '"a,b",c;d,0.95,-3,\r\n'
    assert row(*cells, language="de") == 'a,b;"c;d";0,95;-3;\r\n'


@pytest.mark.parametrize("begin", FORMULAS)
@pytest.mark.parametrize("language", SEPARATORS)
@pytest.mark.parametrize("before", ["", " ", '"', "price;", "price; ", 'price;"', "price\n", "price\t "])
def test_a_text_is_no_formula_at_its_beginning_nor_behind_another_separator(begin, language, before):
    (found,) = next(
        csv.reader(io.StringIO(row(f"{before}{begin}1+1", language=language)), delimiter=SEPARATORS[language])
    )
    assert re.search(rf"'[\s\"]*{re.escape(begin)}1", found), found


def test_what_is_no_formula_stays_as_it_is():
    for text in ("Twenty-one", "a = b", "x; y", "me@example.org", "5 - 3, -2", ""):
        assert row(text) == row(text).replace("'", "")


@given(st.lists(st.text(alphabet=st.sampled_from("=+-@;,\t\n\" 'a1"), max_size=9), min_size=1, max_size=3))
def test_however_a_row_is_split_no_cell_of_it_is_a_formula(texts):
    for language, separator in SEPARATORS.items():
        line = row(*texts, language=language)
        for other in {",", ";", "\t"}:
            if other == "," and separator == ",":
                continue
            for cells in csv.reader(io.StringIO(line, newline=""), delimiter=other):
                assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for cell in cells), (line, cells)
        (cells,) = csv.reader(io.StringIO(line, newline=""), delimiter=separator)
        assert len(cells) == len(texts)
