"""The brief for a committee: one tagged page that says what the place's page says, on any printer."""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import ec_maps
import facts
from ec_maps.analysis.district import DistrictProfile, district_profile
from ec_maps.analysis.two_questions import CAUTION, two_lists
from ec_maps.areas.groups import PlaceGroup
from ec_maps.areas.places import search_places
from ec_maps.errors import MissingExtraError, PlaceError, SettingError
from ec_maps.graphics import palette
from ec_maps.graphics.layout import DEMO_WORDS
from ec_maps.graphics.svg_print import NUMBER
from ec_maps.maps.choropleth import local_map, national_map, regional_map
from ec_maps.site import brief, brief_page
from ec_maps.site.brief_page import Brief, Picture, Section
from made import VALUE, Tables, demo_tables, demonstration, real_tables
from pdf import Pdf
from tested_places import sample

#: A4 in points.
A4 = (595.28, 841.89)

#: A name of 60 letters, one of its words as long as any in use.
LONG = "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch A"

MANY = [Section(f"The {number} list", "It has sentences. " * 9, [f"Somewhere {n:03}" for n in range(40)], after="Care.")
        for number in ("first", "second")]  # fmt: skip


#: The national map of each table, which all briefs share.
_national: dict[int, Picture] = {}


def national(tables: Tables) -> Picture:
    """Return the national map, drawn once."""
    if id(tables.lads) not in _national:
        whole = national_map(tables.lads)
        _national[id(tables.lads)] = Picture(whole.svg(), whole.alt_text)
    return _national[id(tables.lads)]


def drawn(tables: Tables, name: str) -> Brief:
    """Return the brief of a district from its tables, with maps drawn for it."""
    profile = district_profile(tables.lads, tables.msoas, name)
    maps = [regional_map(tables.lads, profile.region, highlight=[name])]
    if len(profile.msoas):
        maps.insert(0, local_map(tables.msoas, name))
    shown = [Picture(one.svg(), one.alt_text) for one in maps]
    return brief.of_profile(
        profile, shown, national(tables), msoas=tables.msoas, address="https://maps.example.org/places/a.html"
    )


@pytest.fixture(scope="module", autouse=True)
def demo_data(demo_data_dir: Path) -> Iterator[None]:
    """Switch the library to the demonstration data."""
    with demonstration(demo_data_dir):
        yield


@pytest.fixture(scope="module")
def tables(demo_data_dir: Path) -> Tables:
    """Return the tables of the demonstration data."""
    return demo_tables(demo_data_dir)


@pytest.fixture(scope="module")
def profile(tables: Tables) -> DistrictProfile:
    """Return the profile of Great Yarmouth."""
    return district_profile(tables.lads, tables.msoas, "Great Yarmouth")


@pytest.fixture(scope="module")
def document(tables: Tables) -> Brief:
    """Return the brief of Great Yarmouth, with two lists and a section."""
    return replace(drawn(tables, "Great Yarmouth"), lists=MANY, sections=[Section("Similar places", "They are these.")])


@pytest.fixture(scope="module")
def pdf(document: Brief) -> Pdf:
    """Return it as PDF."""
    return Pdf(document.pdf())


def test_it_says_the_numbers_of_the_page(profile: DistrictProfile, pdf: Pdf) -> None:
    """Value, decile and rank, the medians, and the counts in the sentence and in the table are those of the profile."""
    text = pdf.text
    assert profile.summary in text
    assert profile.compared in text
    assert profile.inside in text
    assert facts.counts(profile.inside) == {at: number for at, number in enumerate(profile.deciles, 1) if number}
    table = re.search(r"Neighbourhoods ((?:[\d–]+ ){10})", text)
    assert table
    assert [0 if cell == "–" else int(cell) for cell in table[1].split()] == profile.deciles
    assert "do not rank two places" in text
    assert "Data of 28 February 2025." in text
    assert "https://maps.example.org/places/a.html" in text


def test_it_is_one_page_of_a4(pdf: Pdf) -> None:
    """However long its lists are."""
    assert pdf.pages == 1
    assert [float(edge) for edge in pdf.file.pages[0].MediaBox] == pytest.approx([0, 0, *A4], abs=0.5)
    left, bottom, right, top = np.array([box for *_, box in pdf.letters()]).T
    assert left.min() > 28  # 10 mm
    assert right.max() < A4[0] - 28
    assert bottom.min() > 20
    assert top.max() < A4[1] - 20


