"""The lines of the table: each function measures one thing and returns its rows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import guard
import site_build
from sample import evenly
from table import Row
from timing import Run, cpu, in_turns, memory, run, seconds
from work import Work

PLAIN, LIMIT, ARTICLE = "plain way", "limit", "article's way"

#: How many figures the posts have, and all districts and regions.
_POSTS, _ALL = 7, 341

#: How many of them the short form draws.
_SAMPLE = 12

#: The largest ratio of the cost of one of many to one of few that counts as flat.
_FLAT = 1.25


def imports(work: Work) -> list[Row]:
    """Measure what importing costs, the start of Python included."""
    theirs = "import argparse, fnmatch, json, zipfile, geopandas, matplotlib, pandas, matplotlib.pyplot"
    commands = {
        "ours": work.python("import ec_maps"),
        "theirs": work.python(theirs),
        "maps": work.python("import geopandas, ec_maps.areas.table, ec_maps.maps.choropleth"),
    }
    for command in commands.values():
        run(command)
    runs = in_turns(commands, 2 * work.rounds - 1)
    work.measured.memory["import ec_maps"] = memory(runs["ours"])
    all_ = _both(runs | {"ours": runs["maps"]}, "import of all that its maps need", target=None)
    return [*_both(runs, "import of ec_maps", target=0.15), *all_]


def _both(runs: dict[str, list[Run]], what: str, *, target: float | None, least: float | None = None) -> list[Row]:
    """Return the rows of time and of memory of runs of both ways."""
    ours, theirs = runs["ours"], runs["theirs"]
    return [
        Row(what, seconds(ours), "s", seconds(theirs), PLAIN, target, len(ours)),
        Row("peak memory", memory(ours), "MB", memory(theirs), PLAIN, least, len(ours), of=what),
    ]


def load(work: Work) -> list[Row]:
    """Measure the loading of both levels from a warm cache, imports left out; the memory is the whole process's."""
    rows = []
    for weight, words in work.weights.items():
        out = work.out("load")
        commands = {"ours": work.ours(weight, "load"), "theirs": work.plain(weight, "--load", "-o", out)}
        for command in commands.values():
            run(command)
        runs = in_turns(commands, work.rounds)
        work.measured.memory[f"load{words}"] = memory(runs["ours"])
        time, space = _both(runs, f"load_areas, both levels, warm{words}", target=None)
        ours, theirs = (seconds(runs[name], "loading") for name in ("ours", "theirs"))
        rows += [replace(time, ours=ours, theirs=theirs), space]
    return rows


def figures(work: Work) -> list[Row]:
    """Measure the seven figures of the posts, the whole process."""
    rows = []
    for weight, words in work.weights.items():
        folders = {name: work.out(f"{name}-{weight}") for name in ("posts", "plain", "article", "print")}
        commands = {
            "ours": work.ours(weight, "posts", "-o", folders["posts"]),
            "theirs": work.plain(weight, "-o", folders["plain"]),
            "article": work.article(weight, folders["article"]),
            "print": work.article(weight, folders["print"], "--print"),
        }
        for command, folder in zip(commands.values(), folders.values(), strict=True):
            run(command)
            _check(folder, _POSTS)
        runs = in_turns(commands, work.rounds)
        work.measured.memory[f"figures{words}"] = memory(runs["ours"])
        what, ours = f"seven figures of the posts{words}", runs["ours"]
        rows += _both(runs, what, target=None, least=0.6)
        rows += [
            Row("CPU", cpu(ours), "s", cpu(runs["theirs"]), PLAIN, 0.22, len(ours), of=what),
            Row("CPU", cpu(ours), "s", cpu(runs["article"]), ARTICLE, 0.33, len(ours), of=what),
            Row("CPU", cpu(ours), "s", cpu(runs["print"]), f"{ARTICLE}, for print", 0.33, len(ours), of=what),
        ]
    return rows


def _check(folder: Path, number: int) -> None:
    drawn = len(list(folder.glob("*.png")))
    if drawn != number:
        msg = f"{folder.name}: {drawn} figures were drawn instead of {number}."
        raise SystemExit(msg)


