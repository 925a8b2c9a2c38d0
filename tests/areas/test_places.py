from __future__ import annotations

import contextlib
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.areas.finder import find_place, find_places, find_region, gazetteer_of, search_places
from ec_maps.areas.places import Place, read_places, slug
from ec_maps.errors import PlaceError
from ec_maps.geography.codes import District, aliases, district_changes, official_districts
from ec_maps.geography.names import folded, plain

HERE = [district for code, district in official_districts().items() if code[0] in "EW"]
NAMES = [district.name for district in HERE]
REGIONS = list(dict.fromkeys(district.region for district in HERE))


def table(districts: list[District], *, first_letter: str = "") -> pd.DataFrame:
    """Return districts as the module of boundaries does."""
    rows = [(first_letter + d.code[len(first_letter) :], d.name, d.region) for d in districts]
    return pd.DataFrame(rows, columns=["lad21cd", "lad21nm", "rgn21nm"])


REAL = table(HERE)
KINGDOM = table(list(official_districts().values()))
DEMO = table(HERE, first_letter="X")


def listed_in(folder: Path, text: str | bytes) -> list[Place]:
    """Read `text` as a list of places."""
    path = folder / "places.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_places(path, districts=REAL)


def fault(folder: Path, text: str | bytes) -> str:
    """Return the message that `text` gives when it is read as a list of places."""
    with pytest.raises(PlaceError) as caught:
        listed_in(folder, text)
    assert caught.value.exit_status == 2
    message = str(caught.value)
    assert message.count("\n\n") <= 1, "a message has two paragraphs at most"
    return message


def refusal(text: str, districts: pd.DataFrame = REAL) -> str:
    """Return the message that a single name gives."""
    with pytest.raises(PlaceError) as caught:
        find_place(text, districts)
    return str(caught.value)


def suggested(message: str) -> list[str]:
    """Return the official names that a message suggests, in its order."""
    told = re.search(r"(?:Did you mean|local authorities): (.*?)(?:\?|\. Write)", message)
    return told[1].split("; ") if told else []


# --- names that are found -------------------------------------------------------------------------


def test_every_official_name_is_found() -> None:
    """Each of the 331 names, and its code, leads to its own district and to no other, real and demonstration."""
    assert len(set(NAMES)) == 331
    for name, code, region in ((district.name, district.code, district.region) for district in HERE):
        assert find_place(name, REAL) == find_place(code, REAL) == Place(name, code, region)
        assert find_place(name, DEMO) == find_place(code, DEMO) == Place(name, "X" + code[1:], region)


@given(
    st.sampled_from(NAMES + [district.welsh for district in HERE if district.welsh]),
    st.sampled_from([str, str.upper, str.lower, str.title, str.swapcase]),
    st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]),
    st.sampled_from(["'", "\u2019", "\u02bc"]),
    st.sampled_from([" ", "  ", "\u00a0", "\t"]),
)
def test_form_is_forgiven(name: str, case: Callable[[str], str], form: str, apostrophe: str, space: str) -> None:
    """Case, Unicode form, the shape of the apostrophe and the width of spaces do not matter."""
    written = unicodedata.normalize(form, case(name)).replace("'", apostrophe).replace(" ", space)
    assert find_place(f"{space}{written}{space}", REAL) == find_place(name, REAL)


def test_welsh_names_are_found() -> None:
    """A Welsh name leads to the district; the official name is the English one."""
    welsh = [district for district in HERE if district.welsh]
    assert len(welsh) == 22
    for district in welsh:
        assert find_place(district.welsh, REAL) == Place(district.name, district.code, "Wales")
        assert find_place(district.welsh, DEMO).name == district.name


def test_a_name_inside_another_is_itself() -> None:
    """York is York, and not East Riding of Yorkshire: an exact name wins over all likeness."""
    written = {name: plain(name) for name in NAMES}
    pairs = [(a, b) for a in NAMES for b in NAMES if a != b and written[a] in written[b]]
    assert len(pairs) > 15
    for shorter, longer in pairs:
        assert find_place(shorter, REAL).name == shorter
        assert find_place(longer, REAL).name == longer
        found = [place.name for place in search_places(shorter, REAL)]
        assert found[0] == shorter
        assert longer in found, shorter


