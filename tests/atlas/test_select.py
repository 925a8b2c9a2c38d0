from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps.atlas import select
from ec_maps.atlas.archive import archives
from ec_maps.atlas.csv_table import Measurements, inventory, parse
from ec_maps.errors import DataError, EcMapsError, SettingError
from ec_maps.geography.codes import neighbourhood_codes
from makers import (
    LAD,
    LAD_CSV,
    LAD_ZIP,
    LADS,
    MEASURE,
    MSOA_CSV,
    MSOA_ZIP,
    MSOAS,
    a_member,
    as_csv,
    atlas_csv,
    msoa_csv,
    rows,
    spread,
    use,
    write_atlas,
    write_zip,
)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a data folder, made but empty, that the library looks into."""
    folder = tmp_path / "data"
    folder.mkdir()
    use(monkeypatch, data=folder)
    return folder


def message(level: str = "lad") -> str:
    """Return what reading a level ends with."""
    with pytest.raises(EcMapsError) as caught:
        select.read_measure(level)
    return str(caught.value)


def parsed(content: str | bytes) -> Measurements:
    """Return what is made of the content of one CSV of districts."""
    return parse(content.encode() if isinstance(content, str) else content, a_member(), LAD, MEASURE)


def fault(content: str | bytes) -> str:
    """Return the message about the content of one CSV of districts; it begins with the file's name."""
    with pytest.raises(DataError) as caught:
        parsed(content)
    text = str(caught.value)
    assert text.startswith(f"{LAD_CSV} in {LAD_ZIP}")
    return text


def values(found: Measurements) -> dict[str, float]:
    """Return value by code."""
    return dict(zip(found.table["code"], found.table["value"], strict=True))


EXPECTED = dict(zip(LADS, spread(len(LADS)), strict=True))


# --- finding the right file -----------------------------------------------------------------------


def test_both_levels_are_read(data: Path) -> None:
    """From the two zips as they are published, each level's own CSV is read, low-income rows only."""
    write_atlas(data)
    lads, msoas = select.read_measure("lad"), select.read_measure("msoa")
    assert values(lads) == EXPECTED
    assert values(msoas) == dict(zip(MSOAS, spread(len(MSOAS)), strict=True))
    assert (lads.date, str(lads.member), lads.notes) == ("2025-02-28", f"{LAD_CSV} in {LAD_ZIP}", [])
    assert list(lads.table.columns) == ["code", "value", "num_users"]
    assert lads.table["code"].is_monotonic_increasing


@pytest.mark.parametrize("count", ["1e300", "-1", "inf", "9" * 20, "many"])
def test_a_count_that_cannot_be(count: str) -> None:
    """It is left out with a note, and the values stand."""
    found = parsed(atlas_csv().replace(",1000\n", f",{count}\n", 1))
    assert found.table["num_users"].isna().sum() == 1
    assert f'1 value of num_users cannot be a count and was left out (the first: "{count}" at line 2).' in found.notes


def test_no_zip(data: Path) -> None:
    """An empty data folder: the message says what to download from where, into which folder, and what else to do."""
    text = message("msoa")
    assert f"put them, as they are, into {data} " in text
    assert '"msoa-….zip") from https://data.humdata.org/dataset/uk-social-capital-atlas' in text
    assert "EC_MAPS_DATA_DIR" in text
    assert "EC_MAPS_SOURCE=demo" in text
    assert len(text.split("\n\n")) <= 2


def test_no_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A data folder that does not exist is as good as an empty one, and reading makes none."""
    use(monkeypatch, data=tmp_path / "none")
    assert f"into {tmp_path / 'none'} " in message()
    assert not (tmp_path / "none").exists()


def test_one_zip_of_two(data: Path) -> None:
    """With only the districts' zip there, the message for neighbourhoods says what the zip holds and what to fetch."""
    write_zip(data / LAD_ZIP)
    text = message("msoa")
    assert f"{LAD_CSV} in {LAD_ZIP} holds local authorities." in text
    assert '"msoa-….zip"' in text


@pytest.mark.parametrize(
    "name", ["x.ZIP", "uk social capital (1).zip", "local_authority-20250320T000233Z-001.zip", "a.Zip"]
)
def test_any_zip_name_will_do(data: Path, name: str) -> None:
    """What a zip holds is recognised by its content, whatever it is called."""
    write_zip(data / name)
    assert values(select.read_measure("lad")) == EXPECTED