def limit(work: Work) -> list[Row]:
    """Measure drawing against the limit, both in one process in turns: `limit.py` says what is compared."""
    rows = []
    for weight, words in work.weights.items():
        run(work.ours(weight, "load"))
        results = run(work.ours(weight, "-n", str(work.rounds), script="limit.py")).told
        for reading, what in (
            ("shapes", "drawing alone: a map's shapes to pixels"),
            ("drawing", "drawing alone: a whole finished map to pixels"),
            ("tables", "from tables in memory to pixels"),
        ):
            target = None if reading == "tables" else 1.6
            ours, theirs = results[reading], results[f"limit_{reading}"]
            rows.append(Row(f"{what}{words}", ours, "s", theirs, LIMIT, target, work.rounds))
    return rows


def every(work: Work) -> list[Row]:
    """Measure every district's local map and every region's, on one worker and on two; one run of each in turns."""
    more: list[str | Path] = []
    number, what = _ALL, "341 figures"
    if work.short:
        names = evenly(_districts(work), _SAMPLE)
        path = work.folder / "names.txt"
        path.write_text("\n".join(names) + "\n", encoding="utf-8")
        more, number = ["--names", path], len(names)
        what = f"{number} of the 341 figures"
    # Each run draws into its own folder, because finished maps are not drawn again.
    folders = {name: work.out(f"every-{name}") for name in ("theirs", "one", "two")}
    commands = {
        "theirs": work.plain("demo", "--all", "-o", folders["theirs"], *more, tree=True),
        "one": work.ours("demo", "every", "--jobs", "1", "-o", folders["one"], *more, tree=True),
        "two": work.ours("demo", "every", "--jobs", "2", "-o", folders["two"], *more, tree=True),
    }
    run(work.ours("demo", "load"))
    work.tell(what)
    runs = in_turns(commands, 1)
    for folder in folders.values():
        _check(folder, number)
    rows = []
    for workers, target in (("one", None), ("two", 0.25)):
        work.measured.memory[f"{what}, {workers}"] = memory(runs[workers])
        both = {"ours": runs[workers], "theirs": runs["theirs"]}
        label = f"{what}, {'one worker' if workers == 'one' else 'two workers'}"
        time, space = _both(both, label, target=target)
        rows += [time, replace(space, what="peak memory of all processes")]
    return rows


def _districts(work: Work) -> list[str]:
    """Return the districts of England and Wales by name."""
    code = (
        "import ec_maps, json; "
        "print(json.dumps({'names': sorted(map(str, ec_maps.load_areas('lad')['lad21nm']))}))"
    )  # fmt: skip
    work.project("demo")
    return list(run(work.python(code)).told["names"])


def site(work: Work) -> list[Row]:
    """Measure the demonstration site, in a copy of the tree; without a comparison."""
    runs = site_build.builds(work.out("site"), max(1, work.rounds - 2), work.tell)
    work.measured.memory["site"] = memory(runs["first"])
    rows = []
    for name, what, target in (
        ("first", "the demonstration site, first build", None),
        ("again", "the demonstration site, nothing changed", 15),
        ("one more", "the demonstration site, one place added", 25),
    ):
        rows.append(Row(what, seconds(runs[name]), "s", target=target, runs=len(runs[name])))
        rows.append(Row("peak memory of all processes", memory(runs[name]), "MB", runs=len(runs[name]), of=what))
    return rows


def places(work: Work) -> list[Row]:
    """Measure what a place's map costs after few and after many; in one process each, tables loaded before."""
    rows: list[Row] = []
    run(work.ours("demo", "load"))
    numbers = [str(number) for number in ((3, 12) if work.short else (3, 30, 100, 331))]
    runs: dict[str, list[Run]] = {number: [] for number in numbers}
    # The few are drawn more often, in turns with the many, because they take less time.
    for turn in range(1 if work.short else 5):
        for number, often in zip(numbers, (5, 3, 2, 1), strict=False):
            if turn < often:
                work.tell(f"{number} places")
                runs[number].append(run(work.ours("demo", "places", "--number", number, "-o", work.out("places"))))
    few = seconds(runs[numbers[0]], "each")
    for number in numbers:
        ours, many = seconds(runs[number], "each"), number == numbers[-1]
        rows.append(
            Row(
                f"a place's map, after {number}",
                1000 * ours,
                "ms",
                1000 * few,
                f"after {numbers[0]}",
                _FLAT if many else None,
                len(runs[number]),
            )
        )
    return rows