def test_names_in_other_unicode_form_in_the_table() -> None:
    """A table with decomposed names gives composed ones."""
    decomposed = pd.DataFrame(
        [("W06000001", unicodedata.normalize("NFD", "Ynys Môn"), "Wales")], columns=["lad21cd", "lad21nm", "rgn21nm"]
    )
    assert find_place("Ynys Môn", decomposed).name == unicodedata.normalize("NFC", "Ynys Môn")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Hull", "Kingston upon Hull, City of"),
        ("St Helens", "St. Helens"),
        ("Saint Albans", "St Albans"),
        ("Redcar & Cleveland", "Redcar and Cleveland"),
        ("Bristol", "Bristol, City of"),
        ("City of Bristol", "Bristol, City of"),
        ("Bristol City Council", "Bristol, City of"),
        ("Herefordshire", "Herefordshire, County of"),
        ("Ynys Mon", "Isle of Anglesey"),
        ("Anglesey", "Isle of Anglesey"),
        ("Kings Lynn and West Norfolk", "King's Lynn and West Norfolk"),
        ("Newcastle-upon-Tyne", "Newcastle upon Tyne"),
        ("London Borough of Camden", "Camden"),
        ("The Vale of Glamorgan", "Vale of Glamorgan"),
        ("yarmouth", "Great Yarmouth"),
        ("TELFORD", "Telford and Wrekin"),
        ("Wight", "Isle of Wight"),
        ("Caerdydd", "Cardiff"),
        ("Rutland County Council", "Rutland"),
    ],
)
def test_other_spellings_and_unique_parts_are_found(text: str, name: str) -> None:
    """A name spelt otherwise, or whole words of it that are in no other name, lead to the place."""
    for districts in (REAL, KINGDOM, DEMO):
        assert find_place(text, districts).name == name


def test_a_part_never_leads_elsewhere() -> None:
    """Words of a name that are also those of a county, region, former district or town elsewhere are refused."""
    wider = ["London", "Berkshire", "Bedfordshire", "Sussex", "Yorkshire", "Suffolk", "Ireland"]
    former = ["Gwent", "Cleveland", "Avon", "Wells", "Chester", "Corby"]
    for text in (*wider, *former, "Great", "City", "North", "of", "Valley", "Telf", "Norf"):
        assert refusal(text), text


def test_every_word_of_a_name() -> None:
    """A word leads to a place only if it is in the names of that place and of no other."""
    named = [(folded(form), district.name) for district in HERE for form in (district.name, district.welsh) if form]
    for word in sorted({word for name, _ in named for word in name.split()}):
        having = {name for text, name in named if word in text.split()}
        with contextlib.suppress(PlaceError):
            found = find_place(word, REAL).name
            assert folded(found) == word or having == {found}, word


def test_a_part_of_an_absent_name() -> None:
    """A part that is also in a name of 2021 that the table lacks stays ambiguous in a part of a table."""
    some = table([district for district in HERE if district.region == "London"])
    assert "could be any of several" in refusal("Richmond", REAL)
    with pytest.raises(PlaceError):
        find_place("Newcastle", table([district for district in HERE if district.name != "Newcastle-under-Lyme"]))
    assert find_place("Hammersmith", some).name == "Hammersmith and Fulham"


@pytest.mark.parametrize("given", [None, 7, 3.5, float("nan"), b"York", ["York"], {"York": 1}, True])
def test_what_is_no_text_is_refused(given: object) -> None:
    """Anything but a text or a place is an error that says what was given and what to write."""
    with pytest.raises(PlaceError, match=r"is not the name of a place\. Write it as text"):
        find_place(given, REAL)  # type: ignore[arg-type]


def test_several_places() -> None:
    """One name or several are found in their order, as places too; all faults come at once, with their numbers."""
    assert [place.name for place in find_places("york", REAL)] == ["York"]
    given = pd.Series(["hull", "E06000014", "Caerdydd"])
    places = find_places(given, REAL)
    assert [place.name for place in places] == ["Kingston upon Hull, City of", "York", "Cardiff"]
    assert find_places(iter(places), REAL) == places
    with pytest.raises(PlaceError) as caught:
        find_places(["York", None, "", "Corby", "YORK", 4, "Derby"], REAL)
    message = str(caught.value)
    assert message.startswith("5 of the places:\n- ")
    assert re.findall(r"\(place (\d)\)", message) == ["2", "4", "5", "6"]
    assert "Place 3 is empty." in message