@pytest.mark.parametrize(
    "member",
    [
        "uk_economic_connectedness_20250301.csv",
        "Local_Authority/UK_Economic_Connectedness_20250301.CSV",
        "a/b/c/uk_economic_connectedness_2025.csv",
        "local_authority\\uk_economic_connectedness_2025-03-01.csv",
        "economic_connectedness_20250301_v2.csv",
    ],
)
def test_any_folder_and_case_will_do(data: Path, member: str) -> None:
    """The CSV is found by its base name, in any folder, case and date form, with either separator."""
    write_zip(data / LAD_ZIP, {member: atlas_csv()})
    assert values(select.read_measure("lad")) == EXPECTED


def test_decoys_are_passed_over(data: Path) -> None:
    """Other measures, a table by age, resource forks, hidden files and folders are not mistaken for the table."""
    decoy = atlas_csv(values=[0.9] * len(LADS))
    write_zip(
        data / LAD_ZIP,
        {
            "local_authority/uk_economic_connectedness_by_age_2025.csv": decoy,
            "local_authority/uk_economic_connectedness_by_age_20260301.csv": decoy,
            "local_authority/uk_age_connectedness_20260301.csv": decoy,
            "local_authority/uk_economic_connectedness_20260301.csv.bak": decoy,
            "local_authority/.uk_economic_connectedness_20260301.csv": decoy,
            "__MACOSX/local_authority/._uk_economic_connectedness_20260301.csv": b"\0\5\x16\7",
            "local_authority/": b"",
            LAD_CSV: atlas_csv(),
        },
    )
    assert values(select.read_measure("lad")) == EXPECTED


def test_both_levels_in_one_zip(data: Path) -> None:
    """One zip with both levels serves both: each CSV is recognised by its codes, even under one name."""
    write_zip(data / "all.zip", {LAD_CSV: atlas_csv(), MSOA_CSV: msoa_csv()})
    assert list(select.read_measure("lad").table["code"]) == sorted(LADS)
    assert list(select.read_measure("msoa").table["code"]) == sorted(MSOAS)


def test_neighbourhoods_with_a_district_column(data: Path) -> None:
    """A table of neighbourhoods that also says their district is a table of neighbourhoods."""
    table = [row | {"lad_code": "E06000001"} for row in rows(MSOAS, key="zip_prediction")]
    write_zip(data / "a.zip", {MSOA_CSV: as_csv(table)})
    assert len(select.read_measure("msoa").table) == len(MSOAS)
    assert "holds neighbourhoods" in message("lad")


def test_the_latest_of_several_is_read(data: Path) -> None:
    """Of matching CSVs with different dates in their names the latest is read, in one zip or in several."""
    old = atlas_csv(values=[0.9] * len(LADS))
    write_zip(data / "a.zip", {LAD_CSV: atlas_csv(), "old/uk_economic_connectedness_20241231.csv": old})
    write_zip(data / "z.zip", {"uk_economic_connectedness_2024.csv": old, "uk_economic_connectedness_202502.csv": old})
    assert values(select.read_measure("lad")) == EXPECTED


def test_two_of_one_date(data: Path) -> None:
    """Two different CSVs with the same date: an error lists both and says to keep one."""
    write_zip(data / "a.zip")
    write_zip(data / "b.zip", {"x/uk_economic_connectedness_2025-03-01.csv": atlas_csv(values=[0.4] * len(LADS))})
    text = message()
    assert f"{LAD_CSV} in a.zip, x/uk_economic_connectedness_2025-03-01.csv in b.zip" in text
    assert f"keep one of them in {data}" in text


def test_the_same_file_twice(data: Path) -> None:
    """The same CSV in two zips, one fetched and one put there by hand, is no conflict."""
    write_zip(data / "a.zip")
    write_zip(data / "cache" / LAD_ZIP)
    assert values(select.read_measure("lad")) == EXPECTED


def test_a_zip_in_the_cache_is_found(data: Path) -> None:
    """A fetched zip lies in the cache, and is read from there."""
    write_zip(data / "cache" / LAD_ZIP)
    assert values(select.read_measure("lad")) == EXPECTED


def test_postcode_districts_are_recognised(data: Path) -> None:
    """The third zip of the Atlas has the neighbourhoods' column name but postcode districts, and is named for it."""
    write_zip(data / "p.zip", {MSOA_CSV: msoa_csv(["NR30", "E1", "SW1A", "CF10", "M1", "LS12"])})
    assert f"{MSOA_CSV} in p.zip holds postcode districts" in message("msoa")