def test_it_declares_what_readers_need(pdf: Pdf) -> None:
    """PDF/UA-1, tagged, in British English, with a title that is shown, and its tab order that of the structure."""
    root = pdf.file.Root
    assert root.MarkInfo.Marked
    assert str(root.Lang) == "en-GB"
    assert root.ViewerPreferences.DisplayDocTitle
    about = pdf.file.open_metadata()
    assert about["{http://www.aiim.org/pdfua/ns/id/}part"] == "1"
    assert about["dc:title"] == "Economic connectedness in Great Yarmouth: a brief for a committee"
    assert pdf.file.pages[0].Tabs == "/S"


def test_its_structure_is_read_in_order(document: Brief, pdf: Pdf) -> None:
    """One main heading, then sections; the maps with alternative texts; ten deciles as heads; lists as lists."""
    tags = [str(one.S)[1:] for one in pdf.tags()]
    assert [tag for tag in tags if re.fullmatch(r"H\d", tag)] == ["H1", "H2", "H2", "H2", "H2"]
    assert [str(one.Alt) for one in pdf.tags("Figure")] == [picture.alt_text for picture in document.pictures]
    assert "Outlined: Great Yarmouth." in document.pictures[2].alt_text
    heads = pdf.tags("TH")
    assert len(heads) == 11
    assert all("/Column" in str(head.A) for head in heads)
    assert len(pdf.tags("L")) == 2
    assert len(pdf.tags("LI")) == len(pdf.tags("LBody")) >= 6
    assert tags.index("H1") < tags.index("Figure") < tags.index("Table") < tags.index("L") < tags.index("Link")
    # Nothing stands outside the elements that readers announce.
    assert {str(one.S)[1:] for one in pdf.file.Root.StructTreeRoot.K[0].K if hasattr(one, "S")} <= {
        *("P", "H1", "H2", "Figure", "Table", "L", "Div"),
    }


def test_its_link_says_where_it_leads(pdf: Pdf) -> None:
    """The one link has words of its own, which are its address."""
    (link,) = pdf.file.pages[0].Annots
    assert str(link.A.URI) == str(link.Contents) == "https://maps.example.org/places/a.html"


def test_it_brings_its_typeface(pdf: Pdf) -> None:
    """All fonts are in the file, and are those that come with the library's own."""
    assert pdf.fonts() == {"DejaVuSans": True, "DejaVuSans-Bold": True}


def test_nothing_is_too_small_to_read(pdf: Pdf) -> None:
    """No letter is below 7.5 points on paper, those on the maps included."""
    sizes = [size for _, size, _ in pdf.letters()]
    assert min(sizes) >= 7.49
    assert len([size for size in sizes if size == pytest.approx(NUMBER, abs=0.05)]) > 60


def test_the_demonstration_is_stamped(pdf: Pdf) -> None:
    """On the page, on each of the maps, and in each alternative text."""
    words = "".join(letter for letter, *_ in pdf.letters())
    assert words.count(DEMO_WORDS.replace(" ", "")) >= 4
    assert all(str(one.Alt).startswith("Demonstration data, not real values.") for one in pdf.tags("Figure"))