# --- names that are not ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Telfrd and Wrekin", ["Telford and Wrekin"]),
        ("BCP", ["Bournemouth, Christchurch and Poole"]),
        ("Rhondda Cynon Taff", ["Rhondda Cynon Taf"]),
        ("Wrekin and Telford", ["Telford and Wrekin"]),
        ("Caerdyd", ["Cardiff"]),
        ("Great Yarmoth", ["Great Yarmouth"]),
    ],
)
def test_loose_names_are_suggested(text: str, names: list[str]) -> None:
    """A popular or misspelt name is an error that suggests the official one and quotes what was written."""
    message = refusal(text)
    assert message.startswith(f'Unknown local authority "{text}". Did you mean: ')
    assert suggested(message) == names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Richmond", ["Richmond upon Thames", "Richmondshire"]),
        ("Newcastle", ["Newcastle-under-Lyme", "Newcastle upon Tyne"]),
        ("Northampton", ["North Northamptonshire", "West Northamptonshire"]),
        ("Stratford", ["Newham", "Stratford-on-Avon"]),
    ],
)
def test_ambiguous_names_list_the_candidates(text: str, names: list[str]) -> None:
    """Where a text may mean several, all are named and none is chosen."""
    message = refusal(text)
    assert message.startswith(f'"{text}" could be any of several')
    assert suggested(message) == names


def test_an_abolished_district() -> None:
    """The message says when it went and what it became."""
    message = refusal("Corby")
    assert "abolished on 1 April 2021" in message
    assert suggested(message) == ["North Northamptonshire"]


def test_a_newer_district() -> None:
    """The message says that it is newer than the map and names the districts that were there."""
    message = refusal("North Yorkshire")
    assert "created on 1 April 2023" in message
    assert "December 2021" in message
    assert suggested(message) == [
        "Craven",
        "Hambleton",
        "Harrogate",
        "Richmondshire",
        "Ryedale",
        "Scarborough",
        "Selby",
    ]
    assert suggested(refusal("somerset")) == ["Mendip", "Sedgemoor", "Somerset West and Taunton", "South Somerset"]


def test_a_renamed_district() -> None:
    """A former name of the same district is distinguished from an abolished district."""
    message = refusal("Shepway")
    assert "has been called Folkestone and Hythe since 1 April 2018" in message


def test_every_district_of_another_time_is_explained() -> None:
    """Its code and its name, unless a district of 2021 has them, suggest all those that cover it in 2021."""
    changes = [change for change in district_changes() if change.code[0] == "E"]
    assert len(changes) > 50
    for change in changes:
        covering = {official_districts()[code].name for code in change.covers}
        for text in {change.code, change.name} - set(NAMES) - set(official_districts()):
            assert covering <= set(suggested(refusal(text))), text


@pytest.mark.parametrize(
    ("text", "nation"),
    [
        ("Glasgow City", "Scotland"),
        ("Glasgow", "Scotland"),
        ("edinburgh", "Scotland"),
        ("Glasgw", "Scotland"),
        ("S12000049", "Scotland"),
        ("Belfast", "Northern Ireland"),
        ("Derry", "Northern Ireland"),
    ],
)
def test_other_nations(text: str, nation: str) -> None:
    """Where the boundaries lack Scotland or Northern Ireland, a place there is recognised and reported as missing."""
    message = refusal(text)
    assert f"is in {nation}, and the data cover England and Wales only." in message
    assert suggested(message) == []


