"use strict";

// The finder: as one types, the districts, neighbourhoods and regions that contain all the words, best match first.
// The index, window.ecPlaces, is written with the place pages (see ec_maps/site/finder.py). A form that names the index
// itself, as that of the explorer does, loads it when someone begins to search, and leads to addresses of the explorer;
// one with data-chosen, a list of places kept by the page's own script, leads to that list with one more place.
(() => {
  const form = document.querySelector("form.ec-finder");
  if (!form) return;
  const MOST = 20;
  const field = form.querySelector("input");
  const list = form.querySelector("ul");
  const status = form.querySelector("[role=status]");
  const adds = form.dataset.chosen !== undefined;
  let entries = null;

  // Spellings that people leave out or vary: accents, capitals, apostrophes, "&", "St".
  const folded = (text) =>
    text.normalize("NFD").replace(/[\u0300-\u036f'’.]/g, "").toLowerCase().replace(/&/g, " and ")
      .replace(/\bsaint\b/g, "st").replace(/[^a-z0-9]+/g, " ").trim();

  const load = () => {
    if (entries || !window.ecPlaces) return;
    const { districts, slugs, also, areas, regions, wider } = window.ecPlaces;
    const explorer = Boolean(form.dataset.index);
    if (adds) {
      entries = wider.map(([name, kind, number, slug]) => {
        const inside = `${number} local ${number === 1 ? "authority" : "authorities"}`;
        return { name, about: `${kind === "nations" ? "both nations" : kind}, ${inside}`, slug, rank: 1 };
      });
      districts.forEach(([name, region], at) => entries.push({ name, about: region, slug: slugs[at], rank: 0 }));
      for (const [name, at] of also) {
        entries.push({ name: `${name}: ${districts[at][0]}`, about: districts[at][1], slug: slugs[at], rank: 1 });
      }
      for (const entry of entries) entry.words = ` ${folded(entry.name)}`;
      return;
    }
    const home = (at, code) => {
      if (explorer) return `#place=${slugs[at]}${code && `&area=${code}`}`;
      const [, region, page] = districts[at];
      return page ? `${page}.html${code && `#${code}`}` : `#${regions[region]}`;
    };
    entries = explorer ? []
      : Object.entries(regions).map(([region, id]) => ({ name: region, about: "region", href: `#${id}`, rank: 1 }));
    districts.forEach(([name, region, , value, decile], at) => {
      const about = `${region}, ${value}${decile ? `, decile ${decile}` : ""}`;
      entries.push({ name, about, href: home(at, ""), rank: 0 });
    });
    for (const [name, at] of also) {
      const district = districts[at];
      entries.push({ name: `${name}: ${district[0]}`, about: district[1], href: home(at, ""), rank: 1 });
    }
    for (const [at, rest, readable, code] of areas) {
      const district = districts[at];
      const official = `${district[0]} ${rest}`;
      const name = readable ? `${readable} (${official})` : official;
      entries.push({ name, about: `neighbourhood, ${district[1]}`, href: home(at, code), rank: 2 });
    }
    for (const entry of entries) entry.words = ` ${folded(entry.name)}`;
  };

  const found = (query) => {
    const words = folded(query).split(" ").filter(Boolean);
    if (!words.length) return null;
    const start = ` ${words.join(" ")}`;
    return entries
      .filter((entry) => words.every((word) => entry.words.includes(` ${word}`)))
      .map((entry) => ({ entry, order: (entry.words.startsWith(start) ? 0 : 10) + entry.rank }))
      .sort((a, b) => a.order - b.order || a.entry.words.localeCompare(b.entry.words, "en"))
      .map(({ entry }) => entry);
  };

  const show = () => {
    load();
    const results = entries && found(field.value);
    list.replaceChildren();
    if (!results) {
      status.textContent = "";
      return;
    }
    const more = results.length > MOST ? `, the first ${MOST} shown` : "";
    status.textContent = results.length
      ? `${results.length} found${more}.`
      : "Nothing found. Try fewer letters, or look through the list below.";
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
