"""The lines of the table: each function measures one thing and returns its rows."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import guard
import project
import site_build
from sample import evenly
from table import Row
from timing import Command, Run, cpu, in_turns, memory, run, seconds
from work import Work

PLAIN, LIMIT, ARTICLE = "plain way", "limit", "article's way"
THEN = f"commit {project.THEN[:7]}"

#: How many figures the posts have, and all districts and regions.
_POSTS, _ALL = 7, 341

#: How many of them the short form draws.
_SAMPLE = 12

#: How many pages of places stand for all 374, but for ``--long``.
_PAGES = 40

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
            target = {"shapes": 1.6, "drawing": 3, "tables": None}[reading]
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
    """Measure the demonstration site, in a copy of the tree: built first, again, and with one more place."""
    runs = site_build.builds(work.out("site"), max(1, work.rounds - 2), work.tell)
    work.measured.memory["site"] = memory(runs["first"])
    rows = []
    for name, what, target in (
        ("first", "the demonstration site, first build", None),
        ("again", "the demonstration site, nothing changed", None),
        ("one more", "the demonstration site, one place added", 25),
    ):
        rows.append(Row(what, seconds(runs[name]), "s", target=target, runs=len(runs[name])))
        rows.append(Row("peak memory of all processes", memory(runs[name]), "MB", runs=len(runs[name]), of=what))
        if name == "again":
            again, first = cpu(runs["again"]), cpu(runs["first"])
            rows.append(Row("CPU", again, "s", first, "first build", 0.12, len(runs["again"]), of=what))
    return rows


def then(work: Work) -> list[Row]:
    """Measure the first build of the demonstration site with the pages that it had then, in one process, once."""
    what, ours, theirs = "CPU of the demonstration site's pages of then, first build", None, None
    if tree := project.then(work.folder):
        runs = site_build.first_builds(work.out("then"), tree, work.tell)
        ours, theirs = cpu(runs["ours"]), cpu(runs["theirs"])
    return [Row(what, ours, "s", theirs, THEN, 0.45)]


def page(work: Work) -> list[Row]:
    """Measure the page of a district as it was then, from a sample of evenly spaced districts."""
    words = ("-n", "6" if work.short else "20", "--as-then", "-o", work.out("page"))
    ours = work.ours("demo", *words, script="page_cost.py")
    runs = _against_then(work, ours, max(1, work.rounds - 2))
    times = [seconds(runs[name], "page") if name in runs else None for name in ("ours", "theirs")]
    return [Row("CPU of a district's page as it was then", times[0], "s", times[1], THEN, 0.3, len(runs["ours"]))]


def one_map(work: Work) -> list[Row]:
    """Measure a place's map by the command line, the whole process."""
    path = work.out("map") / "map.png"
    ours = work.cli("map", "local", "Great Yarmouth", "-o", path)
    runs = _against_then(work, ours, work.rounds, before=lambda: path.unlink(missing_ok=True))
    times = [cpu(runs[name]) if name in runs else None for name in ("ours", "theirs")]
    return [Row("CPU of ec-maps map local … -o x.png", times[0], "s", times[1], THEN, 0.5, len(runs["ours"]))]


def _against_then(
    work: Work, ours: Command, rounds: int, *, before: Callable[[], None] | None = None
) -> dict[str, list[Run]]:
    """Run a command with the code of now and of then in turns, after each has filled its caches."""
    commands = {"ours": ours}
    if theirs := work.then(ours):
        commands["theirs"] = theirs
    in_turns(commands, 1, before=before)
    return in_turns(commands, rounds, before=before)


def two_workers(work: Work) -> list[Row]:
    """Measure the pages of places on two workers against one, tables and national map included."""
    names = [] if work.long else evenly(_districts(work), _PAGES)
    runs = site_build.place_pages(work.out("workers"), names, work.tell)
    what = f"pages of {f'{len(names)} of the 374' if names else 'all 374'} places, two workers"
    return [Row(what, runs["two"].seconds, "s", runs["one"].seconds, "one worker", 0.55)]


def big_job(work: Work) -> list[Row]:
    """Measure a file of the big job, about 10,000 maps: by two processes of this machine, and by a Dask cluster."""
    some = [] if work.long else ["--measures", "1"]
    runs = {}
    for name, by in (("processes", []), ("Dask", ["--dask"])):
        work.tell(f"the big job, by two workers: {name}")
        # Each draws into its own folder, because finished maps are not drawn again.
        runs[name] = run(work.ours("demo", *by, *some, "-o", work.out(f"job-{name}"), script="big_job.py")).told
    number = runs["processes"]["files"]
    if runs["Dask"]["files"] != number or runs["Dask"]["bytes"] != runs["processes"]["bytes"]:
        msg = f"The cluster drew other files: {runs}."
        raise SystemExit(msg)
    what = f"a file of {number:,}, by Dask, two workers"
    here, there = ({one: 1000 * told[one] / number for one in ("seconds", "cpu")} for told in runs.values())
    return [
        Row(what, there["seconds"], "ms", here["seconds"], "two processes"),
        Row("CPU", there["cpu"], "ms", here["cpu"], "two processes", of=what),
    ]


def labels(work: Work) -> list[Row]:
    """Measure the placing of the numbers of ten thousand areas against one thousand."""
    times = [run(work.ours("demo", script="labels.py")).told for _ in range(work.rounds)]
    many, few = (statistics.median(told[number] for told in times) for number in ("10000", "1000"))
    return [Row("labels of 10,000 areas placed", many, "s", few, "1,000 areas", 15, work.rounds)]


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
    """Measure a district's page, and what its brief costs beside all else: CPU, from a sample, in one process."""
    rows = []
    for weight, words in work.weights.items():
        run(work.ours(weight, "load"))
        number = "6" if work.short else "20"
        told = run(work.ours(weight, "-n", number, "-o", work.out("briefs"), script="page_cost.py")).told
        without = told["page"] - told["brief"]
        rows.append(Row(f"CPU of a district's page{words}", told["page"], "s"))
        rows.append(Row("its brief", told["brief"], "s", without, "all else on it", 0.2, of=rows[-1].what))
    return rows


def areas(work: Work) -> list[Row]:
    """Measure what an area costs as one of 7,200, 21,600 and 64,800: loading cold and warm, and drawing all at once."""
    runs: dict[str, list[Run]] = {weight: [] for weight in ("demo", "parts-3", "parts-9")}
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
    "page": (page, True),
    "map": (one_map, True),
    "labels": (labels, True),
    "areas": (areas, False),
    "sight": (sight, True),
    "site": (site, False),
    "then": (then, False),
    "workers": (two_workers, False),
    "job": (big_job, False),
}