def test_other_nations_are_found() -> None:
    """Where the boundaries have them, each Scottish and Northern Irish name and code leads to its own district."""
    beyond = [district for code, district in official_districts().items() if code[0] in "SN"]
    assert len(beyond) == 43
    for district in beyond:
        expected = Place(district.name, district.code, district.region)
        assert district.region in ("Scotland", "Northern Ireland")
        assert find_place(district.name.upper(), KINGDOM) == find_place(district.code, KINGDOM) == expected


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Glasgw", ["Glasgow City"]),
        ("Londonderry", ["Derry City and Strabane"]),
        ("Inverness", ["Highland"]),
        ("Orkny", ["Orkney Islands"]),
    ],
)
def test_other_nations_are_suggested(text: str, meant: list[str]) -> None:
    """Popular and misspelt names of Scottish and Northern Irish places are suggested like all others."""
    assert suggested(refusal(text, KINGDOM)) == meant
    assert [place.name for place in search_places(text, KINGDOM)] == meant


def test_other_nations_are_regions() -> None:
    """Scotland and Northern Ireland are regions like all others, where the data cover them."""
    assert "a region of 32 local authorities" in refusal("Scotland", KINGDOM)
    assert len(search_places("northern ireland", KINGDOM)) == 11


@pytest.mark.usefixtures("demo")
def test_the_boundaries_say_which_places_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a table, all districts of the boundaries can be named; those of two nations only if there are both."""
    from ec_maps.boundaries import table

    assert find_place("Glasgow City").region == "Scotland"
    assert len(search_places("")) == 374
    every = table.load_boundaries("lad")
    monkeypatch.setattr(table, "load_boundaries", lambda _: every[every["rgn21nm"] != "Northern Ireland"])
    assert len(search_places("")) == 331
    with pytest.raises(PlaceError, match="is in Scotland, and the data cover England and Wales only"):
        find_place("Glasgow City")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("London", "a region of 33 local authorities"),
        ("wales", "a region of 22 local authorities"),
        ("Yorkshire and the Humber", "a region of 21 local authorities"),
        ("Kent", "a county of 12 local authorities"),
        ("Berkshire", "a ceremonial county of 6 local authorities"),
        ("Tees Valley", "a combined authority of 5 local authorities"),
        ("Cymru", "a region of 22 local authorities"),
        ("greater london", "a region of 33 local authorities"),
        ("Scotland", "not on the maps, as the data cover England and Wales only"),
        ("England", "not one local authority"),
        ("E02000001", "code of a neighbourhood"),
        ("X06000001", "code of the demonstration data"),
        ("E99999999", "Unknown local authority code"),
        ("E08000038", "the code of Barnsley since 2025"),
        ("Xyzzy", "no name is similar"),
        ("???", "no name is similar"),
        ("  ", "No place given"),
    ],
)
def test_other_texts_are_explained(text: str, says: str) -> None:
    """Regions, counties, countries, other codes and nonsense each get their own explanation."""
    assert says in refusal(text)


def test_a_district_without_boundaries() -> None:
    """An official name that the boundaries in use lack is not called unknown."""
    message = refusal("York", table([district for district in HERE if district.name != "York"]))
    assert "boundaries in use do not have it" in message


@given(
    st.one_of(
        st.text(max_size=30),
        st.sampled_from([alias for alias, _ in aliases()]),
        st.sampled_from(NAMES).map(lambda n: n[1:]),
    )
)
def test_a_suggestion_is_never_chosen(text: str) -> None:
    """What is found has the text as its code, or its words in its English or Welsh name; else a message says so."""
    place = gazetteer_of(REAL).find(text)
    if place is None:
        assert len(refusal(text)) < 700
        return
    district = official_districts()[place.lad21cd]
    words = f" {folded(text)} "
    assert text.strip().upper() == district.code or any(
        words in f" {folded(name)} " for name in (district.name, district.welsh) if name
    )


@given(st.sampled_from(NAMES), st.data())
def test_one_slip_is_suggested(name: str, data: st.DataObject) -> None:
    """A name of eight letters or more with one left out is an error whose suggestions include it."""
    letters = [at for at, letter in enumerate(name) if letter.isalpha()]
    cut = data.draw(st.sampled_from(letters))
    written = name[:cut] + name[cut + 1 :]
    if len(letters) < 8 or plain(written) in {plain(other) for other in NAMES}:
        return
    message = refusal(written)
    assert name in suggested(message) or "abolished" in message, message


def test_folded_names_are_alike() -> None:
    """Accents, stops, hyphens, "&", "Saint", "City of" and "Council" make no difference to a suggestion."""
    for one, other in (
        ("St. Helens", "Saint Helens"),
        ("Ynys Môn", "ynys mon"),
        ("Redcar & Cleveland Borough Council", "Redcar and Cleveland"),
        ("Newcastle-upon-Tyne", "City of Newcastle upon Tyne"),
        ("King's Lynn", "Kings Lynn"),
    ):
        assert folded(one) == folded(other)


def test_folded_names_are_unique() -> None:
    """What is forgiven in a suggestion never makes two official names the same."""
    assert len({folded(name) for name in NAMES}) == len(NAMES)


# --- the file -------------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(HERE), min_size=1, max_size=40, unique=True), st.data())
def test_order_is_kept(
    tmp_path_factory: pytest.TempPathFactory, districts: list[District], data: st.DataObject
) -> None:
    """Names and codes in any order and style of list come back in the author's order."""
    entries = [data.draw(st.sampled_from([d.name, d.code, f'"{d.name}"'])) for d in districts]
    places = listed_in(tmp_path_factory.mktemp("order"), "".join(f"- {entry}\n" for entry in entries))
    assert [place.name for place in places] == [district.name for district in districts]
    assert [place.lad21cd for place in places] == [district.code for district in districts]


