"""The values of the demonstration data: a formula over the map and seeded noise. They describe no real place.

The pattern is plausible (higher around the capital and in the south, lower in the north-east, the valleys and dense
towns), so that maps and sentences can be judged; no measured value is used.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

SEED = 20250228
DATE = "2025-02-28"
MEANS = {"low_ses_users": 0.47, "high_ses_users": 0.60}

#: Districts without a row, districts with an empty value, and one whose neighbourhoods all have no value.
NO_ROW = ("Eden", "Torridge")
NO_VALUE = ("Merthyr Tydfil", "Moray", "Ryedale")
BLANK_INSIDE = "Eden"
SHARE_MISSING = 0.015
#: The listed places: only one neighbourhood is missing, to show the hatching.
LISTED = ("Great Yarmouth", "Redcar and Cleveland", "Telford and Wrekin")
ALSO_MISSING = "Telford and Wrekin 010"
NEVER_MISSING = ("City of London", "Isles of Scilly", *LISTED)


#: The assumed number of neighbourhoods of a Scottish or Northern Irish district, if not the usual number.
USUAL = 20
PARTS = {
    "Aberdeen City": 30,
    "Belfast": 44,
    "City of Edinburgh": 67,
    "Clackmannanshire": 7,
    "Fife": 47,
    "Glasgow City": 82,
    "Highland": 30,
    "Inverclyde": 10,
    "Na h-Eileanan Siar": 4,
    "North Lanarkshire": 44,
    "Orkney Islands": 3,
    "Shetland Islands": 3,
    "South Lanarkshire": 41,
}


def neighbourhood_values(areas: gpd.GeoDataFrame, seed: int = SEED) -> pd.DataFrame:
    """Return a row per neighbourhood: its codes, user counts and the values of every measure, none missing yet.

    Columns: ``code lad21cd lad21nm name users`` and, for each category, ``ratio_<category> expected_<category>
    bias_<category>``, then the other measures under their Atlas names.
    """
    rng = np.random.default_rng(seed)
    centre = areas.geometry.centroid
    x, y = centre.x.to_numpy() / 1e5, centre.y.to_numpy() / 1e5
    hectares = areas.geometry.area.to_numpy() / 1e4
    district = areas["lad21cd"].factorize()[0]
    table = pd.DataFrame({"code": areas["msoa21cd"], "lad21cd": areas["lad21cd"], "lad21nm": areas["lad21nm"]})
    table["name"] = areas["msoa21nm"]
    table["users"] = rng.integers(900, 2400, len(areas))
    chance = np.random.default_rng(seed + 7)

    def own() -> np.ndarray:
        """Return noise by district for one measure only."""
        drawn: np.ndarray = chance.normal(0, 1, district.max() + 1)[district]
        return drawn

    capital = np.exp(-((x - 5.3) ** 2 + (y - 1.75) ** 2) / 1.2)
    valleys = np.exp(-((x - 3.05) ** 2 + (y - 1.95) ** 2) / 0.05)
    dense = np.clip(np.log10(2000 / hectares), 0, 1.5)
    field = 0.10 * capital - 0.06 * valleys - 0.012 * y + 0.015 * np.sin(2.1 * x + 0.7) * np.cos(1.7 * y)
    field += 0.012 * np.sin(5.3 * x) * np.sin(4.1 * y + 1) - 0.03 * dense * (1 - capital)
    low = field + rng.normal(0, 0.028, district.max() + 1)[district] + rng.normal(0, 0.035, len(areas))
    for category, mean in MEANS.items():
        spread = 1.0 if category == "low_ses_users" else 0.7
        ratio = spread * low + rng.normal(0, 0.008 if spread < 1 else 0, len(areas))
        ratio += mean - np.average(ratio, weights=table["users"])
        bias = 0.09 - 0.25 * (ratio - mean) + rng.normal(0, 0.03, len(areas)) + 0.025 * own()
        bias = np.clip(bias, -0.08, 0.30)
        table[f"ratio_{category}"] = np.clip(ratio, 0.2, 0.9)
        table[f"bias_{category}"] = bias
        table[f"expected_{category}"] = table[f"ratio_{category}"] / (1 - bias)
    raised = table["ratio_low_ses_users"].to_numpy() - MEANS["low_ses_users"]
    noise = {name: rng.normal(0, 1, len(areas)) for name in ("a", "b", "c", "d", "e", "f", "g")}
    table["average_clustering"] = 0.11 + 0.04 * (1 - capital) + 0.008 * noise["a"] + 0.012 * own()
    table["average_support_ratio"] = 0.88 + 0.05 * (1 - capital) + 0.012 * noise["b"] + 0.012 * own()
    table["english_language_ratio"] = np.clip(0.97 - 0.22 * capital + 0.015 * noise["c"] - 0.02 * abs(own()), 0, 1)
    table["expected_english_language_ratio"] = np.clip(
        table["english_language_ratio"] + 0.01 * noise["d"] + 0.008 * own(), 0, 1
    )
    for kind, mean, slope, rough, unlike in (
        ("volunteering", 0.075, 0.12, 0.012 * noise["e"], 0.008),
        ("activism", 0.045, 0.05, 0.010 * noise["f"], 0.008),
    ):
        members = np.clip(mean + slope * raised + rough + unlike * own(), 0, 1)
        table[f"{kind}_fraction"] = members
        table[f"{kind}_groups"] = 120 * members * np.exp(0.25 * own())
    table["target_age_cohort_ratio"] = np.clip(0.42 + 0.05 * capital + 0.02 * noise["g"] + 0.015 * own(), 0, 1)
    table["expected_target_age_cohort_ratio"] = table["target_age_cohort_ratio"] * (1.06 + 0.02 * own())
    return table


def district_values(neighbourhoods: pd.DataFrame) -> pd.DataFrame:
    """Return the same columns with a row per district: averages of its neighbourhoods, weighted by their users."""
    numbers = [name for name in neighbourhoods.columns if neighbourhoods[name].dtype == float]
    weighted = neighbourhoods[numbers].mul(neighbourhoods["users"], axis=0)
    sums = weighted.groupby(neighbourhoods["lad21cd"]).sum()
    users = neighbourhoods.groupby("lad21cd")["users"].sum()
    table = sums.div(users, axis=0).assign(users=users)
    table["name"] = table["lad21nm"] = neighbourhoods.groupby("lad21cd")["lad21nm"].first()
    return table.rename_axis("code").reset_index()


def northern_values(districts: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the same columns for the Scottish and Northern Irish districts.

    Each is the average of several neighbourhoods at one place, so that values vary as those of the other districts.
    """
    parts = districts["lad21nm"].map(lambda name: PARTS.get(name, USUAL))
    areas = districts.loc[districts.index.repeat(parts)].reset_index(drop=True)
    areas["msoa21cd"], areas["msoa21nm"] = areas["lad21cd"], areas["lad21nm"]
    return district_values(neighbourhood_values(areas, SEED + 3))


