"use strict";

// The finder: as one types, the districts, neighbourhoods, groups and regions that contain all the words, best match
// first, and the districts of a group of just that name; where none does, those that are spelt alike. A postcode is
// answered with a sentence and the district of its post town.
// The index, window.ecPlaces, is written with the place pages (see ec_maps/site/finder.py). A form that names the index
// itself, as that of the explorer does, loads it when someone begins to search, and leads to addresses of the explorer;
// one with data-chosen, a list of places kept by the page's own script, leads to that list with one more place.
(() => {
  const form = document.querySelector("form.ec-finder");
  if (!form) return;
  const [MOST, ALIKE] = [20, 8];
  const POSTCODE = /^([a-z]{1,2})\d[a-z\d]?\s*(?:\d[a-z]{0,2})?$/i;
  const field = form.querySelector("input");
  const list = form.querySelector("ul");
  const status = form.querySelector("[role=status]");
  const adds = form.dataset.chosen !== undefined;
  let entries = null;
  let vocabulary = null; // each word with the entries that have it

  // Spellings that people leave out or vary: accents, capitals, apostrophes, "&", "St".
  const folded = (text) =>
    text.normalize("NFD").replace(/[\u0300-\u036f'’.]/g, "").toLowerCase().replace(/&/g, " and ")
      .replace(/\bsaint\b/g, "st").replace(/[^a-z0-9]+/g, " ").trim();

  const load = () => {
    if (entries || !window.ecPlaces) return;
    const { districts, slugs, also, areas, regions, wider, mapped } = window.ecPlaces;
    const explorer = Boolean(form.dataset.index);
    const widerEntry = ([name, kind, number, slug, members = [], page]) => {
      const inside = `${number} local ${number === 1 ? "authority" : "authorities"}`;
      const href = page && !explorer ? `${slug}.html` : `${explorer ? "" : "../explore.html"}#place=${slug}`;
      return { name, about: `${kind === "nations" ? "both nations" : kind}, ${inside}`, slug, href, members, rank: 1 };
    };
    if (adds) {
      entries = wider.map(widerEntry);
      districts.forEach(([name, region], at) => entries.push({ name, about: region, slug: slugs[at], rank: 0, at }));
      for (const [name, at] of also) {
        entries.push({ name: `${name}: ${districts[at][0]}`, about: districts[at][1], slug: slugs[at], rank: 1 });
      }
      for (const entry of entries) entry.words = ` ${folded(entry.name)}`;
      return;
    }
    const home = (at, code) => {
      const shown = `#place=${slugs[at]}${code && `&area=${code}`}`;
      if (explorer) return shown;
      const [, region, page] = districts[at];
      if (page) return `${page}.html${code && `#${code}`}`;
      return at < mapped ? `../explore.html${shown}` : `#${regions[region]}`;
    };
    entries = explorer ? []
      : Object.entries(regions).map(([region, id]) => ({ name: region, about: "region", href: `#${id}`, members: [], rank: 1 }));
    entries.push(...wider.filter(([, , , , members]) => members).map(widerEntry));
    districts.forEach(([name, region, , value, decile], at) => {
      const about = `${region}, ${value}${decile ? `, decile ${decile}` : ""}`;
      entries.push({ name, about, href: home(at, ""), rank: 0, at });
    });
    for (const [name, at, history] of also) {
      const district = districts[at];
      entries.push({ name: `${name}: ${district[0]}`, about: history || district[1], href: home(at, ""), rank: 1 });
    }
    for (const [at, rest, readable, code] of areas) {
      const district = districts[at];
      const official = /[a-z]/i.test(rest) ? rest : `${district[0]} ${rest}`; // not each begins with the district's name
      const name = readable ? `${readable} (${official})` : official;
      entries.push({ name, about: `neighbourhood, ${district[1]}`, href: home(at, code), rank: 2 });
    }
    for (const entry of entries) entry.words = ` ${folded(entry.name)}`;
  };

  const found = (query) => {
    const words = folded(query).split(" ").filter(Boolean);
    if (!words.length) return null;
    const start = ` ${words.join(" ")}`;
    // The name of a group stands for its districts too.
    const whole = ({ words: own, members }) => members && own === start;
    const inside = new Set(entries.filter(whole).flatMap(({ members }) => members));
    const named = (entry) => words.every((word) => entry.words.includes(` ${word}`));
    const order = (entry) => {
      if (whole(entry)) return -2;
      return inside.has(entry.at) ? -1 : (entry.words.startsWith(start) ? 0 : 10) + entry.rank;
    };
    return entries
      .filter((entry) => inside.has(entry.at) || named(entry))
      .sort((a, b) => order(a) - order(b) || a.words.localeCompare(b.words, "en"));
  };

  // The number of letters to change, add, leave out or swap with the next until one word is the other, up to `most`.
  const apart = (one, other, most) => {
    if (Math.abs(one.length - other.length) > most) return most + 1;
    let [before, last] = [[], Array.from({ length: other.length + 1 }, (_, at) => at)];
    for (let i = 1; i <= one.length; i += 1) {
      const row = [i];
      for (let j = 1; j <= other.length; j += 1) {
        const same = one[i - 1] === other[j - 1];
        row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0 : 1));
        const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
        if (swapped) row[j] = Math.min(row[j], before[j - 2] + 1);
      }
      if (Math.min(...row) > most) return most + 1;
      [before, last] = [last, row];
    }
    return last[other.length];
  };
  const leeway = ({ length }) => (length < 4 ? 0 : length < 5 ? 1 : 2);

  const listWords = () => {
    vocabulary = new Map();
    for (const entry of entries) {
      entry.whole = folded(entry.name).replace(/ /g, "");
      for (const word of new Set(entry.words.trim().split(" "))) {
        if (!vocabulary.has(word)) vocabulary.set(word, []);
        vocabulary.get(word).push(entry);
      }
    }
  };

  /* The entries that have each word of the query with a slip or two, as a whole word or, of the last one, its beginning;
     or the whole query, whatever its spaces. The nearest first. */
  const alike = (query) => {
    if (!vocabulary) listWords();
    const words = folded(query).split(" ").filter(Boolean);
    const costs = words.map((word, at) => {
      const most = leeway(word);
      const near = new Map();
      for (const [known, holders] of vocabulary) {
        const begun = at === words.length - 1 ? known.slice(0, word.length) : known;
        const cost = Math.min(apart(word, known, most), begun === known ? Infinity : apart(word, begun, most) + 0.5);
        if (cost > most) continue;
        for (const entry of holders) near.set(entry, Math.min(cost, near.get(entry) ?? Infinity));
      }
      return near;
    });
    const total = new Map();
    for (const [entry, cost] of costs[0]) {
      const sum = costs.slice(1).reduce((before, near) => before + (near.get(entry) ?? Infinity), cost);
      if (sum < Infinity) total.set(entry, sum);
    }
    const joined = words.join("");
    for (const entry of joined.length > 4 ? entries : []) {
      const cost = entry.whole.startsWith(joined) ? 0 : apart(joined, entry.whole, 2);
      if (cost <= 2) total.set(entry, Math.min(cost, total.get(entry) ?? Infinity));
    }
    const least = Math.min(...total.values());
    return [...total].filter(([, cost]) => cost <= least + 0.5)
      .sort(([a, x], [b, y]) => x - y || a.rank - b.rank || a.words.localeCompare(b.words, "en"))
      .map(([entry]) => entry).slice(0, ALIKE);
  };

  /* What to say to a postcode, and the district to offer; null for anything else. */
  const ofPostcode = (query) => {
    const letters = POSTCODE.exec(query.trim())?.[1].toUpperCase();
    if (!letters) return null;
    const [town, at] = window.ecPlaces.postcodes[letters] || [];
    const district = town && entries.find(({ rank, name }) => !rank && name === window.ecPlaces.districts[at][0]);
    const instead = "Please type the name of your town, district or neighbourhood.";
    const near = district
      ? ` ${letters} stands for ${town}, though not all of its postcodes are there.` : "";
    return {
      say: `Postcodes cannot be looked up here: there are 2.6 million, and this site asks nobody else.${near} ${instead}`,
      results: district ? [district] : [],
    };
  };

  const answer = (query) => {
    const results = found(query);
    if (!results) return null;
    const more = results.length > MOST ? `, the first ${MOST} shown` : "";
    if (results.length) return { say: `${results.length} found${more}.`, results };
    const postcode = ofPostcode(query);
    if (postcode) return { ...postcode, plainly: true };
    const near = alike(query);
    if (near.length) return { say: "No name is spelt like this. Similar names:", results: near, plainly: true };
    return { say: "Nothing found. Try fewer letters, or look through the list of all places.", results, plainly: true };
  };

  const show = () => {
    load();
    const { say = "", results = [], plainly = false } = (entries && answer(field.value)) || {};
    list.replaceChildren();
    status.textContent = say;
    if (plainly && form.dataset.index) {
      // The status is for screen readers alone where results lie on top of a map.
      const line = document.createElement("li");
      line.setAttribute("aria-hidden", "true");
      line.textContent = say;
      list.append(line);
    }
    for (const { name, about, href, slug } of results.slice(0, MOST)) {
      const link = document.createElement("a");
      link.href = adds ? `#places=${[form.dataset.chosen, slug].filter(Boolean).join(",")}` : href;
      link.textContent = name;
      const note = document.createElement("span");
      note.textContent = about;
      const item = document.createElement("li");
      item.append(link, " ", note);
      list.append(item);
    }
  };

  field.addEventListener("input", show);
  if (form.dataset.index) {
    field.addEventListener("focus", () => {
      const script = document.createElement("script");
      script.src = form.dataset.index;
      script.addEventListener("load", show);
      script.addEventListener("error", () => { status.textContent = "The list of places could not be loaded."; });
      document.head.append(script);
    }, { once: true });
    list.addEventListener("click", () => {
      field.value = "";
      show();
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    list.querySelector("a")?.click();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp" && event.key !== "Escape") return;
    const stops = [field, ...list.querySelectorAll("a")];
    const at = stops.indexOf(document.activeElement);
    if (event.key === "Escape") {
      field.value = "";
      show();
      field.focus();
    } else {
      stops[Math.max(0, Math.min(stops.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))].focus();
    }
    event.preventDefault();
  });

  form.hidden = false;
  // The home page asks with `find`: the search of Quarto takes `q` for itself and removes it from the address.
  const asked = new URLSearchParams(location.search).get("find");
  if (asked) {
    field.value = asked;
    field.focus();
    // The index is further down the page, so its script runs after this one.
    addEventListener("DOMContentLoaded", show);
  }
})();