def test_black_and_white_is_enough() -> None:
    """In grey, each decile is lighter than the one before, and its number stands out from it."""

    def light(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        return sum(
            weight * (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
            for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True)
        )

    shades = [light(colour) for colour in palette.ice_colours()]
    assert shades == sorted(shades)
    for colour, shade in zip(palette.ice_colours(), shades, strict=True):
        low, high = sorted([shade, light(palette.ink_on(colour))])
        assert (high + 0.05) / (low + 0.05) >= 4.5


def test_a_number_lies_on_its_area_in_grey(document: Brief, pdf: Pdf) -> None:
    """Around each number of the map of neighbourhoods is the grey of the decile that it names."""
    grey, scale = pdf.pixels(scale=4), 4
    greys = [
        round(0.299 * red + 0.587 * green + 0.114 * blue)
        for red, green, blue in (
            [int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in palette.colours(ec_maps.MEASURES[VALUE])
        )
    ]
    left, bottom, right, top = map(float, pdf.tags("Figure")[0].A[0].BBox)
    seen = 0
    for letter, _, box in pdf.letters():
        inside = left < box[0] and box[2] < right and bottom < box[1] and box[3] < top
        if letter.isdigit() and inside:
            part = grey[round((A4[1] - box[3]) * scale) : round((A4[1] - box[1]) * scale),
                        round(box[0] * scale) : round(box[2] * scale)]  # fmt: skip
            shade, often = np.unique(part, return_counts=True)
            assert abs(int(shade[often.argmax()]) - greys[int(letter) - 1]) <= 2, letter
            seen += 1
    assert sum(document.counts) >= seen >= 0.7 * sum(document.counts)  # the smallest have no room


def test_the_same_brief_is_the_same_file(document: Brief, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set again, by a new compiler and at another time, it has the same bytes."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = document.pdf()
    brief_page._compiler.cache_clear()
    assert document.pdf() == before
    assert len(before) < 400_000


@pytest.mark.full
def test_another_machine_writes_the_same_file(demo_data_dir: Path, tmp_path: Path) -> None:
    """Two processes with other homes, without the machine's fonts and settings, write the same bytes."""
    found = []
    for home in ("a", "b"):
        (tmp_path / home).mkdir()
        variables = {"HOME": str(tmp_path / home), "EC_MAPS_SOURCE": "demo", "EC_MAPS_DATA_DIR": str(demo_data_dir)}
        variables |= {"FONTCONFIG_FILE": str(tmp_path / "none"), "PYTHONHASHSEED": "1" if home == "a" else "2"}
        command = [sys.executable, "-m", "ec_maps", "brief", "Norwich", "-o", str(tmp_path / home / "x.pdf")]
        subprocess.run(command, check=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]} | variables)
        found.append((tmp_path / home / "x.pdf").read_bytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("name", [LONG, "W" * 60, "An administrative county of many towns, of the old kind and o"])
def test_a_name_of_sixty_letters_stays_on_the_page(document: Brief, name: str) -> None:
    """Its heading is set smaller or in two lines; nothing goes over the edge or to a second page."""
    long = replace(document, title=name, summary=document.summary.replace("Great Yarmouth", name))
    pdf = Pdf(long.pdf())
    assert pdf.pages == 1
    if "W" * 60 not in name:  # which no sentence could hold
        assert max(box[2] for *_, box in pdf.letters()) < A4[0] - 28
    assert min(size for _, size, _ in pdf.letters()) >= 7.49


def test_markup_in_a_name_is_text(document: Brief) -> None:
    """Signs that mean something to typst are printed."""
    name = '#panic("x") *a* _b_ $c$ <d> @e \\ `f` // g'
    assert name in Pdf(replace(document, title=name).pdf()).text


@pytest.mark.full
def test_the_whole_brief_has_lists_and_similar_places() -> None:
    """The two lists are those of `two_lists`, the similar places those of `similar`, each with its source."""
    found = io.BytesIO()
    ec_maps.brief("Birmingham", found)
    pdf = Pdf(found.getvalue())
    assert pdf.pages == 1
    assert ec_maps.similar("Birmingham").attrs["in_words"] in pdf.text
    assert "Similar places: Office for National Statistics" in pdf.text
    msoas = ec_maps.bivariate_table(ec_maps.load_areas("msoa"))
    lists = two_lists(msoas, set(msoas.loc[msoas["lad21nm"] == "Birmingham", "lad21cd"]))
    for one in lists:
        assert one.heading in pdf.text
        assert one.sentence.partition(". ")[0] in pdf.text
        listed = [name for name in one.rows["msoa21nm"] if name in pdf.text]
        more = re.search(r"and (\d+) more", pdf.text) if len(listed) < len(one.rows) else None
        assert len(listed) + (int(more[1]) if more else 0) == len(one.rows)
    assert CAUTION in pdf.text


@pytest.mark.full
def test_a_group_has_a_brief_without_a_value() -> None:
    """It says how its neighbourhoods are spread, and what its local authorities have."""
    found = io.BytesIO()
    ec_maps.brief("Norfolk", found)
    pdf = Pdf(found.getvalue())
    assert pdf.pages == 1
    text = pdf.text
    assert "The Atlas publishes no value for it as a whole" in text
    assert "Its seven local authorities" in text
    assert "Great Yarmouth, 40.5% (decile 2)" in text
    assert "Of its 110 neighbourhoods" in text
    fens = PlaceGroup("Fens", "group", tuple(search_places("fenland") + search_places("boston")))
    own = io.BytesIO()
    ec_maps.brief(fens, own)
    assert "Fens" in Pdf(own.getvalue()).text


@pytest.mark.full
def test_a_place_without_neighbourhoods(demo_data_dir: Path) -> None:
    """A Scottish district has two maps, and the table counts the districts of Scotland."""
    del demo_data_dir
    found = io.BytesIO()
    ec_maps.brief("Scottish Borders", found)
    pdf = Pdf(found.getvalue())
    assert pdf.pages == 1
    assert len(pdf.tags("Figure")) == 2
    assert "Local authorities in Scotland" in pdf.text
    assert "Neighbourhood data cover England and Wales only" in pdf.text
    assert "in the United Kingdom" in pdf.text


@pytest.mark.full
def test_every_place_fits_one_page(tables: Tables) -> None:
    """Those of all kinds, with the longest lists: one neighbourhood, 132 of them, none, no estimate, a long name."""
    names = {*sample(tables.lads["lad21nm"]), max(tables.lads["lad21nm"], key=len), "Isles of Scilly", "Birmingham"}
    for name in sorted(names):
        pdf = Pdf(replace(drawn(tables, name), lists=MANY, sections=MANY[:1]).pdf())
        assert pdf.pages == 1, name
        assert min(box[1] for *_, box in pdf.letters()) > 20, name
        assert min(size for _, size, _ in pdf.letters()) >= 7.49, name


@pytest.mark.full
@pytest.mark.geo
@pytest.mark.parametrize(
    "name", ["Great Yarmouth", "Birmingham", "Isles of Scilly", "Bournemouth, Christchurch and Poole"]
)
def test_real_outlines_fit_one_page_and_a_light_file(geo: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the real boundaries too; numbers stand on most of Birmingham's 132 neighbourhoods."""
    monkeypatch.setenv("EC_MAPS_SOURCE", "live")
    monkeypatch.setattr(brief_page, "line", lambda: "Values: UK Social Capital Atlas, dated 2025-02-28. " * 4)
    monkeypatch.setattr(brief_page, "data_date", lambda _: "2025-02-28")
    document = drawn(real_tables(geo), name)
    content = document.pdf()
    assert len(content) < 400_000
    pdf = Pdf(content)
    assert pdf.pages == 1
    assert DEMO_WORDS not in pdf.text
    if name == "Birmingham":
        left, bottom, right, top = map(float, pdf.tags("Figure")[0].A[0].BBox)
        digits = [letter for letter, _, box in pdf.letters() if letter.isdigit() and left < box[0] < right
                  and bottom < box[1] < top]  # fmt: skip
        assert len(digits) > 0.6 * sum(document.counts)


@pytest.mark.full
def test_verapdf_finds_no_fault(document: Brief, root: Path, tmp_path: Path) -> None:
    """The validator of the PDF Association finds no fault against PDF/UA-1, and does find one that was put in.

    EC_MAPS_TEST_VERAPDF is the Java class path of veraPDF; without it, or Java, the test is skipped.
    """
    java, path = shutil.which("java"), os.environ.get("EC_MAPS_TEST_VERAPDF")
    if not java or not path:
        pytest.skip("EC_MAPS_TEST_VERAPDF can be the Java class path of veraPDF")
    (tmp_path / "sound.pdf").write_bytes(document.pdf())
    pdf = Pdf(document.pdf())
    for figure in pdf.tags("Figure"):
        del figure.Alt
    pdf.file.save(tmp_path / "faulty.pdf")
    found = {}
    for name in ("sound", "faulty"):
        command = [java, "-cp", path, str(root / "tests" / "verapdf" / "Check.java"), str(tmp_path / f"{name}.pdf")]
        lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
        assert lines[0] == "rules: 106"
        found[name] = lines[1:]
    assert found["sound"] == []
    assert len(found["faulty"]) == 3
    assert all(fault.startswith("fault: 7.3 Figure tags shall include") for fault in found["faulty"])


# --- faults -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "kind", "words"),
    [
        pytest.param(  # found out when the maps are drawn
            lambda to: ec_maps.brief("Norwich", to / "none" / "x.pdf"),
            SettingError,
            "The brief could not be written to",
            marks=pytest.mark.full,
        ),
        (lambda to: ec_maps.brief("Norwich", to / "x.png"), SettingError, "does not end in .pdf"),
        (lambda _: ec_maps.brief("Norwich", io.StringIO()), SettingError, "is open for text"),
        (lambda to: ec_maps.brief("Great Yarmoth", to / "x.pdf"), PlaceError, "Did you mean: Great Yarmouth?"),
        (lambda to: ec_maps.brief(5, to / "x.pdf"), PlaceError, "is not the name of a place"),
        (lambda _: ec_maps.brief("Norwich", None), SettingError, "A brief is saved into a path"),
    ],
)
def test_a_fault_is_a_letter(call: Callable[[Path], object], kind: type[Exception], words: str, tmp_path: Path) -> None:
    """It says what failed and what to do, and leaves no file."""
    with pytest.raises(kind) as caught:
        call(tmp_path)
    assert words in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_without_typst_the_letter_names_the_extra(document: Brief, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is optional."""

    def absent(extra: str, purpose: str) -> None:
        msg = f"{purpose} needs {extra}"
        raise MissingExtraError(msg)

    monkeypatch.setattr("ec_maps.settings.require_extra", absent)
    with pytest.raises(MissingExtraError, match="Writing a brief needs brief"):
        document.pdf()
