/* The comparison of up to six places in all measures. The address says which: #places=great-yarmouth,norwich. Numbers,
   deciles and ranks are those of the scripts that ec_maps/site/explorer_data.py and compare_places.py write; here they
   are looked up, and two places are called different only beyond the measure's tolerance. Names are only ever set as
   text. */

"use strict";

(() => {
  const root = document.querySelector(".ec-compare");
  if (!root) return;
  const { make, draw, copy, csv, district, number, short, read } = window.ecParts;
  const find = (selector) => root.querySelector(selector);
  const [form, list, told, shown] = [".ec-finder", ".ec-chosen", ".ec-told", ".ec-compared"].map(find);
  const title = document.title;
  const [WIDE, LEFT, HIGH] = [320, 8, 30]; // of a strip: its width, the room at both ends, its height

  const several = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;
  const series = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const tenths = (count) => (count / 10).toFixed(1).replace("-", "−");

  let [data, more] = [null, null]; // window.ecValues, window.ecCompare
  let places = []; // all that can be compared
  let chosen = [];

  /* ---- places, and what is known of each in a measure ---- */

  const prepare = () => {
    const said = (name) => more.said[name] || name;
    const there = data.districts.length;
    places = [
      ...data.districts.map(([code, slug, name, region, page], at) => ({
        code, slug, name, at, own: at, said: said(name), about: `local authority in ${data.regions[region]}`, of: "lad",
        href: page ? `places/${page}.html` : "",
      })),
      ...more.wider.map(([slug, name, inSentence, kind, count, page], at) => ({
        slug, name, at: there + at, wider: at, said: inSentence,
        about: `${kind === "nations" ? "both nations" : kind}, ${several(count, "local authority", "local authorities")}`,
        href: page ? `places/${slug}.html` : kind === "region" || name === "Wales" ? `places/index.html#${slug}` : "",
      })),
      ...more.beyond.map(([code, slug, name, region, page, similar], at) => ({
        code, slug, name, similar, at: there + more.wider.length + at, own: at, said: said(name),
        about: `local authority in ${region}`, of: "kingdom", href: page ? `places/${page}.html` : "",
      })),
    ];
  };

  const valueColumns = (place, measure) => (place.of === "kingdom" ? more.measures[measure.key].beyond : measure.values);

  /* A row of a spread: number, lowest, lower quartile, median, upper quartile and highest, in tenths; null if empty. */
  const spread = (columns, at) => {
    if (!columns?.number[at]) return null;
    return Object.fromEntries(["number", "low", "lower", "median", "upper", "high"].map((name) => [name, columns[name][at]]));
  };
  const facts = (place, measure) => {
    const own = more.measures[measure.key];
    const one = { exact: own.exact[place.at], msoas: spread(own.msoas, place.at), exactMsoas: own.msoas?.exact[place.at] };
    if (place.wider !== undefined) {
      one.districts = spread(own.districts, place.wider);
      one.tenths = one.districts?.median;
    } else {
      const columns = valueColumns(place, measure);
      if (columns?.value[place.own] != null) {
        one.tenths = Math.round(10 * read(columns.value[place.own]));
        for (const name of ["decile", "decile_low", "decile_high", "rank_low", "rank_high", "users"]) {
          one[name] = columns[name]?.[place.own];
        }
        one.number = place.of === "kingdom" ? own.kingdom : measure.levels.lad.number;
      }
    }
    return one;
  };

  /* How a place differs from another: by their values if both have one, else by the medians of their neighbourhoods. */
  const difference = (place, other, measure) => {
    const [a, b] = [facts(place, measure), facts(other, measure)];
    const { points, reach } = more.measures[measure.key];
    const inside = a.exact == null || b.exact == null;
    const [x, y] = inside ? [a.exactMsoas, b.exactMsoas] : [a.exact, b.exact];
    if (x == null || y == null) return null;
    const [tx, ty] = inside ? [a.msoas.median, b.msoas.median] : [a.tenths, b.tenths];
    const apart = Math.abs(tx - ty);
    return {
      inside, here: tenths(tx) + measure.after, there: tenths(ty) + measure.after,
      sign: Math.abs(x - y) <= reach ? 0 : Math.sign(x - y),
      points: tenths(apart) + points[apart === 10 ? 0 : 1], signed: tenths(tx - ty),
    };
  };
  const named = (place, inside) => {
    if (inside) return `the median neighbourhood of ${place.said}`;
    return place.wider === undefined ? place.said : `the median local authority of ${place.said}`;
  };
  const sentence = (place, other, measure) => {
    const apart = difference(place, other, measure);
    if (!apart) return `${capital(place.said)} and ${other.said} cannot be compared: there is ${measure.missing}.`;
    const [one, two] = [place, other].map((which) => named(which, apart.inside));
    if (!apart.sign) {
      return `There is no difference between ${one} (${apart.here}) and ${two} (${apart.there}): they lie within ${measure.level} of each other.`;
    }
    return `${capital(one)} is at ${apart.here}, ${apart.points} ${apart.sign > 0 ? "higher" : "lower"} than ${two} (${apart.there}).`;
  };
  const inBrief = (place, other, measure) => {
    const apart = difference(place, other, measure);
    if (!apart) return "cannot be compared";
    const than = named(other, apart.inside);
    return apart.sign ? `${apart.points} ${apart.sign > 0 ? "higher" : "lower"} than ${than}` : `no difference from ${than}`;
  };

  const decileOf = ({ decile, decile_low: low, decile_high: high }) =>
    `decile ${decile}${low === high ? "" : ` (${low}–${high})`}`;
  const rankOf = ({ rank_low: low, rank_high: high, number: of }) =>
    `rank ${low === high ? number(low) : `${number(low)}–${number(high)}`} of ${number(of)}`;

  /* The value of a place and what stands beside it, as texts. */
  const words = (place, measure) => {
    const one = facts(place, measure);
    const lines = [];
    let value = measure.missing;
    if (one.tenths != null) {
      value = tenths(one.tenths) + measure.after;
      if (one.decile) lines.push(`${decileOf(one)}, ${rankOf(one)}${place.of === "kingdom" ? " in the United Kingdom" : ""}`);
      else lines.push(`median of ${several(one.districts.number, "local authority", "local authorities")}`);
    } else if (place.wider !== undefined && one.msoas) {
      const { number: count, low, lower, median, upper, high } = one.msoas;
      value = `${tenths(low)} to ${tenths(high)}${measure.after}`; // a group has no value, but those inside it have
      const half = lower === null ? "" : `, half of them ${tenths(lower)} to ${tenths(upper)}`;
      lines.push(`${several(count, "neighbourhood", "neighbourhoods")}${half}, their median ${tenths(median)}`);
    }
    return { one, value, lines };
  };
  const spreadInWords = ({ low, lower, median, upper, high }) =>
    `${tenths(low)} to ${tenths(high)}, ${lower === null ? "" : `half of them ${tenths(lower)} to ${tenths(upper)}, `}median ${tenths(median)}`;

  /* ---- the address ---- */

  const address = (some = chosen) => `#places=${some.map(({ slug }) => slug).join(",")}`;

  /* Return the places that the address asks for, and say what of it there is not. */
  const asked = () => {
    const { hash } = location;
    const byName = (slugs) => slugs.map((slug) => places.find((place) => place.slug === slug)).filter(Boolean);
    if (!hash.slice(1)) return [byName(more.first), []];
    if (!hash.includes("=")) return [chosen.length ? chosen : byName(more.first), []]; // the anchor of something here
    const given = (new URLSearchParams(hash.slice(1)).get("places") || "").split(",").map((one) => one.trim()).filter(Boolean);
    const found = [];
    const notes = [];
    const unknown = [];
    for (const text of given) {
      const key = text.toLowerCase();
      const place = places.find(({ slug, code }) => slug === key || code?.toLowerCase() === key);
      if (!place) unknown.push(`“${short(text)}”`);
      else if (!found.includes(place)) found.push(place);
    }
    if (unknown.length) {
      const which = unknown.length > more.most ? [...unknown.slice(0, more.most), `${unknown.length - more.most} more`] : unknown;
      notes.push(`${unknown.length === 1 ? "There is no place" : "There are no places"} ${series(which)} here. `);
    }
    const left = found.splice(more.most);
    if (left.length) {
      const names = left.length > more.most ? `${left.length} others are` : `${series(left.map(({ name }) => name))} ${left.length === 1 ? "is" : "are"}`;
      notes.push(`At most six places are compared at once: ${names} left out. `);
    }
    if (!found.length) notes.push("Choose places to compare. ");
    return [found, notes];
  };
  const go = (some) => {
    if (address(some) === location.hash) apply();
    else location.hash = address(some);
  };

  /* ---- what is shown ---- */

  const chips = () => {
    list.hidden = !chosen.length;
    list.replaceChildren(...chosen.map((place, at) => {
      const about = make("span", { class: "ec-about" }, at ? place.about : `${place.about}; the others are compared with it`);
      const first = at ? [make("button", { type: "button", "aria-label": `Make first: ${place.name}`, title: "Compare the others with it" }, "Make first")] : [];
      first[0]?.addEventListener("click", () => go([place, ...chosen.filter((one) => one !== place)]));
      const away = make("button", { type: "button", "aria-label": `Remove ${place.name}`, title: "Remove" }, "×");
      away.addEventListener("click", () => {
        go(chosen.filter((one) => one !== place));
        form.querySelector("input").focus();
      });
      const name = place.href ? make("a", { href: place.href }, place.name) : make("b", {}, place.name);
      return make("li", {}, make("span", { class: "ec-who" }, name, about), ...first, away);
    }));
    form.dataset.chosen = chosen.map(({ slug }) => slug).join(",");
  };

  /* A line for each place between the lowest and the highest of all: the span of its neighbourhoods, half of them in a
     bar, their median; upon it its own value, with the tolerance on both sides. */
  const strip = (place, measure) => {
    const { axis: [low, high], reach } = more.measures[measure.key];
    const one = facts(place, measure);
    const x = (count) => (LEFT + ((WIDE - 2 * LEFT) * (count - low)) / (high - low || 1)).toFixed(1);
    const drawing = draw("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true" });
    drawing.append(draw("path", { class: "ec-axis", d: `M${LEFT} 15H${WIDE - LEFT}` }));
    const inside = one.msoas || one.districts;
    if (inside) {
      drawing.append(draw("path", { class: "ec-span", d: `M${x(inside.low)} 10v10M${x(inside.low)} 15H${x(inside.high)}M${x(inside.high)} 10v10` }));
      if (inside.lower !== null) {
        drawing.append(draw("path", { class: "ec-half", d: `M${x(inside.lower)} 8H${x(inside.upper)}v14H${x(inside.lower)}z` }));
      }
      drawing.append(draw("path", { class: "ec-median", d: `M${x(inside.median)} 5v20` }));
    }
    if (one.tenths == null) return drawing;
    const fill = one.decile ? measure.colours[one.decile - 1] : "#ffffff";
    const at = x(one.tenths);
    if (place.wider === undefined) {
      const band = 10 * reach * (measure.after === "%" ? 100 : 1);
      drawing.append(
        draw("path", { class: "ec-band", d: `M${x(one.tenths - band)} 15H${x(one.tenths + band)}` }),
        draw("circle", { class: "ec-dot", cx: at, cy: 15, r: 6, fill }),
      );
    } else {
      drawing.append(draw("path", { class: "ec-dot", fill, d: `M${at} 8l7 7l-7 7l-7-7z` }));
    }
    return drawing;
  };

  /* A line for each local authority of England and Wales; those of the places compared stand out. */
  const rug = (measure) => {
    const { axis: [low, high] } = more.measures[measure.key];
    const x = (count) => (LEFT + ((WIDE - 2 * LEFT) * (count - low)) / (high - low || 1)).toFixed(1);
    const lines = (counts, line) => counts.map((count) => `M${x(count)} ${line}`).join("");
    const all = measure.values.value.filter((text) => text !== null).map((text) => 10 * read(text));
    const ours = chosen.filter(({ wider }) => wider === undefined).map((place) => facts(place, measure).tenths).filter((count) => count != null);
    return draw("svg", { viewBox: `0 0 ${WIDE} 22`, "aria-hidden": "true" },
      draw("path", { class: "ec-all", d: lines(all, "4v14") }), draw("path", { class: "ec-one", d: lines(ours, "1v20") }));
  };

  const multiple = (measure) => {
    const [first] = chosen;
    const { axis } = more.measures[measure.key];
    const rows = make("ul", { class: "ec-rows" });
    for (const place of chosen) {
      const { one, value, lines } = words(place, measure);
      const row = make("li", {}, make("span", { class: "ec-name" }, place.name), make("b", {}, value), strip(place, measure));
      if (place !== first) lines.push(inBrief(place, first, measure));
      row.append(make("span", { class: "ec-fine" }, lines.join("; ")));
      if (one.msoas) row.append(make("span", { class: "ec-heard" }, `. Neighbourhoods: ${spreadInWords(one.msoas)}.`));
      rows.append(row);
    }
    const all = make("li", { class: "ec-rug", "aria-hidden": "true" }, make("span", { class: "ec-fine" }, `All ${number(measure.levels.lad.number)} local authorities of England and Wales`), rug(measure));
    rows.append(all);
    const ends = make("p", { class: "ec-axis-ends", "aria-hidden": "true" }, make("span", {}, `${tenths(axis[0])}${measure.after}`), make("span", {}, `${tenths(axis[1])}${measure.after}`));
    const stamp = more.stamp ? [make("p", { class: "ec-stamp" }, more.stamp)] : [];
    const about = `${capital(measure.meaning)}. Values within ${measure.level} of each other count as level.`;
    return make("section", { class: "ec-multiple" }, ...stamp, make("h3", {}, measure.title), make("p", { class: "ec-meaning" }, about), rows, ends);
  };

  const key = () => {
    const sign = (...parts) => draw("svg", { viewBox: "0 0 40 30", "aria-hidden": "true" }, ...parts);
    const item = (picture, text) => make("li", {}, picture, make("span", {}, text));
    return make("ul", { class: "ec-glyphs" },
      item(sign(draw("path", { class: "ec-band", d: "M4 15H36" }), draw("circle", { class: "ec-dot", cx: 20, cy: 15, r: 6, fill: "#ffffff" })), "value of a local authority, in its decile’s colour, with the band of uncertainty"),
      item(sign(draw("path", { class: "ec-dot", fill: "#ffffff", d: "M20 8l7 7l-7 7l-7-7z" })), "median of the local authorities of a region or nation"),
      item(sign(draw("path", { class: "ec-span", d: "M4 10v10M4 15H36M36 10v10" }), draw("path", { class: "ec-half", d: "M12 8H28v14H12z" }), draw("path", { class: "ec-median", d: "M20 5v20" })), "its neighbourhoods: lowest to highest, half of them in the bar, their median"));
  };

  /* The rows of the table for a measure: a heading, and for each place a short text, null if it has none. */
  const TABLED = [
    [() => "Value", (place, one, measure) => {
      if (one.tenths == null) return place.wider === undefined ? measure.missing : null;
      return `${tenths(one.tenths)}${measure.after}${one.districts ? ` (median of ${one.districts.number})` : ""}`;
    }],
    [() => "Decile", (place, one) => one.decile && decileOf(one).replace("decile ", "")],
    [() => "Rank", (place, one) => one.decile && rankOf(one).replace("rank ", "")],
    [() => `Compared with ${chosen[0].said}`, (place, one, measure) => {
      const apart = place !== chosen[0] && difference(place, chosen[0], measure);
      if (!apart) return null;
      const basis = apart.inside ? " (neighbourhoods)" : "";
      return (apart.sign ? `${apart.points} ${apart.sign > 0 ? "higher" : "lower"}` : "no difference") + basis;
    }],
    [() => "Neighbourhoods, median", (place, { msoas }, measure) => msoas && `${tenths(msoas.median)}${measure.after} (of ${number(msoas.number)})`],
    [() => "half of them between", (place, { msoas }) => msoas && msoas.lower !== null && `${tenths(msoas.lower)} and ${tenths(msoas.upper)}`],
    [() => "lowest and highest", (place, { msoas }) => msoas && `${tenths(msoas.low)} and ${tenths(msoas.high)}`],
  ];
  const table = () => {
    const head = make("tr", {}, make("th", { scope: "col" }, "Measure"), ...chosen.map(({ name }) => make("th", { scope: "col" }, name)));
    const bodies = data.measures.map((measure) => {
      const body = make("tbody", {}, make("tr", {}, make("th", { scope: "rowgroup", colspan: chosen.length + 1 }, make("span", {}, measure.title))));
      const ones = chosen.map((place) => facts(place, measure));
      for (const [heading, text] of TABLED) {
        const cells = chosen.map((place, at) => text(place, ones[at], measure) || "–");
        if (cells.some((cell) => cell !== "–")) {
          body.append(make("tr", {}, make("th", { scope: "row" }, heading()), ...cells.map((cell) => make("td", {}, cell))));
        }
      }
      return body;
    });
    const stamp = more.stamp && `${more.stamp}. `;
    const caption = make("caption", {}, `${stamp}${capital(series(chosen.map(({ said }) => said)))} in every measure; decile and rank 1 are the lowest.`);
    const frame = make("div", { class: "ec-table", tabindex: "0", role: "region", "aria-label": "Table of the places compared" });
    frame.append(make("table", {}, caption, make("thead", {}, head), ...bodies));
    return frame;
  };

  const show = () => {
    if (!chosen.length) {
      shown.replaceChildren();
      return;
    }
    const [first, ...others] = chosen;
    const headline = data.measures.find(({ key: name }) => name === data.headline) || data.measures[0];
    const said = others.map((place) => sentence(place, first, headline));
    if (!others.length) {
      const { one, value, lines } = words(first, headline);
      const is = first.wider !== undefined && one.tenths == null && one.msoas ? "has values from" : "is at";
      said.push(`${capital(is === "is at" ? named(first) : first.said)} ${is} ${value}${lines.length ? ` (${lines.join("; ")})` : ""}. Add a place to compare it with.`);
    }
    shown.replaceChildren(
      make("h2", { id: "headline" }, headline.title),
      make("ul", { class: "ec-said" }, ...said.map((text) => make("li", {}, text))),
      make("h2", { id: "measures" }, "Every measure"),
      key(),
      make("div", { class: "ec-multiples" }, ...data.measures.map(multiple)),
      make("h2", { id: "table" }, "The numbers"),
      table(),
    );
  };

  /* ---- the table as CSV ---- */

  const columns = {
    place: ({ name }) => name, kind: ({ about }) => about, code: ({ code }) => code,
    measure: (place, measure) => measure.key,
    unit: (place, measure) => measure.unit,
    value: (place, measure, one) => (place.wider === undefined ? one.tenths : null),
    median_of_local_authorities: (place, measure, one) => one.districts?.median,
    ...Object.fromEntries(["decile", "decile_low", "decile_high", "rank_low", "rank_high"].map((name) => [name, (place, measure, one) => one[name]])),
    ranked: (place, measure, one) => one.number, users: (place, measure, one) => one.users,
    neighbourhoods: (place, measure, one) => one.msoas?.number,
    ...Object.fromEntries(Object.entries({ lowest: "low", lower_quartile: "lower", median: "median", upper_quartile: "upper", highest: "high" })
      .map(([name, from]) => [`neighbourhoods_${name}`, (place, measure, one) => one.msoas?.[from]])),
  };
  const IN_TENTHS = /^(value|median_of|neighbourhoods_)/;
  const asCsv = () => {
    const [first] = chosen;
    const rows = [[...Object.keys(columns), "compared_with", "difference", "source"]];
    for (const measure of data.measures) {
      for (const place of chosen) {
        const one = facts(place, measure);
        const cells = Object.entries(columns).map(([name, from]) => {
          const cell = from(place, measure, one);
          return cell == null ? "" : IN_TENTHS.test(name) ? (cell / 10).toFixed(1) : String(cell);
        });
        const apart = place === first ? null : difference(place, first, measure);
        const how = apart && (apart.sign ? apart.signed.replace("−", "-") : "none");
        rows.push([...cells, place === first ? "" : first.name, how || "", more.source]);
      }
    }
    return csv(rows);
  };
  /* Add the places most like the first one. A local authority's list is in its own script. */
  const addSimilar = async () => {
    const before = chosen;
    const [first] = before;
    if (before.length === more.most) {
      told.replaceChildren("Six places are compared, the most at once: remove one to add similar places.");
      return;
    }
    const listed = first.similar || (await district(root.dataset.scripts, first.slug))?.similar;
    if (before !== chosen) return; // something else was chosen meanwhile
    if (!Array.isArray(listed)) {
      told.replaceChildren(listed || `The places similar to ${first.said} could not be loaded. Try again.`);
      return;
    }
    const after = listed.map((at) => places[at < data.districts.length ? at : at + more.wider.length]);
    go([...before, ...after.filter((place) => !before.includes(place))].slice(0, more.most));
  };
  const acts = {
    similar: addSimilar,
    copy: () => copy(location.href.split("#")[0] + address(), told),
    csv: () => {
      const link = make("a", { download: `compare-${chosen.map(({ slug }) => slug).join("-").slice(0, 120)}.csv` });
      link.href = URL.createObjectURL(new Blob([asCsv()], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
    clear: () => {
      go([]);
      form.querySelector("input").focus();
    },
  };

  /* ---- from the address to the page ---- */

  const apply = ({ first = false } = {}) => {
    const before = chosen;
    const [found, notes] = asked();
    chosen = found;
    chips();
    show();
    find("[data-do=csv]").disabled = !chosen.length;
    const alike = find("[data-do=similar]");
    alike.hidden = !chosen.length || chosen[0].wider !== undefined;
    if (!alike.hidden) alike.textContent = `Add places similar to ${chosen[0].said}`;
    const names = chosen.map(({ name }) => name);
    const changed = !first && (before.length !== chosen.length || before.some((place, at) => place !== chosen[at]));
    told.replaceChildren(...notes, changed && names.length ? `Compared now: ${series(names)}.` : "");
    document.title = names.length ? `${series(names)} – ${title}` : title;
  };

  const start = () => {
    [data, more] = [window.ecValues, window.ecCompare];
    if (!data || !more) {
      told.replaceChildren("The values could not be loaded. Load the page again, or look at ", make("a", { href: "places/index.html" }, "the list of places"), ".");
      return;
    }
    prepare();
    for (const button of root.querySelectorAll("[data-do]")) button.addEventListener("click", acts[button.dataset.do]);
    find(".ec-controls").hidden = false;
    addEventListener("hashchange", () => apply());
    form.querySelector("ul").addEventListener("click", () => form.querySelector("input").focus());
    apply({ first: true });
  };
  addEventListener("DOMContentLoaded", start);
})();