def test_all_331_names_unquoted(tmp_path: Path) -> None:
    """Each official name can stand in the list without quotation marks, commas and apostrophes included."""
    places = listed_in(tmp_path, "".join(f"- {name}\n" for name in NAMES))
    assert [place.name for place in places] == NAMES


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_comma_and_welsh_names(tmp_path: Path, form: str) -> None:
    """Names with commas and in Welsh, in either Unicode form, are read."""
    text = unicodedata.normalize(
        form, "# ours\n- Bristol, City of\n- Ynys Môn  # in Welsh\n- King’s Lynn and West Norfolk\n"
    )
    assert [place.name for place in listed_in(tmp_path, text)] == [
        "Bristol, City of",
        "Isle of Anglesey",
        "King's Lynn and West Norfolk",
    ]


def test_files_of_other_systems(tmp_path: Path) -> None:
    """A byte order mark and Windows line ends are accepted."""
    assert [place.name for place in listed_in(tmp_path, b"\xef\xbb\xbf- York\r\n- Derby\r\n")] == ["York", "Derby"]


PASTED = {
    "a no-break space": "-\u00a0Norwich\n-\u00a0Great Yarmouth\n",
    "an em space": "-\u2003Norwich\n- Great\u2009Yarmouth\n",
    "an en dash": "– Norwich\n– Great Yarmouth\n",
    "an em dash without a space": "—Norwich\n—Great Yarmouth\n",
    "a minus": "− Norwich\n− Great Yarmouth\n",
    "a bullet": "• Norwich\n• Great Yarmouth\n",
    "bullets with tabs, indented": "  •\tNorwich\n  •\tGreat Yarmouth\n",
    "the bullet of Word's own font": "\uf0b7\tNorwich\n\uf0b7\tGreat Yarmouth\n",
    "a second level of Word": "o\tNorwich\n▪\tGreat Yarmouth\n",
    "an asterisk": "* Norwich\n* Great Yarmouth\n",
    "numbers": "1. Norwich\n2) Great Yarmouth\n",
    "no space": "-Norwich\n-Great Yarmouth\n",
    "a tab after the hyphen": "-\tNorwich\n-\tGreat Yarmouth\n",
    "a tab before the hyphen": "\t- Norwich\n\t- Great Yarmouth\n",
    "zero-width spaces": "\u200b- Norwich\u200b\n- Great\u200b Yar\u200dmouth\n",
    "marks of direction": "\u200e- Norwich\n- \u202aGreat Yarmouth\u202c\n",
    "a soft hyphen": "- Nor\u00adwich\n- Great Yarmouth\n",
    "byte-order marks within": "\ufeff- Norwich\n\ufeff- Great Yarmouth\n",
    "quotation marks": "- “Norwich”\n- ‘Great Yarmouth’\n",
    "quotation marks that differ": '- "Norwich”\n- “Great Yarmouth"  # ours\n',
    "a break of lines of Word": "- Norwich\v- Great Yarmouth\n",
    "a line separator": "- Norwich\u2028- Great Yarmouth",
    "line ends of Windows": "- Norwich\r\n– Great Yarmouth\r\n",
    "line ends of an old Mac": "- Norwich\r- Great Yarmouth\r",
    "UTF-16 of Windows": "- Norwich\r\n- Great Yarmouth\r\n".encode("utf-16"),
    "UTF-16 the other way round": b"\xfe\xff" + "- Norwich\n- Great Yarmouth\n".encode("utf-16-be"),
    "UTF-16 without its mark": "- Norwich\n- Great Yarmouth\n".encode("utf-16-le"),
    "full width": "- Ｎｏｒｗｉｃｈ\n- Great Yarmouth\n",
    "several of them": "• Norwich\n - Great Yarmouth\n",
}


