/* The shortlist: the neighbourhoods of some places that are in a decile or below, the lowest first. The address says
   which: #places=great-yarmouth,norwich&at_most=2. Numbers, deciles, ranks and sentences are those of the scripts that
   ec_maps/site/explorer_data.py and shortlist.py write; here they are looked up, counted and sorted by rank. Names are
   only ever set as text. */

"use strict";

(() => {
  const root = document.querySelector(".ec-shortlist");
  if (!root) return;
  const { make, draw, copy, csv, district, number, short } = window.ecParts;
  const find = (selector) => root.querySelector(selector);
  const [form, list, told, shown] = [".ec-finder", ".ec-chosen", ".ec-told", ".ec-listed"].map(find);
  const [measures, deciles, kinds] = ["#ec-measure", "#ec-at-most", "#ec-kind"].map(find);
  const title = document.title;
  const [AT_ONCE, MOST] = [12, 300]; // scripts that load at once; rows that are shown before someone asks for all

  let [data, more] = [null, null]; // window.ecValues, window.ecShortlist
  let places = []; // all that can be chosen: slug, name, name in a sentence, what it is, rows of its districts
  let state = { places: [], at_most: 2, measure: "", kind: "" };
  let listed = null; // what is shown: rows, and the sentence

  /* ---- words ---- */

  const complete = (words, facts) => words.replace(/\{(\w+)\}/g, (_, name) => facts[name]);
  const several = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
  const series = (names) => (names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
  const inWords = (count) => more.small[count] || number(count);
  const are = (count) => (count === 1 ? "is" : "are");
  const span = (low, high) => (low === high ? number(low) : `${number(low)}–${number(high)}`);

  /* As in_words() of ec_maps/analysis/shortlist.py. */
  const sentence = (counts, chosen, measure) => {
    const { sentences } = more;
    const ten = measure.colours.length;
    const which = (state.at_most === ten ? "any" : state.at_most === 1 ? "lowest" : "decile") + (state.kind && "_kind");
    const facts = {
      what: complete(sentences[which], { at_most: state.at_most, kind: more.kinds[state.kind] }),
      places: chosen.length > more.named
        ? complete(sentences.places, { number: inWords(chosen.length) }) : series(chosen.map(({ said }) => said)),
    };
    const said = [];
    if (counts.total === 1) {
      const name = counts.listed ? "only" : counts.missing ? "only_missing" : "only_not";
      said.push(complete(sentences[name], facts));
    } else {
      const all = counts.listed === counts.total;
      const count = all ? (counts.total > 2 ? "all" : "both") : inWords(counts.listed);
      said.push(complete(sentences.count, { ...facts, total: inWords(counts.total), count, are: are(counts.listed) }));
    }
    if (counts.missing && counts.total > 1) {
      said.push(complete(sentences.missing, { Number: capital(inWords(counts.missing)), has: counts.missing === 1 ? "has" : "have" }));
    }
    if (state.at_most === ten) return said.join(" ");
    if (state.kind && counts.of_kind > counts.listed) {
      said.push(complete(sentences.kind, { number: inWords(counts.of_kind), are: are(counts.of_kind) }));
    }
    const near = ["near_listed", "near_others"].filter((name) => counts[name]);
    if (near.length) {
      const sum = counts.near_listed + counts.near_others;
      said.push(complete(sentences.cut, {
        tolerance: measure.level, cut: measure.levels.msoa.cuts[state.at_most] + measure.after, are: are(sum),
        Near: capital(series(near.map((name) => complete(sentences[name], { number: inWords(counts[name]) })))),
      }));
    }
    return said.join(" ");
  };

  /* ---- the address ---- */

  const address = (some = state) => {
    const parts = [`places=${some.places.join(",")}`, `at_most=${some.at_most}`];
    if (some.measure !== data.headline) parts.push(`measure=${some.measure}`);
    if (some.kind) parts.push(`kind=${some.kind}`);
    return `#${parts.join("&")}`;
  };
  const go = (change) => {
    const next = address({ ...state, ...change });
    if (next !== location.hash) location.hash = next;
  };
  const placeOf = (text) => {
    const key = text.toLowerCase();
    return places.find(({ slug, code }) => slug === key || code === key);
  };
  const start = () => ({ places: more.first, at_most: 2, measure: data.headline, kind: "" });

  /* Return the choice that the address asks for, and say what of it there is not. */
  const asked = () => {
    const { hash } = location;
    if (!hash.slice(1)) return [start(), []];
    if (!hash.includes("=")) return [state.measure ? state : start(), []]; // the anchor of something here
    const given = new URLSearchParams(hash.slice(1));
    const texts = (given.get("places") || given.get("place") || "").split(",").map((one) => one.trim()).filter(Boolean);
    const notes = [];
    const unknown = [];
    const found = [];
    for (const text of texts) {
      const place = placeOf(text);
      const away = more.beyond[text.toLowerCase()];
      if (place && !found.includes(place.slug)) found.push(place.slug);
      if (!place && away) notes.push(`${away}: neighbourhood data cover England and Wales only. `);
      else if (!place) unknown.push(`“${short(text)}”`);
    }
    if (unknown.length) {
      const which = unknown.length > more.named ? [...unknown.slice(0, more.named), `${unknown.length - more.named} others`] : unknown;
      notes.push(`Not found here: ${which.join(", ")}. `);
    }
    if (!found.length) notes.push("Choose a place to list its neighbourhoods. ");
    const choice = (name, select, otherwise) => {
      const text = given.get(name) || otherwise;
      if ([...(select?.options || [])].some(({ value }) => value === text)) return text;
      if (text) notes.push(`There is no ${name === "at_most" ? "decile" : name} “${short(text)}” here. `);
      return otherwise;
    };
    const measure = choice("measure", measures, data.headline);
    return [{ places: found, at_most: Number(choice("at_most", deciles, "2")), measure, kind: choice("kind", kinds, "") }, notes];
  };

  /* ---- the list ---- */

  /* Return the rows of a list from the scripts of its districts, and the counts of its sentence. */
  const select = (loaded) => {
    const counts = { total: 0, missing: 0, listed: 0, of_kind: 0, near_listed: 0, near_others: 0 };
    const rows = [];
    for (const [at, near] of loaded) {
      const columns = near.values[state.measure];
      near.areas.forEach(([code, official, readable], one) => {
        counts.total += 1;
        if (columns.value[one] === null) counts.missing += 1;
        if (columns.value[one] === null || (state.kind && near.kinds[one] !== state.kind.charAt(0))) return;
        const row = { at, code, official, readable };
        for (const [name, column] of Object.entries(columns)) row[name] = column[one];
        const inside = row.decile <= state.at_most;
        counts.of_kind += 1;
        counts.near_listed += inside && row.decile_high > state.at_most;
        counts.near_others += !inside && row.decile_low <= state.at_most;
        if (inside) rows.push(row);
      });
    }
    counts.listed = rows.length;
    rows.sort((a, b) => a.rank - b.rank || (a.code < b.code ? -1 : 1));
    // Two are level if the higher one's rank is within the span of the lower one.
    const ranks = rows.map(({ rank }) => rank);
    const ends = rows.map(({ rank_high: high }) => high);
    const below = (sorted, limit) => {
      let [low, high] = [0, sorted.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (sorted[middle] < limit) low = middle + 1;
        else high = middle;
      }
      return low;
    };
    rows.forEach((row, at) => {
      row.position_low = below(ends, row.rank) + 1;
      row.position_high = below(ranks, row.rank_high + 1);
      row.group = at ? rows[at - 1].group + (rows[at - 1].position_high <= at) : 1;
    });
    return [rows, counts];
  };

  const heading = (rows) => {
    const [low, high] = [rows[0].position_low, rows.at(-1).position_high];
    const level = rows.every((row) => row.position_low === low && row.position_high === high);
    const facts = { low: number(low), high: number(high), number: inWords(rows.length) };
    return complete(more.sentences[level ? "level" : "chain"], facts);
  };

  const line = (row, measure) => {
    const [, slug, name, , page] = data.districts[row.at];
    const key = state.measure === data.headline ? "" : `&measure=${state.measure}`;
    const map = `explore.html#place=${slug}`;
    const fill = measure.colours[row.decile - 1];
    const swatch = draw("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, draw("path", { fill, d: "M0 0h10v10H0z" }));
    const around = make("a", { href: page ? `places/${page}.html#${row.code.toLowerCase()}` : map + key }, name);
    const decile = `${row.decile}${row.decile_low === row.decile_high ? "" : ` (${span(row.decile_low, row.decile_high)})`}`;
    return make("tr", {},
      make("td", {}, span(row.position_low, row.position_high)),
      make("th", { scope: "row" },
        make("a", { href: `${map}&area=${row.code.toLowerCase()}${key}` }, row.readable || row.official),
        make("span", { class: row.readable ? "ec-about" : "ec-about ec-same" }, ...(row.readable ? [`${row.official}, `] : []), around)),
      make("td", {}, row.value + measure.after),
      make("td", {}, swatch, decile),
      make("td", {}, row.users == null ? "–" : number(row.users)));
  };

  const table = (rows, measure) => {
    const head = make("tr", {}, ...["Position", "Neighbourhood", "Value", "Decile", "Users"].map((name) => make("th", { scope: "col" }, name)));
    const whole = make("table", {}, make("caption", {}, `${measure.title}, lowest first; decile 1 is the lowest`), make("thead", {}, head));
    for (let at = 0; at < rows.length;) {
      const end = rows.findIndex((row, one) => one > at && row.group !== rows[at].group);
      const group = rows.slice(at, end < 0 ? undefined : end);
      const body = make("tbody");
      if (group.length > 1) body.append(make("tr", {}, make("th", { colspan: "5", scope: "rowgroup" }, heading(group))));
      body.append(...group.map((row) => line(row, measure)));
      whole.append(body);
      at += group.length;
    }
    return whole;
  };

  const show = (rows, measure) => {
    const stamp = more.stamp ? [make("p", { class: "ec-stamp" }, more.stamp)] : [];
    const higher = measure.more.charAt(0).toLowerCase() + measure.more.slice(1);
    const about = make("p", { class: "ec-meaning" }, `${measure.title}: ${measure.meaning}. A higher value means: ${higher}`);
    const parts = [make("p", { class: "ec-counted" }, listed.said), about, ...stamp];
    if (rows.length) parts.push(make("div", { class: "ec-list" }, table(rows, measure)));
    const left = listed.rows.length - rows.length;
    if (left) {
      const all = make("button", { type: "button" }, `Show all ${number(listed.rows.length)}`);
      all.addEventListener("click", () => {
        show(listed.rows, measure);
        shown.querySelectorAll("tbody th a")[rows.length].focus();
      });
      parts.push(make("div", { class: "ec-left" }, all, " The table to download has all."));
    }
    shown.replaceChildren(...parts);
  };

  const chips = (chosen) => {
    list.hidden = !chosen.length;
    list.replaceChildren(...chosen.map((place) => {
      const away = make("button", { type: "button", "aria-label": `Remove ${place.name}`, title: "Remove" }, "×");
      away.addEventListener("click", () => {
        go({ places: state.places.filter((slug) => slug !== place.slug) });
        form.querySelector("input").focus();
      });
      return make("li", {}, make("span", { class: "ec-who" }, make("b", {}, place.name), make("span", { class: "ec-about" }, place.about)), away);
    }));
    form.dataset.chosen = state.places.join(",");
  };

  /* ---- the table as CSV ---- */

  const asCsv = () => {
    const measure = data.measures.find(({ key }) => key === state.measure);
    const own = ["decile", "decile_low", "decile_high", "rank_low", "rank_high", "group", "position_low", "position_high"];
    const head = ["msoa21cd", "msoa21nm", "name", "lad21cd", "lad21nm", "rgn21nm", "measure", "value", "unit", ...own, "num_users", "source"];
    const rows = listed.rows.map((row) => {
      const [code, , name, region] = data.districts[row.at];
      const value = row.value.replace("−", "-");
      return [row.code, row.official, row.readable, code, name, region, measure.key, value, measure.unit, ...own.map((column) => row[column]), row.users ?? "", more.source];
    });
    return csv([head, ...rows]);
  };
  const fileName = () => {
    const where = state.places.length > 3 ? [`${state.places.length}-places`] : state.places;
    const what = [...where, state.measure.replaceAll("_", "-"), `decile-${state.at_most}-or-below`, ...(state.kind ? [`kind-${state.kind}`] : [])];
    return `shortlist-${what.join("-").slice(0, 150)}.csv`;
  };

  /* ---- from the address to the page ---- */

  let turn = 0;

  const fetchAll = async (wanted, mine) => {
    const loaded = [];
    const waiting = [...wanted];
    const worker = async () => {
      for (let at = waiting.shift(); at !== undefined && mine === turn; at = waiting.shift()) {
        const slug = data.districts[at][1];
        loaded.push([at, window.ecAreas?.[slug] || (await district(root.dataset.scripts, slug))]);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return loaded.sort(([a], [b]) => a - b);
  };

  const apply = async ({ first = false } = {}) => {
    const mine = (turn += 1);
    const [next, notes] = asked();
    state = next;
    const chosen = state.places.map(placeOf);
    const measure = data.measures.find(({ key }) => key === state.measure);
    [measures.value, deciles.value] = [state.measure, String(state.at_most)];
    if (kinds) kinds.value = state.kind;
    chips(chosen);
    const names = chosen.map(({ name }) => name);
    document.title = names.length ? `${names.length > more.named ? `${names.length} places` : series(names)} – ${title}` : title;
    find("[data-do=csv]").disabled = true;
    told.replaceChildren(...notes);
    if (!chosen.length) {
      [listed] = [null, shown.replaceChildren()];
      return;
    }
    const wanted = [...new Set(chosen.flatMap(({ districts }) => districts))];
    const slow = setTimeout(() => {
      if (mine === turn) told.replaceChildren(...notes, `The neighbourhoods of ${several(wanted.length, "local authority", "local authorities")} are being loaded …`);
    }, 400);
    const loaded = await fetchAll(wanted, mine);
    clearTimeout(slow);
    if (mine !== turn) return;
    const broken = loaded.filter(([, near]) => !near?.values?.[state.measure]).map(([at]) => data.districts[at][2]);
    const [rows, counts] = select(loaded.filter(([, near]) => near?.values?.[state.measure]));
    const left = broken.length > more.named ? `${number(broken.length)} local authorities` : series(broken);
    listed = { rows, said: counts.total ? sentence(counts, chosen, measure) : "" };
    if (broken.length) {
      const again = make("button", { type: "button" }, "Try again");
      again.addEventListener("click", () => apply());
      notes.push(`The neighbourhoods of ${left} could not be loaded: they are not in the list and its counts. `, again);
      listed.said = counts.total ? `Without ${left}: ${listed.said}` : "";
    }
    show(rows.slice(0, MOST), measure);
    find("[data-do=csv]").disabled = !rows.length;
    told.replaceChildren(...notes, first ? "" : ` ${several(rows.length, "neighbourhood is", "neighbourhoods are")} listed.`);
  };

  const acts = {
    copy: () => copy(location.href.split("#")[0] + address(), told),
    csv: () => {
      const link = make("a", { download: fileName() });
      link.href = URL.createObjectURL(new Blob([asCsv()], { type: "text/csv" }));
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    },
  };

  addEventListener("DOMContentLoaded", () => {
    [data, more] = [window.ecValues, window.ecShortlist];
    if (!data || !more) {
      told.replaceChildren("The values could not be loaded. Load the page again, or look at ", make("a", { href: "places/index.html" }, "the list of places"), ".");
      return;
    }
    places = [
      ...data.districts.map(([code, slug, name, region], at) => ({
        slug, name, code: code.toLowerCase(), said: more.said[name] || name, about: `local authority in ${data.regions[region]}`, districts: [at],
      })),
      ...more.wider.map(([slug, name, said, kind, districts]) => ({
        slug, name, said, districts, about: `${kind}, ${several(districts.length, "local authority", "local authorities")}`,
      })),
    ];
    for (const button of root.querySelectorAll("[data-do]")) button.addEventListener("click", acts[button.dataset.do]);
    measures.addEventListener("change", () => go({ measure: measures.value }));
    deciles.addEventListener("change", () => go({ at_most: Number(deciles.value) }));
    kinds?.addEventListener("change", () => go({ kind: kinds.value }));
    // A result of the search adds a place, and leaves decile, measure and kind as they are.
    form.querySelector("ul").addEventListener("click", (event) => {
      const chosen = new URLSearchParams(event.target.closest("a")?.hash.slice(1)).get("places");
      if (!chosen) return;
      event.preventDefault();
      go({ places: [...new Set(chosen.split(",").filter(Boolean))] });
      form.querySelector("input").focus();
    });
    find(".ec-controls").hidden = false;
    addEventListener("hashchange", () => apply());
    apply({ first: true });
  });
})();