def missing_neighbourhoods(table: pd.DataFrame) -> pd.Series:
    """Return which neighbourhoods have no value."""
    rng = np.random.default_rng(SEED + 1)
    drawn = pd.Series(rng.random(len(table)) < SHARE_MISSING, index=table.index)
    complete = table["lad21nm"].isin(NEVER_MISSING)
    return (drawn & ~complete) | (table["lad21nm"] == BLANK_INSIDE) | (table["name"] == ALSO_MISSING)


def tables(values: pd.DataFrame, key: str, missing: pd.Series, absent: pd.Series) -> dict[str, pd.DataFrame]:
    """Return the Atlas's CSVs by member name, rows in random order, with an unnamed column of row numbers.

    Parameters
    ----------
    values
        From :func:`neighbourhood_values` or :func:`district_values`.
    key
        The column that holds the code: ``zip_prediction`` or ``lad_code``.
    missing, absent
        Which areas have an empty value, and which have no row at all.
    """
    per = "zip" if key == "zip_prediction" else "lad"
    files: dict[str, list[pd.DataFrame]] = {}
    for category in MEANS:
        ratio, expected = values[f"ratio_{category}"], values[f"expected_{category}"]
        connected = {
            "high_ses_ratio": ratio,
            "expected_high_ses_ratio": expected,
            "average_bias": values[f"bias_{category}"],
        }
        files.setdefault("economic_connectedness_20250301", []).append(
            _part(values, key, category, connected, "num_users")
        )
        by_age = {"high_ses_ratio": ratio - 0.02}
        files.setdefault("economic_connectedness_by_age_2025", []).append(
            _part(values, key, f"{category}_25_to_34", by_age, "num_users")
        )
    single = {
        "clustering_20250301": ("all_users", ["average_clustering"], "num_users"),
        "support_ratio_20250301": ("all_users", ["average_support_ratio"], "user_count"),
        "language_connectedness_20250301": (
            "english_language_users",
            ["english_language_ratio", "expected_english_language_ratio"],
            "num_users",
        ),
        "age_connectedness_20250301": ("target_age_cohort_users", ["target_age_cohort_ratio"], "num_users"),
        "volunteering_20250301": ("all_users", ["volunteering_fraction"], "user_count"),
        "activism_20250301": ("all_users", ["activism_fraction"], "user_count"),
    }
    for stem, (category, columns, count) in single.items():
        measures = {name: values[name] for name in columns}
        if columns == ["target_age_cohort_ratio"]:
            measures["expected_target_age_cohort_ratio"] = values["expected_target_age_cohort_ratio"]
        for kind in ("volunteering", "activism"):
            if stem.startswith(kind):
                measures[f"num_{kind}_groups_1000_people_{per}"] = values[f"{kind}_groups"]
        files[stem] = [_part(values, key, category, measures, count)]
    rng = np.random.default_rng(SEED + 2)
    empty, gone = set(values["code"][missing]), set(values["code"][absent])
    result = {}
    for stem, parts in files.items():
        table = pd.concat(parts, ignore_index=True)
        table = table[~table[key].isin(gone)]
        numbers = [name for name in table.columns if table[name].dtype == float]
        table.loc[table[key].isin(empty), numbers] = np.nan
        result[f"uk_{stem}.csv"] = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    return result


def _part(values: pd.DataFrame, key: str, category: str, measures: dict[str, pd.Series], count: str) -> pd.DataFrame:
    # Districts have close values: with four digits, many would be equal.
    digits = 4 if key == "zip_prediction" else 6
    rounded = {name: series.round(digits) for name, series in measures.items()}
    frame = pd.DataFrame({key: values["code"], "ds": DATE, "measurement_category": category, **rounded})
    return frame.assign(**{count: values["users"] // 2 if "ses" in category else values["users"]})


def with_strange_columns(files: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the CSVs of neighbourhoods with two more columns, which are in the Atlas without an explanation."""
    name = next(name for name in files if name.startswith("uk_volunteering_"))
    table = files[name]
    groups = (table["num_volunteering_groups_1000_people_zip"] * 1.1).round(4)
    more = table.assign(
        num_volunteering_groups_1000_people_zip_full=groups, zip_prediction_full=table["zip_prediction"]
    )
    return {**files, name: more}