@pytest.mark.parametrize("kind", PASTED)
def test_a_list_pasted_from_elsewhere(tmp_path: Path, kind: str) -> None:
    """What Word, a web page or an editor of Windows puts around names does not matter if the meaning is plain."""
    assert [place.name for place in listed_in(tmp_path, PASTED[kind])] == ["Norwich", "Great Yarmouth"]


def test_dashes_in_names_and_codes(tmp_path: Path) -> None:
    """Hyphens that Word does not break at or makes longer are hyphens; invisible characters are not part of a code."""
    text = "- Stoke\u2011on\u2011Trent\n- Newcastle–under–Lyme\n- E07000148\u200b\n- “Bristol, City of”\n"
    names = ["Stoke-on-Trent", "Newcastle-under-Lyme", "Norwich", "Bristol, City of"]
    assert [place.name for place in listed_in(tmp_path, text)] == names


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("- York\n- N\u043erwich\n", '(line 2 of places.yml) with the letter "\u043e" (cyrillic small letter o)'),
        ("“- Norwich”\n", 'In the way is "“" (left double quotation mark) in line 1, column 1.'),
        ("- York\n§ Derby\n", 'In the way is "§" (section sign) in line 2, column 1.'),
        ("- York\n- Nor\0wich\n", "line 2, column 6, has the character U+0000"),
        (b"- York\n- King\x92s Lynn and West Norfolk\n", 'column 7 would be "’" (right single quotation mark)'),
        (b"\x95 York\n", '(line 1): column 1 would be "•" (bullet) in the encoding of Windows'),
        (b"PK\x03\x04\x14\0\x06\0", "places.yml is a document of Word or Excel, or another zip, not plain text"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "a document of an older Word or Excel"),
        (b"{\\rtf1\\ansi - Norwich}", "a document with formats (RTF)"),
        ("\ufeff<html><body>- Norwich</body></html>", "a web page, not plain text"),
    ],
)
def test_the_character_in_the_way_is_named(tmp_path: Path, text: str | bytes, says: str) -> None:
    """A character that hinders and cannot be seen, or looks like another, is named, with line and column."""
    assert says in fault(tmp_path, text)


def test_the_projects_own_list(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    """Without a path, the list of the project is read, and all its names are known."""
    monkeypatch.setenv("QUARTO_PROJECT_DIR", str(root))
    assert read_places(districts=REAL)


def test_a_missing_file(tmp_path: Path) -> None:
    """The message has the path and an example of what to write."""
    with pytest.raises(PlaceError, match=r"none\.yml does not exist.*- Great Yarmouth"):
        read_places(tmp_path / "none.yml", districts=REAL)


def test_a_folder(tmp_path: Path) -> None:
    """A folder in the file's place is a fault in a sentence."""
    with pytest.raises(PlaceError, match="cannot be read as a list of places"):
        read_places(tmp_path, districts=REAL)


@pytest.mark.parametrize("text", ["", " \n", "# only a comment\n", "[]", "null\n", "~", "---\n", "- # nothing\n", '""'])
def test_an_empty_list(tmp_path: Path, text: str) -> None:
    """A list without a name says so and never means all or none."""
    message = fault(tmp_path, text)
    assert re.search("names no place|is an empty list|is empty; write", message)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Great Yarmouth\n", "should be a list of names, but from line 1 it is a single text"),
        ("\nplaces:\n  - York\n", "from line 2 it is key and value"),
        ("- York\nDerby\n", "not valid YAML.*line 2"),
        ("- York\n- 'Derby\n", r"not valid YAML: .*\(line 2\)"),
        ("- York\n- @Derby\n", r"not valid YAML: .*\(line 2\)"),
        ("---\n- York\n---\n- Derby\n", "not valid YAML"),
        ("- York\n- *derby\n", r"not valid YAML: .*\(line 2\)"),
        ("- York\n- De\x07rby\n", "not valid YAML: line 2"),
        (b"- York\n- Ynys M\xf4n\n", r"not UTF-8 text \(line 2\)"),
    ],
)
def test_not_a_list(tmp_path: Path, text: str | bytes, says: str) -> None:
    """What is no YAML list names the file, the line and the form that is expected."""
    message = fault(tmp_path, text)
    assert re.search(says, message)
    assert "places.yml" in message