def test_codes_of_no_kind(data: Path) -> None:
    """Values in the code column that are not codes are quoted."""
    write_zip(data / "p.zip", {MSOA_CSV: msoa_csv(["Marks Gate", "Hillside"])})
    assert 'codes that are not MSOA codes in "zip_prediction" (such as "Marks Gate")' in message("msoa")


def test_no_matching_file(data: Path) -> None:
    """A zip without the measure: the message says what was looked for and what is there."""
    write_zip(data / LAD_ZIP, {"local_authority/uk_volunteering_20250301.csv": "a,b\n", "inner.zip": b"PK"})
    text = message()
    assert f"{LAD_ZIP} holds no CSV with a column 'high_ses_ratio'" in text
    assert "found: uk_volunteering_20250301.csv, inner.zip." in text


def test_an_empty_zip(data: Path) -> None:
    """An empty zip is reported as such."""
    write_zip(data / LAD_ZIP, {})
    assert "found: nothing" in message()


def test_an_excel_workbook(data: Path) -> None:
    """A workbook is a zip too, and is called by its name."""
    write_zip(data / LAD_ZIP, {"[Content_Types].xml": "<x/>", "xl/workbook.xml": "<x/>"})
    assert "It is an Excel workbook." in message()


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("id,lad21cd,measurement_category,high_ses_ratio", "id, lad21cd, measurement_category, high_ses_ratio"),
        (";lad_code;measurement_category;high_ses_ratio", "separated by semicolons, not commas"),
        ("", "its columns are: none at all"),
    ],
)
def test_a_file_without_a_code_column(data: Path, header: str, says: str) -> None:
    """A CSV with a renamed code column, or in the continental form, is listed with its columns."""
    write_zip(data / LAD_ZIP, {LAD_CSV: f"{header}\n1,E06000001,low_ses_users,0.4\n" if header else ""})
    text = message()
    assert f'{LAD_CSV} in {LAD_ZIP} holds neither column "lad_code" nor "zip_prediction"' in text
    assert says in text


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-16-le"])
def test_utf16(data: Path, encoding: str) -> None:
    """A CSV saved again in UTF-16 is reported as such, with a byte order mark or without."""
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv().encode(encoding)})
    text = message()
    assert LAD_CSV in text
    assert ("UTF-16, not UTF-8" if encoding == "utf-16" else "NUL bytes") in text


# --- damaged archives -----------------------------------------------------------------------------


def broken_checksum(path: Path) -> None:
    """Write a zip whose one CSV does not match its checksum."""
    with zipfile.ZipFile(path, "w") as out:
        out.writestr(LAD_CSV, atlas_csv())
    path.write_bytes(path.read_bytes().replace(b"0.323077", b"0.323078"))


def cut_short(path: Path) -> None:
    """Write the first half of a zip."""
    content = write_zip(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])


def block_page(path: Path) -> None:
    """Write a web page under a zip's name."""
    path.write_text("<html>Just a moment...</html>", encoding="utf-8")


@pytest.mark.parametrize("damage", [broken_checksum, cut_short, block_page])
def test_a_damaged_archive_in_the_cache_is_removed(data: Path, damage) -> None:
    """A damaged archive in the cache is named and removed, so that the next fetch downloads a complete one."""
    (data / "cache").mkdir()
    damage(data / "cache" / LAD_ZIP)
    text = message()
    assert LAD_ZIP in text
    assert "removed from the cache" in text
    assert not (data / "cache" / LAD_ZIP).exists()


@pytest.mark.parametrize("damage", [broken_checksum, cut_short, block_page])
def test_a_damaged_archive_put_there_by_hand_is_left(data: Path, damage) -> None:
    """A damaged archive that somebody put into the data folder is named and left alone."""
    damage(data / LAD_ZIP)
    text = message()
    assert LAD_ZIP in text
    assert "Download it again from https://data.humdata.org" in text
    assert (data / LAD_ZIP).exists()


def test_two_copies_one_damaged(data: Path) -> None:
    """Where two CSVs have the same date and one is damaged, the damage is reported, with what to do."""
    codes = sorted(neighbourhood_codes("2021"))
    whole = msoa_csv(codes, [0.4] * len(codes))
    write_zip(data / "a.zip", {MSOA_CSV: whole})
    (data / "cache").mkdir()
    with zipfile.ZipFile(data / "cache" / MSOA_ZIP, "w") as out:
        out.writestr(MSOA_CSV, whole)
    content = (data / "cache" / MSOA_ZIP).read_bytes()
    (data / "cache" / MSOA_ZIP).write_bytes(content.replace(b"W02000428,2025", b"W02000428,2024"))
    text = message("msoa")
    assert "Bad CRC-32" in text
    assert "removed from the cache" in text
    assert len(select.read_measure("msoa").table) == 7264


