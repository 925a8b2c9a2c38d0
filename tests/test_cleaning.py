from __future__ import annotations

import pandas as pd
import pytest

from ec_maps.cleaning import (
    clean,
    clean_code,
    clean_header,
    clean_number,
    cleaned_values,
    code_notes,
    odd_characters,
    printable,
)

WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in "E0123456789.,-"}


@pytest.mark.parametrize(
    "text",
    [
        *("E06000001", " e06000001\t", "E06 000 001", "\ufeffE06000001", "E06000001\u00a0", "\u200bE06000001\u200d"),
        *("E06\u00ad000001", "\u202aE06000001\u202c", "E06000001\ufe0f", "E06000001".translate(WIDE), "'E06000001"),
        *('"E06000001"', "“E06000001”", '="E06000001"', "E06000001\r\n", "\u3000E06000001"),
    ],
)
def test_a_code_in_many_forms(text: str) -> None:
    """Spaces, invisible and full-width characters, quotes, Excel's formulas and small letters make no other code."""
    assert clean_code(text) == "E06000001"


def test_codes_that_are_none_stay() -> None:
    """A sign for a missing value is an empty code; what looks like a code and is none is left to be refused."""
    assert [clean_code(text) for text in ("", " n/a", "NA", "-", "\u200b")] == [""] * 5
    assert clean_code("\u0415\u043006000001") == "\u0415\u041006000001"
    assert odd_characters("\u041506000001") == "cyrillic capital letter ie (U+0415)"


def test_names_keep_their_letters() -> None:
    """A name keeps accents, dashes and apostrophes; only spaces and what cannot be seen go, whatever its form."""
    assert clean("\ufeff Ynys  M\u00f4n\u00a0") == clean("Ynys Mo\u0302n") == "Ynys Môn"
    assert clean("King´s Lynn") == "King's Lynn"
    assert clean("Tŷ Cam – St. Helen’s") == "Tŷ Cam – St. Helen’s"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        *(("LAD21CD", "lad21cd"), ("\ufefflad_code", "lad_code"), (" High SES-ratio\u00a0", "high_ses_ratio")),
        *(("\u200blad_code", "lad_code"), ('"ds"', "ds"), ("Unnamed: 0", "unnamed:_0"), ("", "")),
    ],
)
def test_headers(text: str, name: str) -> None:
    """A header is known in any case, with spaces or hyphens for underscores, behind a byte order mark."""
    assert clean_header(text) == name


@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("1,234", "1234"), ("1 234 567.5", "1234567.5"), ("1\u202f234", "1234"), ("−0.5", "-0.5"), ("–3", "-3")),
        *(
            ("12,345.6%", "12345.6%"),
            ("£1,234", "£1234"),
            ("0.41\u00a0", "0.41"),
            ("1,234.5".translate(WIDE), "1234.5"),
        ),
    ],
)
def test_numbers(text: str, number: str) -> None:
    """Thousands separators, odd spaces, minus signs and full-width digits are read as what they mean."""
    assert clean_number(text) == number


@pytest.mark.parametrize("text", ["0,41", "0,410", "1,23", "1,2345", "1,234,5", "1.234,5", "3–5"])
def test_numbers_that_could_mean_two_things_stay(text: str) -> None:
    """A decimal comma is never taken for a thousands separator; a range is no number."""
    assert clean_number(text) == text
    with pytest.raises(ValueError, match="cannot be read as numbers"):
        cleaned_values(pd.Series([text]), "v")


def test_values_with_exponents_and_wide_signs() -> None:
    """Numbers as programs write small ones, and full-width per cent signs, are read."""
    assert cleaned_values(pd.Series(["6.5E-05", "1e3", "2"]), "v").numbers.tolist() == [6.5e-05, 1000, 2]
    found = cleaned_values(pd.Series(["45\uff05", "3 %"]), "v")
    assert (found.numbers.tolist(), found.unit) == ([45, 3], "%")


def test_notes_name_the_character_and_the_place() -> None:
    """One note counts what was plain, another names the first character that nobody sees, the code and the place."""
    raw = ["e06000001", "E06000002\u200b", "\ufeffE06000003", "E06000004", ""]
    plain, odd = code_notes(raw, map(clean_code, raw), [f"line {number}" for number in range(2, 7)])
    assert plain == "1 code was in lower case, quoted or had spaces; corrected."
    assert odd == (
        "2 codes had characters that do not belong there: the first is zero width space (U+200B) in E06000002, line 3; "
        "corrected."
    )
    assert code_notes(["E06000001"], ["E06000001"], ["line 2"]) == []


@pytest.mark.parametrize("text", ["\x1b[2Jred\x07", "r\x00e\x7fd", "\x9b2Jred", "\u202ered\u200b"])
def test_nothing_commands_a_terminal(text: str) -> None:
    """Control characters and those that turn text round are left out of names; line ends and tabs stay."""
    assert not set(printable(text)) & set("\x1b\x07\x00\x7f\x9b\u202e\u200b")
    assert printable("a\n\tb") == "a\n\tb"
