"""The codebook: each measure written down once, and the messages for faulty entries."""

from __future__ import annotations

import math

import pytest

from ec_maps import MEASURES
from ec_maps.errors import DataError, SettingError
from ec_maps.graphics import palette
from ec_maps.measures import Measure, measure_named, measures_in, read_codebook

HEAD = "key,title,file,columns,category,meaning,meaning_for,counts,unit,more,low_connection_end,tolerance,source\n"
GOOD = "height,Height,height,height_cm,,how tall,how tall {people} are,people,share,Taller.,low,0.01,us\n"


def test_the_headline_measure() -> None:
    """Economic connectedness is what the contract says it is, and comes first."""
    first = next(iter(MEASURES.values()))
    assert (first.key, first.columns, first.category) == (
        "economic_connectedness",
        ("high_ses_ratio",),
        "low_ses_users",
    )
    assert first.low_connection_end == "low"
    assert palette.colours(first) == palette.ice_colours()


def test_bias_is_purple_at_its_high_end() -> None:
    """More bias is less connection, so that the colours run the other way."""
    assert palette.colours(measure_named("bias")) == palette.ice_colours()[::-1]
    assert measure_named("bias").colours_in_words == "Purple is higher, white lower."


@pytest.mark.parametrize("measure", MEASURES.values(), ids=lambda measure: measure.key)
def test_every_entry_reads_well(measure: Measure) -> None:
    """Each entry has texts that fit into a sentence, for its own people and for others."""
    assert measure.meaning[0].islower()
    assert not measure.meaning.endswith(".")
    assert measure.more.endswith(".")
    other = measure.among("low_ses_users_25_to_34")
    assert other.meaning.endswith("people in the Atlas’s group “low_ses_users_25_to_34”")
    assert other.title.startswith(measure.title)
    assert measure.among(measure.category) is measure
    assert measure.tolerance > 0


@pytest.mark.parametrize(
    ("key", "value", "said", "short"),
    [
        ("economic_connectedness", 0.4716, "47.2%", "47.2"),
        ("bias", -0.031, "−3.1%", "−3.1"),
        ("activism_groups", 4.26, "4.3 per 1,000", "4.3"),
    ],
)
def test_values_in_words(key: str, value: float, said: str, short: str) -> None:
    """Shares are shown in per cent, rates as they are, and a missing value as no published estimate."""
    assert (measure_named(key).format(value), measure_named(key).short(value)) == (said, short)
    assert measure_named(key).format(math.nan) == "no published estimate"


def test_a_column_of_either_level() -> None:
    """Where districts and neighbourhoods name a column differently, either serves, and the level's own comes first."""
    groups = measure_named("activism_groups")
    lad, zipped, full = groups.columns
    assert groups.column_in([zipped], "lad") == zipped
    assert groups.column_in([zipped, lad], "lad") == lad
    assert groups.column_in([lad, zipped], "msoa") == zipped
    assert groups.column_in(["activism"], "msoa") is None
    assert groups.column_in(["zip_prediction", full, zipped], "msoa") == zipped
    assert groups.column_in(["zip_prediction_full", full, zipped], "msoa") == full


def test_bias_is_bias_beside_its_share_only() -> None:
    """Another file has a column of the same name, which is the bias of something else."""
    bias = measure_named("bias")
    assert bias.column_in(["average_bias", "high_ses_ratio"], "lad") == "average_bias"
    assert bias.column_in(["average_bias", "english_language_ratio"], "lad") is None


def test_which_measures_a_column_holds() -> None:
    """One column can hold several measures, for different groups of people; an unknown one holds none."""
    assert [m.key for m in measures_in("high_ses_ratio")] == ["economic_connectedness", "high_income_connectedness"]
    assert measures_in("zip_prediction_full") == []


def test_an_unknown_measure() -> None:
    """The message names the nearest measures and lists all."""
    with pytest.raises(SettingError, match=r"Perhaps volunteering.*The measures are: economic_connectedness, "):
        measure_named("voluntering")


def test_an_entry_without_a_column() -> None:
    """All faults of a codebook are reported at once, each with its line and key."""
    text = HEAD + GOOD.replace("height_cm", " ") + GOOD.replace("share", "miles").replace("0.01", "wide") + GOOD
    with pytest.raises(DataError) as caught:
        read_codebook(text, "a codebook")
    message = str(caught.value)
    assert message.startswith("Reading a codebook: line 2 (height) has nothing in columns")
    assert 'line 3 (height): unit is "miles", not share or gap or rate' in message
    assert 'line 3 (height): tolerance is "wide", not a number' in message
    assert "line 4 (height): there is another entry with this key" in message


def test_an_empty_codebook() -> None:
    """A codebook without entries is an error."""
    with pytest.raises(DataError, match="it has no entries"):
        read_codebook(HEAD, "a codebook")


def test_a_good_codebook() -> None:
    """Entries come back by key, in order."""
    found = read_codebook(HEAD + GOOD, "a codebook")
    assert found["height"].columns == ("height_cm",)
    assert found["height"].tolerance == 0.01