def test_a_damaged_archive_beside_a_good_one_is_reported(data: Path) -> None:
    """A zip that cannot be read is no obstacle where another serves, but is always reported."""
    write_zip(data / "good.zip")
    cut_short(data / "bad.zip")
    write_zip(data / "evil.zip", {"../evil.csv": b""})
    found = select.read_measure("lad")
    assert values(found) == EXPECTED
    assert [name for name in ("bad.zip", "evil.zip") if any(name in note for note in found.notes)] == [
        "bad.zip",
        "evil.zip",
    ]


def test_the_wanted_file_stored_twice(data: Path) -> None:
    """The wanted CSV twice under one name: an error, not the last one in silence."""
    with zipfile.ZipFile(data / LAD_ZIP, "w") as out:
        out.writestr(LAD_CSV, atlas_csv())
        with pytest.warns(UserWarning, match="Duplicate name"):
            out.writestr(LAD_CSV, atlas_csv(values=[0.4] * len(LADS)))
    assert f"{LAD_CSV} in {LAD_ZIP} is stored twice under the same name" in message()


def test_unknown_levels_and_measures() -> None:
    """A level or measure that there is not is answered with those that there are."""
    with pytest.raises(SettingError, match=r"There is no level \"ward\"\. The levels are 'lad' and 'msoa'"):
        select.read_measure("ward")
    with pytest.raises(SettingError, match=r'no measure "height".* economic_connectedness'):
        select.read_measure("lad", "height")


# --- files that are not what they seem ------------------------------------------------------------

BY_AGE = "local_authority/uk_economic_connectedness_by_age_2025.csv"


@pytest.mark.parametrize(
    "name", [BY_AGE, "by_age.csv", "ec_2025_by_cohort.csv", "economic_connectedness_2025_by_sex.csv"]
)
def test_a_file_by_age_alone_is_not_the_measure(data: Path, name: str) -> None:
    """A lone CSV with the column and the group, whose name says that it is of parts, is refused by name."""
    write_zip(data / LAD_ZIP, {name: atlas_csv()})
    text = message()
    assert f"{name} in {LAD_ZIP} has a column 'high_ses_ratio', but its name says that it is about parts" in text
    with pytest.raises(EcMapsError, match="about parts of the people"):
        select.read_measure("lad", category="High SES users")


@pytest.mark.parametrize(
    "name", ["a.csv", "uk_economic_connectedness_by_msoa_2025.csv", "economic connectedness (1).csv"]
)
def test_a_name_that_says_nothing_else_will_do(data: Path, name: str) -> None:
    """A renamed CSV, or one whose name says the level, is read by its columns and groups."""
    write_zip(data / LAD_ZIP, {name: atlas_csv()})
    assert values(select.read_measure("lad")) == EXPECTED


def test_a_group_that_two_files_have(data: Path) -> None:
    """A group that the measure's own file has is read there, whatever other files have it; others only there."""
    more = as_csv([row | {"measurement_category": "low_ses_users_25_to_34"} for row in rows(LADS)[: len(LADS)]])
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(), BY_AGE: atlas_csv(values=[0.9] * 14), "by_age_2.csv": more})
    assert max(values(select.read_measure("lad", category="high_ses_users")).values()) == 0.7
    assert select.read_measure("lad", category="low_ses_users_25_to_34").member.base == "by_age_2.csv"


def test_bias_of_languages_is_not_friending_bias(data: Path) -> None:
    """A file of languages with an average_bias of its own serves no map of friending bias, with or without a group."""
    spoken = [row | {"measurement_category": "english_language_users", "average_bias": 0.1} for row in rows(LADS)[:14]]
    columns = ["lad_code", "ds", "measurement_category", "average_bias", "num_users"]
    name = "local_authority/uk_language_connectedness_20250301.csv"
    write_zip(data / LAD_ZIP, {LAD_CSV: atlas_csv(), name: as_csv(spoken, columns)})
    for category, says in (
        (None, "column 'average_bias' not found"),
        ("english_language_users", "is not available for"),
    ):
        with pytest.raises(EcMapsError, match=says):
            select.read_measure("lad", "bias", category)
    write_zip(data / LAD_ZIP, {name: as_csv(spoken, columns)})
    with pytest.raises(EcMapsError, match="no CSV with a column 'average_bias' beside 'high_ses_ratio'"):
        select.read_measure("lad", "bias")
    [held] = [one for one in inventory() if one.member.stored == name]
    assert (held.measures, held.unknown) == ([], ["average_bias"])
    assert "average_bias is friending bias only beside high_ses_ratio" in str(held)


