/* Interactive maps: a map's picture is replaced by its SVG, whose areas show their name, value and decile on pointer,
   touch and keyboard focus. Without this script the picture, its text and its table remain. */

"use strict";

(() => {
  const SWATCHES = ".ec-swatch, .ec-narrow-swatch"; // the legend's, and those of its form for phones
  const STOPS = `.ec-area, ${SWATCHES}`;
  const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const HOW = "Arrow keys move from area to area, Home and End to the lowest and the highest.";
  const maps = [];
  let copies = 0;

  /* ---- the tooltip: one for the page ---- */

  const tip = document.createElement("div");
  tip.className = "ec-tip";
  tip.setAttribute("role", "tooltip");
  tip.hidden = true;
  let about = null; // the area or swatch that it describes
  let timer = 0;

  function line(name, text) {
    const element = document.createElement(name);
    element.textContent = text;
    return element;
  }

  /* Show name and value of an item above the given point or box, or below it where there is no room above. */
  function tell(item, box) {
    clearTimeout(timer);
    about = item;
    const facts = item.ecFacts;
    tip.replaceChildren(line("strong", facts.name), line("span", facts.description));
    if (item.localName === "a") {
      const hover = matchMedia("(hover: hover)").matches;
      tip.append(line("em", hover ? "Click, or press Enter, for its page" : "Tap again for its page"));
    }
    tip.hidden = false;
    const { clientWidth, clientHeight } = document.documentElement;
    const left = (box.left + box.right) / 2 - tip.offsetWidth / 2;
    let top = box.top - tip.offsetHeight - 6;
    if (top < 8) top = box.bottom + 6;
    tip.style.left = `${Math.max(8, Math.min(left, clientWidth - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, Math.min(top, clientHeight - tip.offsetHeight - 8))}px`;
  }

  function hush() {
    clearTimeout(timer);
    tip.hidden = true;
    about = null;
    maps.forEach((map) => map.light(null));
  }

  /* Leave time to move the pointer onto the tooltip, which then stays. */
  function hushSoon() {
    clearTimeout(timer);
    timer = setTimeout(hush, 250);
  }

  tip.addEventListener("pointerenter", () => clearTimeout(timer));
  tip.addEventListener("pointerleave", hushSoon);
  tip.addEventListener("pointerdown", (event) => event.pointerType === "touch" && hush());
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !tip.hidden) hush();
  });
  document.addEventListener("pointerdown", (event) => {
    if (!tip.hidden && !tip.contains(event.target) && !event.target.closest(STOPS)) hush();
  });
  document.addEventListener("scroll", () => {
    if (!about) return;
    if (about.matches(":focus-visible")) tell(about, about.getBoundingClientRect());
    else hush();
  }, { capture: true, passive: true });

  // One listener for the page: in Chromium an SVG element that listens to focus becomes focusable itself.
  for (const [heard, done] of [["focusin", "enter"], ["focusout", "leave"]]) {
    document.addEventListener(heard, ({ target }) => {
      const item = target.closest?.(STOPS);
      const map = item && maps.find(({ svg }) => svg.contains(item));
      if (map) map[done](item);
    });
  }

  /* ---- one map ---- */

  class InteractiveMap {
    constructor(svg) {
      this.svg = svg;
      this.areas = [...svg.querySelectorAll(".ec-group [data-code]")];
      this.swatches = [...svg.querySelectorAll(SWATCHES)];
      this.areas.forEach((area) => this.prepareArea(area));
      this.swatches.forEach((swatch) => this.prepareSwatch(swatch));
      this.rings = Object.fromEntries(["chosen", "hover", "focus"].map((kind) => {
        const ring = document.createElementNS(svg.namespaceURI, "g");
        ring.setAttribute("class", `ec-ring ec-ring-${kind}`);
        ring.setAttribute("aria-hidden", "true");
        svg.append(ring);
        return [kind, ring];
      }));
      // The order of Home and End: the lowest first, areas without a value last.
      const rank = (area) => Number(area.dataset.class || 99) * 1000 + (parseFloat(area.ecFacts.description) || 0);
      this.byValue = [...this.areas].sort((a, b) => rank(a) - rank(b));
      if (this.byValue.length) this.byValue[0].setAttribute("tabindex", "0");
      this.listen();
    }

    /* Move the text from the native tooltip, which a keyboard never shows, to the area's label. */
    prepareArea(area) {
      const title = area.querySelector(":scope > title");
      const decile = area.closest(".ec-group").dataset.class;
      let words = title.textContent;
      // On a map of very many areas the group holds the decile, and this script sets the class.
      if (decile && !/, decile |ec-area/.test(words + area.getAttribute("class"))) words += `, decile ${decile} of 10`;
      const cut = words.lastIndexOf(": ");
      area.ecFacts = { name: words.slice(0, cut), description: words.slice(cut + 2) };
      title.remove();
      area.classList.add("ec-area");
      area.dataset.class = decile;
      area.setAttribute("aria-label", words);
      area.setAttribute("tabindex", "-1");
      if (area.localName !== "a") area.setAttribute("role", "img");
    }

    prepareSwatch(swatch) {
      const title = swatch.querySelector("title");
      const codes = new Set(this.sameAs(swatch).map((area) => area.dataset.code));
      const name = title.textContent[0].toUpperCase() + title.textContent.slice(1);
      swatch.ecFacts = { name, description: `${codes.size} ${codes.size === 1 ? "area" : "areas"} on this map` };
      title.remove();
      swatch.setAttribute("aria-label", `${name}: ${swatch.ecFacts.description}`);
      swatch.setAttribute("tabindex", "-1");
    }

    sameAs(item) {
      return this.areas.filter((area) => area.dataset.class === item.dataset.class);
    }

    /* Return all copies of an area: a district of London is in the inset too. */
    copiesOf(item) {
      return item.dataset.code ? this.areas.filter((area) => area.dataset.code === item.dataset.code) : [item];
    }

    /* Outline items, dark on white, to be visible on dark and light colours. */
    ring(kind, items) {
      const lines = [];
      for (const part of ["casing", "line"]) {
        for (const item of items) {
          const drawn = item.localName === "a" ? item.querySelector("path, circle, use") : item;
          // A shape that is used in many places is defined elsewhere.
          const stamp = drawn.localName === "use" ? document.querySelector(drawn.getAttribute("href")) : null;
          const copy = (stamp || drawn).cloneNode(false);
          [...copy.attributes].forEach(({ name }) => /^(d|cx|cy|r)$/.test(name) || copy.removeAttribute(name));
          const [x, y] = stamp ? [drawn.getAttribute("x"), drawn.getAttribute("y")] : [0, 0];
          if (stamp) copy.setAttribute("transform", `translate(${x} ${y})`);
          // On a phone the areas are elsewhere, and of each two swatches one is hidden: the outlines follow them.
          const layer = item.closest(".ec-body, .ec-wide, .ec-narrow");
          const to = layer?.style.getPropertyValue("--ec-to");
          if (to) copy.style.setProperty("--ec-to", `${to} translate(${x}px,${y}px)`);
          if (layer?.hasAttribute("display")) copy.setAttribute("display", layer.getAttribute("display"));
          copy.setAttribute("class", `ec-ring-${part} ${layer?.getAttribute("class") ?? ""}`.trim());
          lines.push(copy);
        }
      }
      this.rings[kind].replaceChildren(...lines);
    }

    /* Highlight an area with its swatch, or a swatch with its areas. */
    light(item) {
      if (item === this.lit) return;
      this.lit = item;
      this.svg.querySelectorAll(".ec-on").forEach((element) => element.classList.remove("ec-on"));
      const ofLegend = Boolean(item) && item.matches(SWATCHES);
      this.svg.classList.toggle("ec-dim", ofLegend);
      if (!item) return this.ring("hover", []);
      const swatches = this.swatches.filter((swatch) => swatch.dataset.class === item.dataset.class);
      const areas = ofLegend ? this.sameAs(item) : this.copiesOf(item);
      [...swatches, ...areas].forEach((element) => element.classList.add("ec-on"));
      return this.ring("hover", ofLegend ? swatches : [...areas, ...swatches]);
    }

    show(item, box) {
      maps.forEach((map) => map.light(map === this ? item : null));
      tell(item, box || item.getBoundingClientRect());
    }

    listen() {
      const { svg } = this;
      const itemAt = (event) => event.target.closest(STOPS);
      const atPointer = ({ clientX: x, clientY: y }) => ({ left: x, right: x, top: y, bottom: y + 14 });
      let touched = false;
      let again = false;
      svg.addEventListener("pointerover", (event) => {
        if (event.pointerType === "touch") return;
        const item = itemAt(event);
        if (!item) return hushSoon();
        if (item === about) return clearTimeout(timer);
        clearTimeout(timer);
        // On the way to the tooltip of one area, the pointer may cross another.
        if (tip.hidden) return this.show(item, atPointer(event));
        timer = setTimeout(() => this.show(item, atPointer(event)), 60);
      });
      svg.addEventListener("pointerleave", (event) => event.pointerType === "touch" || hushSoon());
      svg.addEventListener("pointerdown", (event) => {
        const item = itemAt(event);
        touched = event.pointerType === "touch";
        again = touched && item !== null && item === about;
        if (touched && item) this.show(item, atPointer(event));
      });
      // The first touch shows the tooltip, the second follows the link.
      svg.addEventListener("click", (event) => {
        if (touched && !again && event.detail > 0) event.preventDefault();
      });
      svg.addEventListener("keydown", (event) => {
        const item = itemAt(event);
        if (!item || event.ctrlKey || event.metaKey || event.altKey) return;
        const next = event.key === "Home" ? this.byValue[0]
          : event.key === "End" ? this.byValue.findLast((area) => area.dataset.class) || this.byValue.at(-1)
          : event.key in WAYS ? this.nearest(item, WAYS[event.key]) : null;
        if (next) next.focus();
        if (next || event.key in WAYS) event.preventDefault();
      });
    }

    enter(item) {
      this.svg.querySelectorAll('[tabindex="0"]').forEach((stop) => stop.setAttribute("tabindex", "-1"));
      item.setAttribute("tabindex", "0");
      if (!item.matches(":focus-visible")) return;
      this.ring("focus", [item]);
      this.show(item);
    }

    leave(item) {
      this.ring("focus", []);
      if (item === about) hush();
    }

    /* Return the nearest item in that direction; distance to the side counts double. */
    nearest(item, [right, down]) {
      if (this.width !== this.svg.clientWidth) this.centres = null;
      this.width = this.svg.clientWidth;
      this.centres ||= new Map([...this.areas, ...this.swatches].flatMap((stop) => {
        const { x, y, width, height } = stop.getBoundingClientRect();
        return width || height ? [[stop, [x + width / 2, y + height / 2]]] : [];
      }));
      const [x, y] = this.centres.get(item);
      let best = null;
      let least = Infinity;
      for (const [stop, [otherX, otherY]] of this.centres) {
        const along = (otherX - x) * right + (otherY - y) * down;
        const aside = Math.abs((otherX - x) * down) + Math.abs((otherY - y) * right);
        const cost = along + 2 * aside + (aside > 2 * along ? 1e6 : 0);
        if (along > 0.2 && cost < least) [best, least] = [stop, cost];
      }
      return best;
    }

    /* Outline the area that the page's address names, and go there if no other element has that id. */
    choose(name, go) {
      const items = this.areas.filter((area) => name && area.dataset.code.toLowerCase() === name.toLowerCase());
      this.ring("chosen", items);
      if (!items.length || !go) return false;
      this.svg.scrollIntoView({ block: "nearest" });
      items[0].focus({ preventScroll: true });
      return true;
    }
  }

  /* ---- from picture to drawing ---- */

  const named = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return ""; // not an address: "%" alone, for example
    }
  };

  function loaded(img) {
    if (img.complete) return Promise.resolve(img.naturalWidth > 0);
    return new Promise((done) => {
      img.addEventListener("load", () => done(true), { once: true });
      img.addEventListener("error", () => done(false), { once: true });
    });
  }

  async function drawingOf(address) {
    try {
      const answer = await fetch(address, { cache: "force-cache" });
      return answer.ok ? await answer.text() : "";
    } catch {
      return ""; // Offline: the picture stays.
    }
  }

  /* A page opened from a folder cannot fetch, but a frame shows the SVG with its native tooltips. */
  function framed(img) {
    const frame = document.createElement("object");
    frame.type = "image/svg+xml";
    frame.data = img.src;
    frame.setAttribute("aria-label", img.alt);
    takeOver(frame, img);
  }

  function takeOver(element, img) {
    for (const name of ["class", "id", "style", "width", "height"]) {
      if (img.hasAttribute(name)) element.setAttribute(name, img.getAttribute(name));
    }
    img.replaceWith(element);
  }

  async function replace(img) {
    if (location.protocol === "file:") return framed(img);
    img.loading = "eager";
    if (!(await loaded(img))) return;
    const address = new URL(img.currentSrc || img.src);
    const mark = decodeURIComponent(address.hash.slice(1));
    address.hash = "";
    let text = await drawingOf(address.href);
    const own = /aria-labelledby="(\w+)t"/.exec(text)?.[1];
    // A second copy of an SVG on the page needs ids of its own.
    if (own && document.getElementById(`${own}d`)) text = text.replaceAll(own, `${own}n${(copies += 1)}`);
    const svg = document.importNode(new DOMParser().parseFromString(text, "image/svg+xml").documentElement, true);
    if (svg.localName !== "svg" || svg.querySelector("parsererror")) return;
    const title = svg.querySelector(":scope > title");
    svg.setAttribute("aria-label", title.textContent);
    svg.removeAttribute("aria-labelledby");
    title.remove();
    svg.querySelector(":scope > desc").textContent = `${img.alt} ${HOW}`.trim();
    svg.querySelectorAll("a[href]").forEach((link) => {
      link.setAttribute("href", new URL(link.getAttribute("href"), address).href);
    });
    svg.querySelectorAll(".ec-marks > g").forEach((element) => {
      element.classList.toggle("ec-shown", element.id === mark);
      element.removeAttribute("id");
    });
    const map = new InteractiveMap(svg);
    maps.push(map);
    takeOver(svg, img);
    map.choose(named(), false);
  }

  /* For an address such as page.html#e02005578, outline the area on every map that has it. */
  function follow() {
    const name = named();
    let go = Boolean(name) && !document.getElementById(name);
    maps.forEach((map) => {
      if (map.choose(name, go)) go = false;
    });
  }

  async function start() {
    (document.querySelector("main") || document.body).append(tip);
    const pictures = [...document.querySelectorAll("img.ec-map")].filter(
      (img) => /\.svg(#|\?|$)/.test(img.src) && !img.closest("a"),
    );
    addEventListener("hashchange", follow);
    if (/^[a-z]\d{5,9}$/i.test(named())) {
      await Promise.all(pictures.map(replace));
      follow();
      return;
    }
    const near = new IntersectionObserver((entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        near.unobserve(target);
        replace(target);
      }
    }, { rootMargin: "400px" });
    pictures.forEach((img) => near.observe(img));
  }

  start();
})();