def test_a_list_that_repeats_itself(tmp_path: Path) -> None:
    """Names for parts of a list, which could unfold to billions of lines, are refused at once."""
    lines = "".join(f"- &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(1, 12))
    (tmp_path / "places.yml").write_text(f"- &a1 [Norwich]\n{lines}", encoding="utf-8")
    with pytest.raises(PlaceError) as caught:
        read_places(tmp_path / "places.yml")
    assert len(str(caught.value)) < 10_000


def test_all_faults_at_once(tmp_path: Path) -> None:
    """One message has every fault of the file with its line, in the file's order, and nothing about the good lines."""
    message = fault(
        tmp_path,
        "- Hul\n- 42\n- No\n-\n- 2021-04-01\n- Telford: x\n- [Hull, Leeds]\n- York\n- YORK\n- E06000014\n- 3.5\n"
        "- Derby\n- Corby\n- ~\n- ''\n- Telfrd and Wrekin\n",
    )
    assert message.startswith("14 faults in places.yml:\n- ")
    found = [int(line) for line in re.findall(r"^- .*?[Ll]ine (\d+)", message, flags=re.MULTILINE)]
    assert found == [1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 13, 14, 15, 16]
    assert "Derby" not in message


def test_a_name_twice(tmp_path: Path) -> None:
    """A place may be there once, by whichever of its names and its code."""
    for again in ("YORK", "E06000014"):
        assert "(line 2 of places.yml) is already on line 1" in fault(tmp_path, f"- York\n- {again}\n")
    assert 'is already on line 1 as "Caerdydd"' in fault(tmp_path, "- Caerdydd\n- Cardiff\n")


def test_a_missing_hyphen(tmp_path: Path) -> None:
    """Two names that YAML joins, for want of a hyphen, are recognised."""
    assert "a hyphen is missing before the second" in fault(tmp_path, "- Leeds\n  York\n")


def test_commas_in_brackets(tmp_path: Path) -> None:
    """In a list in brackets an unquoted comma splits a name in two; the message says what to do."""
    assert "needs quotation marks" in fault(tmp_path, "[Derby, Bristol, City of]")
    assert [place.name for place in listed_in(tmp_path, '[Derby, "Bristol, City of"]')] == ["Derby", "Bristol, City of"]


def test_a_scottish_line(tmp_path: Path) -> None:
    """A Scottish place is read where the boundaries have it; where not, the message says its line and why."""
    (tmp_path / "places.yml").write_text("- Glasgow City\n", encoding="utf-8")
    assert read_places(tmp_path / "places.yml", districts=KINGDOM) == [Place("Glasgow City", "S12000049", "Scotland")]
    assert '"Glasgow City" (line 1 of places.yml) is in Scotland, and the' in fault(tmp_path, "- Glasgow City")


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """No text makes anything but a list of places or a message."""
    path = tmp_path_factory.mktemp("any") / "places.yml"
    path.write_bytes(text.encode("utf-8", errors="replace"))
    with contextlib.suppress(PlaceError):
        assert read_places(path, districts=REAL)


# --- searching, regions, file names ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("hull", ["Kingston upon Hull, City of", "Solihull"]),
        ("york", ["York", "East Riding of Yorkshire"]),
        ("ynys", ["Isle of Anglesey"]),
        ("corby", ["North Northamptonshire"]),
        ("telfrd", ["Telford and Wrekin"]),
        ("st helens", ["St. Helens"]),
        ("redcar &", ["Redcar and Cleveland"]),
        ("E07000145", ["Great Yarmouth"]),
        ("E0700014", ["Breckland", "Broadland", "Great Yarmouth"]),
        ("London", ["City of London", "Barking and Dagenham", "Barnet"]),
        ("Rutland County", ["Rutland"]),
        ("Glasgow", []),
        ("Xyzzy", []),
        ("?", []),
    ],
)
def test_search(text: str, first: list[str]) -> None:
    """A search finds by any part or popular name, the closest first."""
    assert [place.name for place in search_places(text, REAL)][: len(first) or None] == first