def test_neighbourhoods_keyed_by_their_full_code(data: Path) -> None:
    """A file of groups whose codes are in zip_prediction_full is one of neighbourhoods, and its columns are read."""
    table = [
        {"zip_prediction_full": code, "ds": "2025-02-28", "num_activism_groups_1000_people_zip_full": place / 10}
        for place, code in enumerate(MSOAS)
    ]
    write_zip(data / MSOA_ZIP, {"msoa/uk_groups_2025.csv": as_csv(table)})
    found = select.read_measure("msoa", "activism_groups")
    assert values(found) == {code: place / 10 for place, code in enumerate(MSOAS)}
    assert found.column == "num_activism_groups_1000_people_zip_full"
    [held] = inventory()
    assert "codes: zip_prediction_full; users: not counted; dates: 2025-02-28" in str(held)
    assert held.unknown == []


def test_what_was_found_is_listed(data: Path) -> None:
    """The list says which column counts users, which dates there are and which is read; two counts leave a note."""
    table = [row | {"user_count": 7, "ds": ds} for ds in ("2024-02-28", "2025-02-28") for row in rows(LADS)]
    write_zip(data / LAD_ZIP, {LAD_CSV: as_csv(table)})
    [held] = inventory()
    assert "users: num_users; dates: 2024-02-28, 2025-02-28 (the latest is read)" in str(held)
    assert "shown in per cent (high_ses_ratio)" in str(held)
    notes = select.read_measure("lad").notes
    assert "The file counts users in two columns; num_users is used, and not user_count." in notes


# --- what a browser unpacked ----------------------------------------------------------------------


@pytest.mark.parametrize("home", ["", "local_authority/", "local_authority-20250320T000233Z-001/local_authority/"])
@pytest.mark.parametrize("form", ["csv", "zip"])
def test_unpacked_files_and_folders_are_read(data: Path, home: str, form: str) -> None:
    """CSVs that a browser unpacked, and zips in folders, are read where they lie; other files there do no harm."""
    path = data / home / Path(LAD_CSV if form == "csv" else LAD_ZIP).name
    write_zip(path)
    if form == "csv":
        path.write_text(atlas_csv(), encoding="utf-8")
    (path.parent / "._uk_economic_connectedness_20250301.csv").write_bytes(b"\0\5\x16\7")
    (path.parent / "mine.csv").write_text("name,value\nx,1\n", encoding="utf-8")
    (path.parent / "by_age_2026.csv").write_text(atlas_csv(values=[0.9] * 14), encoding="utf-8")
    found = select.read_measure("lad")
    assert values(found) == EXPECTED
    assert path.name in str(found.member)
    assert [path for path in archives() if path.name == "mine.csv"] == []


def test_an_unpacked_folder_without_the_measure(data: Path) -> None:
    """Unpacked CSVs of other measures are named together, in one sentence."""
    for name in ("support_ratio", "clustering", "volunteering", "activism"):
        path = data / "local_authority" / f"uk_{name}_2025.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(atlas_csv().replace("high_ses_ratio", "average_clustering"), encoding="utf-8")
    found = (
        "4 unzipped CSVs (uk_activism_2025.csv, uk_clustering_2025.csv, uk_support_ratio_2025.csv and 1 more) without"
    )
    assert found in message()


