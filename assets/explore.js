/* The explorer: one map of all local authorities, in which each opens into its neighbourhoods, and the panel beside it.
   The address says what is shown: #place=great-yarmouth&area=e02005578&measure=bias; a place may be a group, of which
   the districts are outlined. Numbers, deciles, ranks and
   sentences are those of the scripts that ec_maps/site/explorer_data.py writes; here they are only looked up. Names are
   only ever set as text. */

"use strict";

(() => {
  const root = document.querySelector(".ec-explore");
  if (!root) return;
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const SIGNS = { "<": "below", "=": "level with", ">": "above" };
  const find = (selector) => root.querySelector(selector);
  const [svg, world, panel, told, readout, select] =
    [".ec-canvas", ".ec-world", ".ec-panel", ".ec-told", ".ec-readout", "#ec-measure"].map(find);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const title = document.title;

  /* ---- small helpers ---- */

  const { make, draw, copy, district, number, short, read } = window.ecParts;
  const many = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;

  /* ---- what there is, and what is shown ---- */

  let data = null; // window.ecValues
  let state = { place: -1, group: "", area: "", measure: "" };
  let near = null; // the neighbourhoods of the district that is open
  let whole = null; // the group that is chosen
  let failed = false; // whether they could not be loaded
  const districts = []; // one stop for each: element, name, centre, size
  let areas = [];

  const measure = () => data.measures.find((one) => one.key === state.measure);
  const valueOf = (columns, at) =>
    columns?.value?.[at] == null ? measure().missing : columns.value[at] + measure().after;
  const inWords = (name, columns, at) => {
    const decile = columns?.decile?.[at];
    return `${name}: ${valueOf(columns, at)}${decile ? `, decile ${decile} of 10` : ""}`;
  };
  const nameOf = ([, official, readable]) => (readable ? `${readable} (${official})` : official);

  const address = ({ place, group, area, measure: key }) => {
    const parts = group ? [`place=${group}`] : [];
    if (place >= 0) parts.push(`place=${data.districts[place][1]}`);
    if (place >= 0 && area) parts.push(`area=${area}`);
    if (key !== data.headline) parts.push(`measure=${key}`);
    return `#${parts.join("&")}`;
  };
  const go = (change) => {
    const next = address({ ...state, ...("place" in change && { group: "" }), ...change });
    if (next !== (location.hash || "#")) location.hash = next;
  };

  /* Return the state that the address asks for, and say what of it there is not. */
  const asked = () => {
    const { hash } = location;
    if (hash.length > 1 && !hash.includes("=")) return { ...state, notes: [] }; // the anchor of something on the page
    const given = new URLSearchParams(hash.slice(1));
    const [place, key] = [(given.get("place") || "").toLowerCase(), given.get("measure") || data.headline];
    const notes = [];
    const at = data.districts.findIndex(([code, slug]) => slug === place || code.toLowerCase() === place);
    const beyond = data.beyond.find(([slug]) => slug === place);
    const group = at < 0 && root.dataset.groups.split(" ").includes(place) ? place : "";
    if (beyond) {
      notes.push(`${beyond[1]} is in ${beyond[2]}, and this map is of England and Wales. `);
      notes.push(make("a", { href: beyond[3] ? `places/${beyond[3]}.html` : "places/index.html" }, "Its value"));
    } else if (place && at < 0 && !group) {
      notes.push(`There is no place “${short(given.get("place"))}” on this map; all of England and Wales is shown. `);
    }
    const known = data.measures.some((one) => one.key === key);
    if (!known) notes.push(`There is no measure “${short(key)}” here; economic connectedness is shown. `);
    const area = at < 0 ? "" : (given.get("area") || "").toLowerCase();
    return { place: at, group, area, measure: known ? key : data.headline, notes };
  };

  const load = (slug) => district(root.dataset.scripts, slug);

  /* ---- the view: x, y and k turn units of the map into pixels ---- */

  let [width, height, view, home, frame, settling] = [1, 1, { x: 0, y: 0, k: 1 }, null, 0, 0];
  const extent = svg.getAttribute("viewBox").split(" ").map(Number);
  const hatches = [svg.querySelector("#ec-missing"), svg.querySelector("#ec-missing-near")];

  const fit = ([left, top, right, bottom], room = 0.9) => {
    const k = room * Math.min(width / (right - left), height / (bottom - top));
    return { k, x: width / 2 - (k * (left + right)) / 2, y: height / 2 - (k * (top + bottom)) / 2 };
  };
  const target = (place = districts[state.place]) => {
    const members = place ? [place] : whole ? whole.members.map((at) => districts[at]) : [];
    if (!members.length) return home;
    const boxes = members.map(({ element }) => element.getBBox());
    const end = (pick, corner) => pick(...boxes.map(corner));
    return fit([
      end(Math.min, ({ x }) => x), end(Math.min, ({ y }) => y),
      end(Math.max, ({ x, width: wide }) => x + wide), end(Math.max, ({ y, height: high }) => y + high),
    ]);
  };

  const show = (next) => {
    view = next;
    world.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.k})`);
    hatches.forEach((hatch, at) => {
      hatch.setAttribute("patternTransform", `scale(${1 / (view.k * (at && near ? near.at[2] : 1))})`);
    });
    svg.style.touchAction = view.k > home.k * 1.02 ? "none" : "pan-y";
    svg.classList.add("ec-moving");
    clearTimeout(settling);
    settling = setTimeout(settle, 120);
  };
  const settle = () => {
    svg.classList.remove("ec-moving");
    label();
  };
  const held = ({ x, y, k }) => {
    const most = 12 * Math.max(target().k, 4 * home.k);
    const to = Math.max(home.k, Math.min(most, k));
    const [cx, cy] = [(width / 2 - x) / k, (height / 2 - y) / k];
    const inside = (at, low, size) => Math.max(low, Math.min(low + size, at));
    if (to === home.k && !near) return home;
    return {
      k: to,
      x: width / 2 - to * inside(cx, extent[0], extent[2]),
      y: height / 2 - to * inside(cy, extent[1], extent[3]),
    };
  };
  const zoom = (factor, [x, y] = [width / 2, height / 2]) => {
    cancelAnimationFrame(frame);
    const k = Math.max(home.k, view.k * factor);
    show(held({ k, x: x - ((x - view.x) * k) / view.k, y: y - ((y - view.y) * k) / view.k }));
  };

  /* Glide along the path of van Wijk and Nuij (2003), which zooms out and in again between places far apart. */
  const glide = (to) => {
    cancelAnimationFrame(frame);
    if (still.matches) return show(to);
    svg.classList.add("ec-moving");
    const [from, end] = [view, to].map(({ x, y, k }) => [(width / 2 - x) / k, (height / 2 - y) / k, width / k]);
    const [x, y] = [end[0] - from[0], end[1] - from[1]];
    const apart = Math.hypot(x, y);
    let path;
    let long = Math.log(end[2] / from[2]) / Math.SQRT2;
    if (apart < 1e-6 * from[2]) {
      path = (s) => [0, from[2] * Math.exp(Math.SQRT2 * s)];
    } else {
      const bend = (w, sign) => (end[2] ** 2 - from[2] ** 2 + sign * 4 * apart ** 2) / (4 * w * apart);
      const turn = (b) => Math.log(Math.sqrt(b * b + 1) - b);
      const first = turn(bend(from[2], 1));
      long = (turn(bend(end[2], -1)) - first) / Math.SQRT2;
      path = (s) => {
        const at = Math.SQRT2 * s + first;
        const along = (from[2] / (2 * apart)) * (Math.cosh(first) * Math.tanh(at) - Math.sinh(first));
        return [along, (from[2] * Math.cosh(first)) / Math.cosh(at)];
      };
    }
    const lasts = Math.max(300, Math.min(900, 350 * Math.abs(long)));
    const began = performance.now();
    const step = (now) => {
      const share = Math.min(1, Math.max(0, (now - began) / lasts));
      if (share === 1) return show(to);
      const eased = share < 0.5 ? 4 * share ** 3 : 1 - (2 - 2 * share) ** 3 / 2;
      const [along, wide] = path(eased * long);
      const k = width / wide;
      show({ k, x: width / 2 - k * (from[0] + along * x), y: height / 2 - k * (from[1] + along * y) });
      frame = requestAnimationFrame(step);
      return undefined;
    };
    frame = requestAnimationFrame(step);
    return undefined;
  };

  const measureFrame = () => {
    const box = svg.getBoundingClientRect();
    if (!box.width || !box.height) return;
    [width, height] = [box.width, box.height];
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    home = fit([extent[0], extent[1], extent[0] + extent[2], extent[1] + extent[3]], 1);
  };

  /* ---- areas: the districts, and the neighbourhoods of the one that is open ---- */

  const rings = Object.fromEntries(["chosen", "hover", "focus"].map((kind) => {
    const ring = draw("g", { class: `ec-ring ec-ring-${kind}`, "aria-hidden": "true" });
    return [kind, ring];
  }));
  const labels = draw("g", { class: "ec-labels", "aria-hidden": "true" });
  const patch = draw("g", { class: "ec-patch" });

  const ring = (kind, ...outlines) => {
    const there = outlines.filter(Boolean);
    rings[kind].replaceChildren();
    if (!there.length) return;
    const inPatch = patch.contains(there[0]) && patch.getAttribute("transform");
    if (inPatch) rings[kind].setAttribute("transform", inPatch);
    else rings[kind].removeAttribute("transform");
    for (const part of ["casing", "line"]) {
      rings[kind].append(...there.map((outline) => draw("path", { class: `ec-ring-${part}`, d: outline.getAttribute("d") })));
    }
  };
  const outlineOf = (stop) => stop.element.querySelector("path");
  const stopOf = (target) => {
    const element = target.closest?.("[data-code], [data-place]");
    if (!element || !svg.contains(element)) return null;
    if (element.dataset.place) return districts[element.dataset.place];
    return [...areas, ...districts].find((stop) => stop.element === element) || null;
  };
  const stops = () => (near && areas.length ? areas : districts);
  const chosen = () => (state.area && areas.find(({ code }) => code === state.area)) || null;
  const columnsOf = (stop) => (stop.place === undefined ? near.values[state.measure] : measure().values);

  const prepare = () => {
    const at = new Map(data.districts.map(([code], place) => [code, place]));
    for (const element of svg.querySelectorAll(".ec-districts [data-code]")) {
      const place = at.get(element.dataset.code);
      element.querySelector("title").remove();
      const [x, y, radius] = element.dataset.at.split(" ").map(Number);
      districts[place] = { element, place, name: data.districts[place][2], at: place, centre: [x, y], radius };
    }
    districts[0].element.setAttribute("tabindex", "0");
    svg.style.setProperty("--ec-around", svg.dataset.around);
    svg.style.setProperty("--ec-ink", svg.dataset.ink);
    world.append(patch, ...Object.values(rings));
    svg.append(labels);
    svg.setAttribute("aria-label", "Map of England and Wales. Arrow keys move from area to area, Enter opens one.");
  };

  /* Draw the district that is open: sea and land around it in grey, and its neighbourhoods. */
  const open = () => {
    patch.replaceChildren();
    areas = [];
    ring("hover");
    ring("focus");
    svg.classList.toggle("ec-open", Boolean(near));
    if (!near) return;
    const [x, y, unit] = near.at;
    const [left, top, right, bottom] = near.window;
    patch.setAttribute("transform", `translate(${x} ${y}) scale(${unit})`);
    patch.append(draw("path", { fill: svg.dataset.sea, d: `M${left} ${top}H${right}V${bottom}H${left}z` }));
    for (const [place, d] of near.around) {
      const land = draw("path", { class: "ec-around", d });
      patch.append(place < 0 || place === state.place ? land : draw("g", { "data-place": place, class: "ec-next" }, land));
    }
    areas = near.areas.map(([code, official, readable, d, ax, ay, radius], at) => {
      const element = draw("g", { "data-code": code, role: "button", tabindex: "-1" }, draw("path", { d }));
      patch.append(element);
      return {
        element, at, code: code.toLowerCase(), name: nameOf([code, official, readable]),
        names: [readable, official.split(" ").at(-1)].filter(Boolean),
        centre: [x + ax * unit, y + ay * unit], radius: radius * unit,
      };
    });
    areas[0]?.element.setAttribute("tabindex", "0");
  };

  let painted = ""; // the measure that the districts show
  const paint = () => {
    const { key, colours, values } = measure();
    const filled = (decile, missing) => (decile ? colours[decile - 1] : `url(#${missing})`);
    for (const { element, place, name } of key === painted ? [] : districts) {
      element.setAttribute("fill", filled(values.decile[place], "ec-missing"));
      element.setAttribute("aria-label", inWords(name, values, place));
    }
    painted = key;
    if (!near) return;
    const columns = near.values[state.measure];
    for (const { element, at, name, code } of areas) {
      element.setAttribute("fill", filled(columns?.decile[at], "ec-missing-near"));
      element.setAttribute("aria-label", inWords(name, columns, at));
      element.setAttribute("aria-pressed", String(code === state.area));
    }
    const ground = patch.querySelector(":scope > .ec-around:last-of-type");
    if (!areas.length && ground) ground.style.fill = filled(values.decile[state.place], "ec-missing-near");
  };

  /* Write the names that fit into their areas, the largest first; those of neighbours where there is room. */
  const label = () => {
    labels.replaceChildren();
    const placed = [[0, 0, Math.min(340, width - 56), 30], [width - 56, 0, width, 140]]; // the stamp, the buttons
    const put = (text, [x, y], radius, attributes) => {
      const half = [Math.max(...text.map((line) => line.length)) * 3.4, text.length * 7.5];
      if (Math.hypot(...half) > 1.35 * radius * view.k) return false;
      const [sx, sy] = [x * view.k + view.x, y * view.k + view.y];
      const box = [sx - half[0], sy - half[1], sx + half[0], sy + half[1]];
      if (box[0] < 2 || box[1] < 2 || box[2] > width - 2 || box[3] > height - 2) return false;
      if (placed.some((other) => box[0] < other[2] && other[0] < box[2] && box[1] < other[3] && other[1] < box[3])) return false;
      placed.push(box);
      const lines = text.map((line, at) => draw("tspan", { x: sx, y: sy + 4 + (at - (text.length - 1) / 2) * 14 }, line));
      labels.append(draw("text", attributes, ...lines));
      return true;
    };
    /* A name in one line, or in two. */
    const split = (name) => {
      const gaps = [...name.matchAll(/ /g)].map(({ index }) => index);
      const cut = gaps.sort((a, b) => Math.abs(a - name.length / 2) - Math.abs(b - name.length / 2))[0];
      return cut ? [[name], [name.slice(0, cut), name.slice(cut + 1)]] : [[name]];
    };
    const { inks } = measure();
    for (const stop of [...stops()].sort((a, b) => b.radius - a.radius)) {
      const decile = columnsOf(stop)?.decile[stop.at];
      const style = decile ? { fill: inks[decile - 1] } : { class: "ec-cased", "paint-order": "stroke" };
      (stop.names || [stop.name]).flatMap(split).some((text) => put(text, stop.centre, stop.radius, style));
    }
    if (!near) return;
    for (const next of patch.querySelectorAll(".ec-next")) {
      const { x, y, width: wide, height: high } = next.getBBox();
      const [left, top, unit] = near.at;
      const centre = [left + (x + wide / 2) * unit, top + (y + high / 2) * unit];
      const radius = (unit * Math.min(wide, high)) / 2;
      split(districts[next.dataset.place].name).some((text) => put(text, centre, radius, { class: "ec-faint", "paint-order": "stroke" }));
    }
  };

  /* ---- the panel ---- */

  const fact = (name, text) => [make("dt", {}, name), make("dd", {}, text)];

  const facts = (columns, at, level) => {
    const { levels } = measure();
    const list = make("dl", {}, ...fact("Value", valueOf(columns, at)));
    if (!columns?.decile?.[at]) return list;
    const [low, high] = [columns.decile_low[at], columns.decile_high[at]];
    const span = low === high ? "" : ` (${low}–${high})`;
    list.append(...fact("Decile", `${columns.decile[at]} of 10${span}, 1 is lowest`));
    const [first, last] = [columns.rank_low[at], columns.rank_high[at]];
    const rank = first === last ? number(first) : `between ${number(first)} and ${number(last)}`;
    list.append(...fact("Rank", `${rank} of ${number(levels[level].number)}, 1 is lowest`));
    if (columns.users?.[at]) list.append(...fact("Users", number(columns.users[at])));
    return list;
  };

  /* A line for each place, at its value, between the lowest and the highest; those named stand out. */
  const strip = (words, level, columns, on) => {
    const { ends } = measure().levels[level] || {};
    if (!ends) return "";
    const [low, high] = ends.map(read);
    const lines = (members) => members.filter((at) => columns.value[at] !== null)
      .map((at) => `M${(4 + (292 * (read(columns.value[at]) - low)) / (high - low || 1)).toFixed(1)} 4v22`).join("");
    const drawing = draw("svg", { viewBox: "0 0 300 30", role: "img", "aria-label": words });
    drawing.append(
      draw("path", { class: "ec-all", d: lines(columns.value.map((_, at) => at)) }),
      draw("path", { class: "ec-one", d: lines(on).replaceAll(" 4v22", " 0v30") }),
    );
    const foot = make("p", {}, make("span", {}, `lowest ${ends[0]}`), make("span", {}, `highest ${ends[1]}`));
    return make("div", { class: "ec-strip" }, make("p", {}, words), drawing, foot);
  };

  const swatch = (decile) => {
    const fill = decile ? measure().colours[decile - 1] : svg.dataset.missing;
    return draw("svg", { viewBox: "0 0 10 10", "aria-hidden": "true" }, draw("path", { fill, d: "M0 0h10v10H0z" }));
  };

  /* Places as a list of buttons, each with its colour, name, value and decile. */
  const buttons = (members, name) => {
    const list = make("ol", { class: name });
    for (const stop of members) {
      const columns = columnsOf(stop);
      const decile = columns?.decile[stop.at];
      const button = make("button", { type: "button", ...(stop.code && { "aria-pressed": String(stop.code === state.area) }) });
      button.append(
        swatch(decile), make("span", {}, stop.name),
        make("span", {}, valueOf(columns, stop.at)), make("span", {}, decile ? `decile ${decile}` : ""),
      );
      for (const heard of ["pointerenter", "focus"]) button.addEventListener(heard, () => hint(stop));
      for (const heard of ["pointerleave", "blur"]) button.addEventListener(heard, () => hint(null));
      button.addEventListener("click", () => choose(stop));
      list.append(make("li", {}, button));
    }
    return list;
  };

  const listing = (members = areas) => {
    const columns = columnsOf(members[0]);
    const value = ({ at }) => (columns?.value[at] == null ? Infinity : read(columns.value[at]));
    return buttons([...members].sort((a, b) => value(a) - value(b) || a.at - b.at), "ec-areas");
  };

  /* The places most like the one that is open, as far as they are on this map; a sentence where none are published. */
  const similar = () => {
    const listed = near?.similar;
    if (!listed) return [];
    const name = districts[state.place].name;
    const folded = make("details", {}, make("summary", {}, "Similar places"));
    if (typeof listed === "string") {
      folded.append(make("p", {}, listed));
      return [folded];
    }
    const alike = listed.filter((place) => place < districts.length).slice(0, 5);
    const list = buttons(alike.map((at) => districts[at]), "ec-alike");
    const words = `Most like ${name} in England and Wales, the most alike first, by the Office for National Statistics: alike in population, work, housing and more, not in friendships.`;
    const slugs = [state.place, ...alike].map((at) => data.districts[at][1]);
    const compared = make("a", { href: `compare-places.html#places=${slugs}` }, "Compare it with them");
    folded.append(make("p", { class: "ec-basis" }, words), list, make("p", {}, compared));
    return [folded];
  };

  const links = (anchor) => {
    const [, , , region, page] = data.districts[state.place];
    const fallback = [[page ? "Its page" : `All of ${data.regions[region]}`, page ? `places/${page}.html` : "places/index.html"]];
    const list = make("ul", { class: "ec-links" });
    (near?.links || fallback).forEach(([words, href], at) => {
      list.append(make("li", {}, make("a", { href: at || !page ? href : `${href}${anchor}` }, words)));
    });
    return list;
  };

  /* How many neighbourhoods of the group are in each decile: a list of ten, as on a place's page. */
  const counts = (numbers) => {
    const { colours, inks } = measure();
    return make("ol", { class: "ec-deciles", "aria-label": `Neighbourhoods of ${whole.name} in each decile of England and Wales` },
      ...numbers.map((count, at) => {
        const field = make("li", {}, make("b", {}, count ? number(count) : "–"), " ", make("span", {}, `decile ${at + 1}`));
        Object.assign(field.style, { background: colours[at], color: inks[at] });
        return field;
      }));
  };
  const ofGroup = (meaning) => {
    const members = whole.members.map((at) => districts[at]);
    const inside = many(members.length, "local authority", "local authorities");
    const [numbers, said] = whole.spread[state.measure] || [];
    const list = make("ul", { class: "ec-links" }, ...whole.links.map(([words, href]) => make("li", {}, make("a", { href }, words))));
    panel.replaceChildren(
      make("h2", {}, whole.name), make("p", { class: "ec-in" }, `${whole.kind.charAt(0).toUpperCase()}${whole.kind.slice(1)}, ${inside}`), meaning,
      ...(numbers ? [counts(numbers), make("p", {}, said)] : []), list,
      make("h3", {}, `${inside}, lowest first`), listing(members),
    );
  };

  const fill = () => {
    const about = measure();
    const meaning = make("p", { class: "ec-meaning" }, `${about.title}: ${about.meaning}. ${about.in_words}`);
    panel.hidden = false;
    if (whole) {
      ofGroup(meaning);
      return;
    }
    if (state.place < 0) {
      const { lad, msoa } = about.levels;
      panel.replaceChildren(
        make("h2", {}, "England and Wales"), meaning,
        make("p", {}, `${number(lad.number)} local authorities have a value; their median is ${lad.median}.`
          + (msoa ? ` The median neighbourhood of ${number(msoa.number)} is at ${msoa.median}.` : "")),
        make("p", { class: "ec-how" }, "Choose a local authority on the map, or search for a place, to see its neighbourhoods."),
      );
      return;
    }
    const [, , name, region] = data.districts[state.place];
    const stop = chosen();
    const at = state.place;
    if (stop) {
      const columns = near.values[state.measure];
      const than = columns && columns.than_country[stop.at] !== "."
        ? [`Its value is ${SIGNS[columns.than_country[stop.at]]} the median of all neighbourhoods of England and Wales (${about.levels.msoa.median})`
          + (columns.than_district[stop.at] === "." ? "." : `, and ${SIGNS[columns.than_district[stop.at]]} ${name} as a whole (${valueOf(about.values, at)}).`)]
        : [];
      const back = make("button", { type: "button", class: "ec-up" }, name);
      back.addEventListener("click", () => go({ area: "" }));
      panel.replaceChildren(
        make("h2", {}, stop.name), make("p", { class: "ec-in" }, "Neighbourhood of ", back), meaning,
        facts(columns, stop.at, "msoa"), ...than.map((text) => make("p", {}, text)),
        columns ? strip(`The neighbourhoods of ${name}, from the lowest to the highest of all`, "msoa", columns, [stop.at]) : "",
        links(`#${stop.code}`), make("h3", {}, `Neighbourhoods of ${name}`), listing(),
      );
      return;
    }
    const parts = [make("h2", {}, name), make("p", { class: "ec-in" }, `Local authority in ${data.regions[region]}`), meaning, facts(about.values, at, "lad")];
    if (near?.words[state.measure]) parts.push(make("p", {}, near.words[state.measure]));
    parts.push(strip("All local authorities", "lad", about.values, [at]), links(""), ...similar());
    if (failed) {
      const again = make("button", { type: "button" }, "Try again");
      again.addEventListener("click", () => apply({ again: true }));
      parts.push(make("p", { class: "ec-failed" }, `The neighbourhoods of ${name} could not be loaded; its own values are above. `, again));
    } else if (near) {
      parts.push(make("h3", {}, `${many(areas.length, "neighbourhood", "neighbourhoods")}, lowest first`), listing());
    }
    panel.replaceChildren(...parts);
  };

  const legend = () => {
    const about = measure();
    const level = near && areas.length ? "msoa" : "lad";
    const { cuts, number: count } = about.levels[level] || about.levels.lad;
    root.querySelectorAll(".ec-cut").forEach((cut, at) => { cut.textContent = cuts[at]; });
    root.querySelectorAll(".ec-key ol path").forEach((path, at) => path.setAttribute("fill", about.colours[at]));
    find(".ec-unit").textContent = about.unit;
    const of = level === "msoa" ? "neighbourhoods" : "local authorities";
    find("figcaption").replaceChildren(
      make("b", {}, about.title), `, by decile of the ${number(count)} ${of} of England and Wales with a value. ${about.in_words}`,
    );
  };

  /* ---- from the address to the page ---- */

  let turn = 0;
  let keep = false; // whether the view stays: the reader has zoomed there
  let byKeys = false; // whether the focus follows into the district that opens
  let waiting = 0; // for the end of zooming by hand

  const render = (notes, first) => {
    const place = districts[state.place];
    const stop = chosen();
    select.value = state.measure;
    paint();
    legend();
    fill();
    const ground = patch.querySelector(":scope > .ec-around:last-of-type");
    const outlines = whole ? whole.members.map((at) => outlineOf(districts[at]))
      : [stop ? outlineOf(stop) : ground || (place ? outlineOf(place) : null)];
    ring("chosen", ...outlines);
    const said = whole ? whole.name : stop ? inWords(stop.name, near.values[state.measure], stop.at)
      : place ? inWords(place.name, measure().values, place.at) : "";
    told.replaceChildren(...notes, said && !first ? `${said}.` : "");
    find("[data-do=back]").disabled = !place && !whole;
    document.title = place || whole ? `${(stop || place || whole).name} – ${title}` : title;
  };

  const apply = async ({ again = false } = {}) => {
    const mine = (turn += 1);
    const before = state;
    const first = !before.measure;
    const { notes, ...next } = asked();
    state = next;
    const [staying, following] = [keep, byKeys];
    [keep, byKeys] = [false, false];
    const slug = data.districts[state.place]?.[1];
    if (again || first || before.place !== state.place || before.group !== state.group) {
      clearTimeout(waiting);
      near = window.ecAreas?.[slug] || null;
      whole = window.ecAreas?.[state.group] || null;
      if (state.group && !whole) {
        if (first) show(home);
        whole = await load(state.group);
        if (mine !== turn) return;
      }
      if (state.group && !whole) notes.push("The group could not be loaded; load the page again. ");
      failed = false;
      open();
      if (first) show(target());
      else if (!staying && !again) glide(target());
      if (slug && !near) {
        render(notes, first);
        near = await load(slug);
        if (mine !== turn) return;
        failed = !near;
        open();
      }
    }
    if (near && state.area && !chosen()) {
      notes.push(`There is no neighbourhood “${short(state.area)}” in ${districts[state.place].name}. `);
      state.area = "";
    }
    render(notes, first);
    settle();
    if (!following) return;
    const stop = near && areas.length ? chosen() || areas[0] : districts[state.place] || districts[before.place];
    if (stop) focus(stop);
  };

  const back = () => {
    if (state.place >= 0 || state.group) go(state.area ? { area: "" } : { place: -1 });
  };

  /* ---- pointer, touch and keys ---- */

  const hint = (stop) => {
    ring("hover", stop && outlineOf(stop));
    readout.textContent = stop ? inWords(stop.name, columnsOf(stop), stop.at) : "";
  };

  const focus = (stop) => {
    const [x, y] = [stop.centre[0] * view.k + view.x, stop.centre[1] * view.k + view.y];
    // An area out of sight comes to the middle.
    if (x < 0 || y < 0 || x > width || y > height) {
      glide(held({ k: view.k, x: view.x + width / 2 - x, y: view.y + height / 2 - y }));
    }
    stop.element.focus({ preventScroll: true });
  };

  const choose = (stop) => go(stop.place === undefined ? { area: stop.code } : { place: stop.place, area: "" });

  /* The nearest area in a direction; distance to the side counts double. */
  const nearest = (from, [right, down]) => {
    let [best, least] = [null, Infinity];
    for (const stop of stops()) {
      const [x, y] = [stop.centre[0] - from.centre[0], stop.centre[1] - from.centre[1]];
      const along = x * right + y * down;
      const aside = Math.abs(x * down) + Math.abs(y * right);
      const cost = along + 2 * aside + (aside > 2 * along ? 1e6 : 0);
      if (along > 0.1 && cost < least) [best, least] = [stop, cost];
    }
    return best;
  };

  /* After zooming by hand: a district that fills the view opens, one that has become small closes. */
  const semantic = () => {
    if (!home) return;
    if (state.place >= 0) {
      if (view.k >= 0.3 * target().k && view.k > home.k) return;
      keep = true;
      go({ place: -1, area: "" });
      return;
    }
    const box = svg.getBoundingClientRect();
    const stop = stopOf(document.elementFromPoint(box.left + width / 2, box.top + height / 2) || svg);
    if (!stop || stop.place === undefined || view.k < 0.8 * target(stop).k) return;
    keep = true;
    go({ place: stop.place, area: "" });
  };
  const zoomed = (factor, at) => {
    zoom(factor, at);
    clearTimeout(waiting);
    waiting = setTimeout(semantic, 250);
  };

  const acts = {
    in: () => zoomed(1.6),
    out: () => zoomed(1 / 1.6),
    home: () => (state.place < 0 && !state.group ? glide(home) : go({ place: -1, area: "" })),
    back,
    copy: () => copy(location.href.split("#")[0] + address(state), told),
  };

  const gestures = () => {
    const down = new Map();
    let moved = false;
    const at = ({ clientX, clientY }) => {
      const box = svg.getBoundingClientRect();
      return [clientX - box.left, clientY - box.top];
    };
    const middle = (points) => [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length);
    const apart = ([a, b]) => Math.hypot(a[0] - b[0], a[1] - b[1]);
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      if (!down.size) moved = false;
      down.set(event.pointerId, at(event));
    });
    svg.addEventListener("pointermove", (event) => {
      if (!down.has(event.pointerId)) return;
      const before = [...down.values()];
      const point = at(event);
      if (!moved && down.size === 1 && apart([before[0], point]) < 5) return;
      if (!moved) {
        moved = true;
        cancelAnimationFrame(frame);
        for (const id of down.keys()) svg.setPointerCapture(id);
      }
      down.set(event.pointerId, point);
      const after = [...down.values()];
      const [from, to] = [middle(before), middle(after)];
      const factor = before.length > 1 ? apart(after) / (apart(before) || 1) : 1;
      zoom(factor, from);
      show(held({ k: view.k, x: view.x + to[0] - from[0], y: view.y + to[1] - from[1] }));
    });
    for (const heard of ["pointerup", "pointercancel"]) {
      svg.addEventListener(heard, (event) => {
        if (down.delete(event.pointerId) && moved && !down.size) semantic();
      });
    }
    svg.addEventListener("wheel", (event) => {
      if (event.deltaY > 0 && view.k <= home.k * 1.001) return; // the page scrolls on
      event.preventDefault();
      zoomed(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), at(event));
    }, { passive: false });
    svg.addEventListener("dragstart", (event) => event.preventDefault());
    svg.addEventListener("click", (event) => {
      const stop = stopOf(event.target);
      if (!stop) return;
      if (!moved) choose(stop);
      moved = false;
    });
    svg.addEventListener("pointerover", (event) => event.pointerType !== "touch" && hint(stopOf(event.target)));
    svg.addEventListener("pointerleave", () => hint(null));
  };

  const keys = () => {
    // On the document: in Chromium an SVG element that listens to focus becomes focusable itself.
    document.addEventListener("focusin", ({ target: element }) => {
      const stop = stopOf(element);
      if (!stop) return;
      svg.querySelectorAll('[tabindex="0"]').forEach((other) => other.setAttribute("tabindex", "-1"));
      stop.element.setAttribute("tabindex", "0");
      if (!element.matches(":focus-visible")) return;
      ring("focus", outlineOf(stop));
      readout.textContent = inWords(stop.name, columnsOf(stop), stop.at);
    });
    document.addEventListener("focusout", () => ring("focus"));
    root.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select")) return;
      const { key } = event;
      const stop = stopOf(event.target);
      const act = { "+": acts.in, "=": acts.in, "-": acts.out, 0: acts.home, Escape: back }[key];
      if (act) {
        byKeys = key === "Escape" && svg.contains(event.target);
        act();
      } else if (stop && key in WAYS) {
        const next = nearest(stop, WAYS[key]);
        if (next) focus(next);
      } else if (stop && (key === "Enter" || key === " ")) {
        byKeys = true;
        choose(stop);
      } else {
        return;
      }
      event.preventDefault();
    });
  };

  const start = () => {
    data = window.ecValues;
    if (!data) {
      told.replaceChildren("The values could not be loaded. Load the page again, or look at ", make("a", { href: "places/index.html" }, "the list of places"), ".");
      return;
    }
    prepare();
    measureFrame();
    gestures();
    keys();
    for (const button of root.querySelectorAll("[data-do]")) button.addEventListener("click", acts[button.dataset.do]);
    select.addEventListener("change", () => go({ measure: select.value }));
    for (const part of root.querySelectorAll(".ec-controls, .ec-zoom, .ec-keys")) part.hidden = false;
    addEventListener("hashchange", () => apply());
    new ResizeObserver(() => {
      const box = svg.getBoundingClientRect();
      if (Math.abs(box.width - width) < 1 && Math.abs(box.height - height) < 1) return;
      measureFrame();
      show(target());
    }).observe(svg);
    apply();
  };

  // Without this script each district is a link to its page. They cease to be before Quarto's own script looks at all
  // links, which it takes for links of HTML.
  for (const link of svg.querySelectorAll(".ec-districts a")) {
    const { code, at } = link.dataset;
    const about = { "data-code": code, "data-at": at, fill: link.getAttribute("fill"), role: "button", tabindex: "-1" };
    link.replaceWith(draw("g", about, ...link.childNodes));
  }
  addEventListener("DOMContentLoaded", start);
})();