def test_search_of_a_region_and_of_nothing() -> None:
    """A region's name lists its places, and an empty text lists all of them by name."""
    assert len(search_places("Wales", REAL)) == 22
    everything = search_places("", REAL)
    assert len(everything) == 331
    assert [place.name for place in everything[:2]] == ["Adur", "Allerdale"]


@given(st.text(max_size=20))
def test_search_never_fails_nor_repeats(text: str) -> None:
    """Any text gives known places, each once."""
    found = search_places(text, REAL)
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("text", "region"),
    [
        ("Yorkshire and the Humber", "Yorkshire and The Humber"),
        (" YORKSHIRE &  the humber", "Yorkshire and The Humber"),
        ("Yorkshire", "Yorkshire and The Humber"),
        ("the east of england", "East of England"),
        ("Cymru", "Wales"),
        ("Greater London", "London"),
        ("West Midlands", "West Midlands"),
    ],
)
def test_regions_are_found(text: str, region: str) -> None:
    """Case, spacing and spelling of a region's name do not matter, and a unique part or the Welsh name will do."""
    assert find_region(text, REGIONS) == region


def test_ambiguous_regions() -> None:
    """A part of several regions is an error that lists them; England is no region."""
    with pytest.raises(PlaceError, match='"midlands" could be any of several regions: East Midlands; West Midlands'):
        find_region("midlands", REGIONS)
    for text in ("England", "of", "the", "North", ""):
        with pytest.raises(PlaceError):
            find_region(text, REGIONS)


def test_regions_beyond_the_table() -> None:
    """For Scotland, unlike an unknown region, the message names the table that has it."""
    with pytest.raises(PlaceError, match=r'"scotland" is not in this table; it is in the table of the United Kingdom '):
        find_region("scotland", REGIONS)
    assert find_region("scotland", [*REGIONS, "Scotland"]) == "Scotland"


def test_unknown_regions_list_all() -> None:
    """The message for an unknown region has all ten, and distinguishes a district from a region."""
    with pytest.raises(PlaceError) as caught:
        find_region("Yorkshir", REGIONS)
    assert len(REGIONS) == 10
    assert all(region in str(caught.value) for region in REGIONS)
    with pytest.raises(PlaceError, match='"Leeds" is a local authority, in Yorkshire and The Humber'):
        find_region("Leeds", REGIONS)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Bristol, City of", "bristol-city-of"),
        ("Ynys Môn", "ynys-mon"),
        (unicodedata.normalize("NFD", "Ynys Môn"), "ynys-mon"),
        ("King's Lynn and West Norfolk", "king-s-lynn-and-west-norfolk"),
        ("St. Helens", "st-helens"),
        ("???", "unnamed"),
    ],
)
def test_slugs(name: str, expected: str) -> None:
    """A slug has only lower-case ASCII letters, digits and single hyphens."""
    assert slug(name) == expected


def test_slugs_of_all_districts_differ() -> None:
    """No two districts share a slug."""
    assert len({slug(name) for name in NAMES}) == len(NAMES)


@given(st.text(max_size=300), st.sampled_from([None, "E07000145"]))
def test_slugs_are_safe(name: str, code: str | None) -> None:
    """Any name gives a slug of 1 to 80 safe characters that keeps the code whole."""
    made = slug(name, code)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", made)
    assert len(made) <= 80
    assert code is None or made.endswith("-e07000145")