def test_the_demonstration_in_the_project_is_not_of_the_data(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The data folder of the project holds the built-in data in a folder, which no real map is made from."""
    monkeypatch.chdir(root)
    for folder in (root / "data", Path("data"), root / "src" / ".." / "data"):
        use(monkeypatch, data=folder)
        assert [path for path in archives() if "demo" in str(path)] == []


def test_zip_and_unpacked_folder_together(data: Path) -> None:
    """The zip beside what was unpacked from it is no conflict."""
    write_zip(data / LAD_ZIP)
    (data / "local_authority").mkdir()
    (data / LAD_CSV).write_text(atlas_csv(), encoding="utf-8")
    assert values(select.read_measure("lad")) == EXPECTED


def test_what_lies_there_instead_is_named(data: Path) -> None:
    """An unfinished download or a workbook is named in the letter that says what to put there."""
    (data / f"{LAD_ZIP}.crdownload").write_bytes(b"PK")
    (data / "atlas.xlsx").write_bytes(b"PK")
    text = message()
    assert f"There is nothing of the Atlas in what it holds now: atlas.xlsx, {LAD_ZIP}.crdownload." in text


# --- what a CSV may look like ---------------------------------------------------------------------


@given(st.permutations(["lad_code", "ds", "measurement_category", "high_ses_ratio", "num_users"]), st.booleans())
def test_columns_are_read_by_name(columns: list[str], numbered: bool) -> None:
    """In whatever order the columns stand, with the unnamed first one or without, the table is the same."""
    assert values(parsed(as_csv(rows(LADS), columns, numbered=numbered))) == EXPECTED


@given(st.randoms(use_true_random=False))
def test_rows_are_read_in_any_order(chance) -> None:
    """The order of the rows does not matter."""
    table = rows(LADS)
    chance.shuffle(table)
    assert values(parsed(as_csv(table))) == EXPECTED


@pytest.mark.parametrize(
    "content",
    [
        atlas_csv().encode("utf-8-sig"),
        atlas_csv().replace("\n", "\r\n").encode(),
        atlas_csv().replace("\n", "\r").encode(),
        ("\n\n" + atlas_csv() + "\n\n").encode(),
        atlas_csv().rstrip("\n").encode(),
        atlas_csv().replace("lad_code", " LAD_Code ").encode(),
        atlas_csv().replace("low_ses_users", " Low_SES_users").encode(),
        "\n".join(",".join(f'"{cell}"' for cell in line.split(",")) for line in atlas_csv().splitlines()).encode(),
        as_csv([row | {"note": "one,\ntwo"} for row in rows(LADS)]).encode(),
    ],
    ids=["BOM", "CRLF", "CR", "empty lines", "no last newline", "header case", "category case", "quotes", "embedded"],
)
def test_the_forms_of_a_csv(content: bytes) -> None:
    """A byte order mark, any line endings, empty lines, quotes, case and spaces make no difference."""
    assert values(parsed(content)) == EXPECTED


def test_missing_values_stay_missing() -> None:
    """Empty text and the usual words for nothing are missing values, and the area keeps its row."""
    words = ["", "NA", "n/a", "NaN", "null", "None", "<NA>", " "]
    found = values(parsed(atlas_csv(values=[*words, *spread(len(LADS) - len(words))])))
    assert list(found) == sorted(LADS)
    assert [bool(np.isnan(value)) for value in found.values()] == [code in LADS[: len(words)] for code in sorted(LADS)]


def test_codes_are_corrected() -> None:
    """Codes in lower case, quoted or with spaces round them are corrected, and their number is reported."""
    codes = ["e06000001", " E06000002 ", "'E06000003'", *LADS[3:]]
    found = parsed(atlas_csv(codes))
    assert values(found) == EXPECTED
    assert any(note.startswith("3 codes were in lower case, quoted or had spaces") for note in found.notes)


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("E06000001\u00a0", "no-break space (U+00A0)"),
        ("\u200bE06000001", "zero width space (U+200B)"),
        ("\ufeffE06000001", "zero width no-break space (U+FEFF)"),
        ("\uff25\uff106000001", "fullwidth latin capital letter e (U+FF25), fullwidth digit zero (U+FF10)"),
    ],
)
def test_characters_that_nobody_sees_take_no_value_away(code: str, says: str) -> None:
    """An invisible or full-width character in a code does no harm, and the note says which one it is and where."""
    found = parsed(atlas_csv([code, *LADS[1:]]))
    assert values(found) == EXPECTED
    assert f"1 code had characters that do not belong there: {says} in E06000001, line 2; corrected." in found.notes


def test_headers_groups_and_numbers_as_other_programs_write_them() -> None:
    """Odd headers and names of groups, full-width digits and thousands separators are read as what they mean."""
    table = [row | {"num_users": "1,234"} for row in rows(LADS)]
    table[0]["high_ses_ratio"], table[1]["ds"] = "\uff10.3\u00a0", "2025-02-28\u200b"
    content = as_csv(table).replace("lad_code", "\u200bLAD code\u00a0").replace("low_ses_users", "Low SES-users")
    found = parsed(content.replace("high_ses_ratio", '"High SES ratio"'))
    assert (values(found), found.date, found.category) == (EXPECTED, "2025-02-28", "low_ses_users")
    assert set(found.table["num_users"]) == {1234}


def test_a_code_that_only_looks_like_one() -> None:
    """A letter of another alphabet is named in the note on codes that are none."""
    found = parsed(atlas_csv([*LADS[1:], "\u041506000001"]))
    assert any("with cyrillic capital letter ie (U+0415)" in note for note in found.notes)


def test_odd_codes_are_reported() -> None:
    """An invalid code stays for the report of what did not join, and is reported."""
    found = parsed(atlas_csv([*LADS[1:], "OTHER"]))
    assert any(note == '1 row has no valid area code (the first: "OTHER").' for note in found.notes)
    assert "OTHER" in values(found)


def test_small_negatives_are_used_and_reported() -> None:
    """Noise added for privacy can put a share just outside 0 to 1: it is used, and reported."""
    found = parsed(atlas_csv(values=[-0.01, 1.02, *spread(len(LADS))[2:]]))
    assert found.table["value"].min() == -0.01
    assert any("2 values lie just outside 0 to 1 (-0.01 to 1.02)" in note for note in found.notes)


def test_identical_rows_are_dropped_and_reported() -> None:
    """A row that is in the file twice counts once."""
    found = parsed(as_csv([*rows(LADS), rows(LADS)[0]]))
    assert values(found) == EXPECTED
    assert any("1 row repeats another exactly and was left out" in note for note in found.notes)


def test_the_latest_date_is_used() -> None:
    """Of several dates in one file the latest counts, and the note says how many there were."""
    older = [row | {"ds": "2024-02-28", "high_ses_ratio": 0.9} for row in rows(LADS)]
    found = parsed(as_csv([*older, *rows(LADS)]))
    assert values(found) == EXPECTED
    assert found.date == "2025-02-28"
    assert any("2 dates; the latest, 2025-02-28, is used" in note for note in found.notes)


def test_a_local_date_is_kept_as_text() -> None:
    """A date in a local form cannot be ordered: it is used unchanged, and quoted."""
    found = parsed(as_csv([row | {"ds": "20/03/2025"} for row in rows(LADS)]))
    assert values(found) == EXPECTED
    assert found.date == "20/03/2025"
    assert any('not in the form 2025-02-28 (such as "20/03/2025")' in note for note in found.notes)


def test_local_dates_that_cannot_be_ordered() -> None:
    """Of several dates in a local form it is not clear which is the latest: a fault that names them."""
    older = [row | {"ds": "01/02/2024"} for row in rows(LADS)]
    text = fault(as_csv([*older, *(row | {"ds": "02/01/2025"} for row in rows(LADS))]))
    assert "its dates cannot be put in order (01/02/2024, 02/01/2025)" in text


def test_no_date_column() -> None:
    """A file without dates is read, its date empty."""
    columns = ["lad_code", "measurement_category", "high_ses_ratio"]
    assert parsed(as_csv(rows(LADS), columns)).date == ""


# --- what is wrong with a CSV ---------------------------------------------------------------------


@pytest.mark.parametrize("column", ["lad_code", "measurement_category", "high_ses_ratio"])
def test_a_renamed_column(column: str) -> None:
    """A column that is gone is named, with those that are there and what may have happened."""
    text = fault(atlas_csv().replace(column, "renamed"))
    assert f"column '{column}' not found" in text
    assert "renamed" in text
    assert "--refresh" in text


def test_all_missing_columns_are_named_at_once() -> None:
    """Several columns that are gone are named in one message."""
    text = fault("id,measurement_category\n1,low_ses_users\n")
    assert "columns 'lad_code', 'high_ses_ratio' not found" in text


def test_a_column_twice() -> None:
    """Two columns of one name, in whatever case: it is not clear which one is meant."""
    assert "more than one column called high_ses_ratio" in fault(atlas_csv().replace("num_users", "High_SES_ratio"))


def test_another_category() -> None:
    """Without rows for low-income users, the message lists the values that are there."""
    text = fault(atlas_csv().replace("low_ses_users", "low_ses"))
    assert 'no row has measurement_category "low_ses_users"' in text
    assert "high_ses_users, low_ses" in text


def test_more_values_than_names() -> None:
    """One value more on every row would shift every column; it is an error with numbers."""
    head, *body = atlas_csv().splitlines()
    text = fault("\n".join([head, *(f"{line},1" for line in body)]))
    assert f"{len(body)} rows do not have as many values as the header has names" in text
    assert "line 2, has 7; the header 6" in text


@pytest.mark.parametrize("change", [lambda line: f"{line},1", lambda line: line.rsplit(",", 2)[0]])
def test_more_or_fewer_values_on_some_rows(change) -> None:
    """A row that is too long or cut short is named by its line."""
    lines = atlas_csv().splitlines()
    lines[4] = change(lines[4])
    assert "1 row does not have as many values" in fault("\n".join(lines))
    assert "line 5" in fault("\n".join(lines))


def test_text_among_the_values() -> None:
    """Text in the value column is counted, and the first quoted with its line; empty lines count as lines."""
    content = atlas_csv(values=[*spread(len(LADS) - 2), "0,41", "suppressed"])
    assert f'high_ses_ratio is not a number in 2 rows (the first: "0,41" at line {len(LADS)})' in fault(content)
    assert f'"0,41" at line {len(LADS) + 2})' in fault("\n\n" + content)


@pytest.mark.parametrize("value", ["inf", "-inf", "1e400"])
def test_infinite_values(value: str) -> None:
    """An infinite value is no value and no missing one."""
    text = fault(atlas_csv(values=[value, *spread(len(LADS) - 1)]))
    assert f'high_ses_ratio is infinite in 1 row (the first: "{value}" at line 2)' in text


@pytest.mark.parametrize("scale", [100, 4])
def test_percentages(scale: int) -> None:
    """Values that look like percentages are refused with their range."""
    text = fault(atlas_csv(values=[scale * value for value in spread(len(LADS))]))
    assert f"runs from {scale * 0.3:g} to {scale * 0.6:g}, which looks like percentages" in text


def test_far_below_nothing() -> None:
    """Values far below zero are no noise."""
    assert "shares from 0 to 1 were expected" in fault(atlas_csv(values=[-0.7, *spread(len(LADS) - 1)]))


def test_an_area_twice() -> None:
    """One area with two values: the number of such areas, and one with its values."""
    text = fault(as_csv([*rows(LADS), rows(LADS)[0] | {"high_ses_ratio": 0.44}]))
    assert "1 area occurs more than once (such as E06000001: 0.3, 0.44)" in text


@pytest.mark.parametrize("code", ["", "  ", "NA", "null"])
def test_rows_without_a_code(code: str) -> None:
    """A value of no area cannot be drawn, and is not taken for one of Northern Ireland."""
    assert "1 row has no area code" in fault(atlas_csv([code, *LADS[1:]]))


def test_all_values_missing() -> None:
    """A table without one value is refused with the number of its areas."""
    assert f"none of its {len(LADS)} areas has a value in high_ses_ratio" in fault(atlas_csv(values=[""] * len(LADS)))


@pytest.mark.parametrize("content", [",lad_code,measurement_category,high_ses_ratio\n", "\ufeffa,b"])
def test_only_a_header(content: str) -> None:
    """A file of nothing but a header has no data rows."""
    assert "has no data rows, only the header" in fault(content)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file(content: str) -> None:
    """A file of nothing is empty."""
    assert "is empty" in fault(content)


def test_windows_1252() -> None:
    """Bytes that are not UTF-8 are named with line and byte, and not guessed at."""
    table = as_csv([row | {"name": "Ynys Môn"} for row in rows(LADS)])
    text = fault(table.encode("cp1252"))
    assert "is not UTF-8 text (line 2, byte " in text
    assert "Windows-1252" in text


def test_nul_bytes() -> None:
    """A NUL byte is no text."""
    assert "NUL bytes" in fault(atlas_csv().replace("E06000003", "E06000003\0"))


@pytest.mark.parametrize("quote", ['"', '"' + "x" * 200_000], ids=["short", "beyond any field"])
def test_an_open_quote(quote: str) -> None:
    """A quote that is never closed swallows the rest of the file; it is an error with a line."""
    assert "is not a readable CSV: line " in fault(atlas_csv().replace("E06000005", quote, 1))


def test_all_faults_at_once() -> None:
    """Every fault of one file is in one message."""
    table = [*rows(LADS), rows(LADS)[0] | {"high_ses_ratio": 0.44}]
    table[1]["high_ses_ratio"], table[2]["high_ses_ratio"], table[3]["lad_code"] = "many", "inf", ""
    table[4]["high_ses_ratio"] = 41.0
    text = fault(as_csv(table))
    for part in ("is not a number", "is infinite", "no area code", "more than once", "looks like percentages"):
        assert part in text
    assert text.count("\n") == 0


def test_numbers_are_read_to_the_last_digit() -> None:
    """A value is the number that is written, to the last bit."""
    written = ["0.1", "0.30000000000000004", "4.1e-1", "0.47123456789012345", *map(str, spread(len(LADS) - 4))]
    found = values(parsed(atlas_csv(values=written)))
    assert [found[code] for code in LADS] == [float(text) for text in written]


def test_the_table_merges_with_text(data: Path) -> None:
    """Codes come as text, the type that a plain table of codes has."""
    write_atlas(data)
    assert select.read_measure("lad").table["code"].dtype == pd.Series(["a"]).dtype
