"""The ten colours: apart from one another and from all else, for every eye; and what is said of a faulty file."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ec_maps import ice_colours
from ec_maps.errors import PaletteError
from ec_maps.graphics import palette
from made import rgb

SIGHTS = ["Normal", "Protanomaly", "Deuteranomaly", "Tritanomaly"]
CONTEXT = {"sea": palette.SEA, "neighbours": palette.NEIGHBOUR}


def seen_lab(code: str, sight: str) -> np.ndarray:
    """Return a colour's CIE L*a*b* as seen with a kind of sight, colour blindness at its full strength."""
    import colour

    encoded = np.array(rgb(code)) / 255
    linear = colour.models.eotf_sRGB(encoded)
    if sight != "Normal":
        with colour.utilities.suppress_warnings(colour_usage_warnings=True):  # the model's caveat on tritanopia
            matrix = colour.matrix_cvd_Machado2009(sight, 1.0)
        linear = np.clip(matrix @ linear, 0, 1)
    tristimulus = colour.RGB_to_XYZ(linear, "sRGB", apply_cctf_decoding=False)
    white = colour.CCS_ILLUMINANTS["CIE 1931 2 Degree Standard Observer"]["D65"]
    return np.asarray(colour.XYZ_to_Lab(tristimulus, white))


def distance(one: str, other: str, sight: str) -> float:
    """Return the CIE76 distance of two colours as seen."""
    return float(np.linalg.norm(seen_lab(one, sight) - seen_lab(other, sight)))


def greys() -> list[str]:
    """Return ten good colours, for a test to spoil."""
    return [f"#{level:02x}{level:02x}{level:02x}" for level in range(20, 240, 22)]


@pytest.fixture
def written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the palette file of a project of its own, not yet there."""
    for mark in ("_quarto.yml", "places.yml"):
        (tmp_path / mark).touch()
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "assets" / "palettes" / "ice.txt"
    path.parent.mkdir(parents=True)
    return path


def test_ten_colours(root: Path) -> None:
    """There are ten hex colours, those of the file, in its order."""
    colours = ice_colours()
    assert len(set(colours)) == 10
    assert colours == (root / "assets" / "palettes" / "ice.txt").read_text(encoding="utf-8").split()
    assert all(len(code) == 7 and code == code.lower() for code in colours)


def test_from_purple_to_ice() -> None:
    """Decile 1 is deep purple, decile 10 nearly white."""
    red, green, blue = rgb(ice_colours()[0])
    assert green < red < blue < 128
    assert min(rgb(ice_colours()[-1])) > 220


def test_lightness_rises_evenly() -> None:
    """From each class to the next lightness rises by about the same step."""
    steps = [palette.lightness(b) - palette.lightness(a) for a, b in pairwise(ice_colours())]
    assert min(steps) > 0
    assert max(steps) < 1.5 * min(steps)


def test_lightness_is_the_cie_s() -> None:
    """Lightness and luminance agree with an independent library's."""
    for code in [*ice_colours(), "#000000", "#ffffff", "#808080"]:
        assert palette.lightness(code) == pytest.approx(seen_lab(code, "Normal")[0], abs=0.05)


@pytest.mark.parametrize("sight", SIGHTS)
def test_neighbours_are_apart(sight: str) -> None:
    """Classes next to each other are at least 10 apart, for every kind of sight."""
    for one, other in pairwise(ice_colours()):
        assert distance(one, other, sight) >= 10, (one, other)


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("what", CONTEXT)
def test_classes_are_apart_from_the_land_around(sight: str, what: str) -> None:
    """Every class is at least 10 from the sea and from the neighbours' grey, for every kind of sight."""
    for code in ice_colours():
        assert distance(code, CONTEXT[what], sight) >= 10, code


def test_ink_reads_on_every_class() -> None:
    """The ink of a label on a class has a contrast of at least 4.5, as WCAG asks of text."""
    for code in ice_colours():
        one, other = sorted(map(palette.relative_luminance, (code, palette.ink_on(code))))
        assert (other + 0.05) / (one + 0.05) >= 4.5, code


def test_hatching_shows() -> None:
    """The hatching has a contrast of at least 3 with its ground, as WCAG asks of graphics, and is no class's colour."""
    one, other = sorted(map(palette.relative_luminance, (palette.HATCH, palette.MISSING)))
    assert (other + 0.05) / (one + 0.05) >= 3
    assert not {palette.HATCH, palette.MISSING, palette.SEA, palette.NEIGHBOUR, palette.PAGE} & set(ice_colours())


@given(st.tuples(*[st.integers(0, 255)] * 3).map(lambda c: "#{:02x}{:02x}{:02x}".format(*c)))
def test_ink_is_the_better_of_the_two(code: str) -> None:
    """On any colour the ink is the one of the two with more contrast."""

    def contrast(ink: str) -> float:
        one, other = sorted(map(palette.relative_luminance, (code, ink)))
        return (other + 0.05) / (one + 0.05)

    chosen = palette.ink_on(code)
    assert chosen in ("#ffffff", palette.INK)
    assert contrast(chosen) == max(contrast("#ffffff"), contrast(palette.INK))


def test_own_palette(written: Path) -> None:
    """A project's own file counts: capital letters, blank lines and a change while the process runs included."""
    written.write_text("\n\n".join(greys()).upper(), encoding="utf-8")
    assert ice_colours() == greys()
    written.write_text("\n".join(["#000000", *greys()[1:]]), encoding="utf-8")
    assert ice_colours()[0] == "#000000"


def test_missing_file(written: Path) -> None:
    """Without the file the error names it and says what it should be."""
    written.mkdir()
    with pytest.raises(PaletteError, match=r"ice\.txt.*ten hex colours"):
        ice_colours()


def test_all_faults_at_once(written: Path) -> None:
    """A missing colour, a line that is no colour and one darker than the one before are reported together."""
    colours = greys()
    colours[3], colours[6] = "#12345g", "#000000"
    written.write_text("\n".join(colours[:9]), encoding="utf-8")
    with pytest.raises(PaletteError) as caught:
        ice_colours()
    said = str(caught.value)
    for part in (str(written), 'line 4: "#12345g"', "line 7: #000000", "9 colours", "10"):
        assert part in said


@pytest.mark.parametrize("lines", [9, 11])
def test_too_few_or_many(written: Path, lines: int) -> None:
    """Nine or eleven colours are an error that says how many there are."""
    colours = greys()
    written.write_text("\n".join([*colours, "#ffffff"][:lines]), encoding="utf-8")
    with pytest.raises(PaletteError, match=f"{lines} colours"):
        ice_colours()


def test_equal_neighbours(written: Path) -> None:
    """Two classes of one colour are an error that names the second line."""
    colours = greys()
    colours[5] = colours[4]
    written.write_text("\n".join(colours), encoding="utf-8")
    with pytest.raises(PaletteError, match="line 6"):
        ice_colours()