def briefs(work: Work) -> list[Row]:
    """Measure what the briefs of all places cost beside their pages: CPU, from a sample, both in one process."""
    rows = []
    for weight, words in work.weights.items():
        run(work.ours(weight, "load"))
        number = "6" if work.short else "20"
        told = run(work.ours(weight, "-n", number, "-o", work.out("briefs"), script="brief_cost.py")).told
        what = f"CPU of the briefs of all {told['number']} places{words}"
        rows.append(Row(what, told["briefs"], "s", told["pages"], "their pages", 0.2))
    return rows


def areas(work: Work) -> list[Row]:
    """Measure what an area costs as one of 7,200, 21,600 and 72,000: loading cold and warm, and drawing all at once."""
    runs: dict[str, list[Run]] = {weight: [] for weight in ("demo", "parts-3", "parts-10")}
    for _ in range(work.rounds):
        for weight, done in runs.items():
            work.empty("areas")
            done.append(run(work.ours(weight, "areas", "-o", work.out("areas"), data="areas")))
    results: list[tuple[int, dict[str, float]]] = [
        (done[0].told["number"], {one: seconds(done, one) for one in ("cold", "warm", "draw")})
        for done in runs.values()
    ]
    rows = []
    few, first = results[0]
    for step, what in (("cold", "loaded cold"), ("warm", "loaded warm"), ("draw", "drawn with all others")):
        for number, times in results:
            target = _FLAT if number == results[-1][0] else None
            ours, theirs = 1e6 * times[step] / number, 1e6 * first[step] / few
            name = f"an area {what}, one of {number:,}"
            rows.append(Row(name, ours, "µs", theirs, f"one of {few:,}", target, work.rounds))
    return rows


def sight(work: Work) -> list[Row]:
    """Compare the figures drawn from simplified shapes with those drawn from all vertices."""
    rows = []
    for weight, words in work.weights.items():
        run(work.ours(weight, "load"))
        results = run(work.ours(weight, script="sight.py")).told
        if not results["any"]:
            work.tell("no pixel differs: these shapes are no finer than the pixels, and were not simplified")
        what = f"map pixels that simplifying changes{words}"
        rows += [
            Row(what, results["any"], "%", target=0.5),
            Row("of the worst of the seven", results["worst"], "%", of=what),
            Row("so that it can be noticed (ΔE > 2.3)", results["noticed"], "%", of=what),
        ]
    return rows


def rails(work: Work) -> None:
    """Check for faults that cannot be noise: modules loaded too early, and figures drawn again."""
    code = "import ec_maps, json, sys; print(json.dumps({'modules': sorted(sys.modules)}))"
    work.measured.modules["import"] = run(work.python(code)).told["modules"]
    posts = work.ours("demo", "posts", "--modules", "-o", work.out("modules"))
    run(posts)  # with a warm cache, so that no modules for reading archives are loaded
    work.measured.modules["drawing"] = run(posts).told["modules"]
    out = work.out("regions")
    command = work.ours("demo", "regions", "-o", out)
    run(command)
    before = guard.marks(out)
    run(command)
    work.measured.redrawn = guard.rewritten(out, before)


#: The parts of the table by their name for `--only`, and whether the short form has them.
PARTS = {
    "import": (imports, True),
    "load": (load, True),
    "figures": (figures, True),
    "limit": (limit, True),
    "every": (every, True),
    "places": (places, True),
    "briefs": (briefs, True),
    "areas": (areas, False),
    "sight": (sight, True),
    "site": (site, False),
}
