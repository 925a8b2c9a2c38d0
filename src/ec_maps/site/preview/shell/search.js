"use strict";

// The search of the site, a combobox by the ARIA pattern. The index is a script, not data to be asked for, so that it
// comes from a server and from a folder alike; it is loaded when someone first goes to the box.
(() => {
  const MOST = 10;
  const here = document.currentScript.src;
  const root = new URL("../../", here);
  const form = document.querySelector(".site-search");
  const [input, list, status] = ["[role=combobox]", "[role=listbox]", "[role=status]"].map((each) => form.querySelector(each));
  let entries = null;
  let asked = false;
  let options = [];
  let active = -1;

  // "Ynys Môn" and "ynys mon", "St Helen’s" and "st helens", "&" and "and" are the same words.
  const fold = (text) => text.normalize("NFD").replace(/[\p{M}'’]/gu, "").replace(/&/g, " and ").toLowerCase();
  const words = (text) => fold(text).match(/[\p{L}\p{N}]+/gu) ?? [];
  const joined = (text) => ` ${words(text).join(" ")} `;

  const load = () => {
    if (asked) return;
    asked = true;
    const script = document.createElement("script");
    script.src = new URL("search-index.js", here);
    script.addEventListener("load", () => {
      entries = window.ecSearchIndex.map(([href, title, section, text], place) => ({
        href, title, section, text, place, page: href.split("#")[0],
        inTitle: joined(title), inSection: joined(section), inText: joined(text),
      }));
      if (input.value.trim()) search();
    });
    script.addEventListener("error", () => { status.textContent = "The index of the search could not be loaded."; });
    document.head.append(script);
  };

  // All words must be there, each at least as the beginning of one; a title says more than a heading or the text.
  const worth = (entry, query) => {
    let sum = entry.section ? 0 : 1;
    for (const word of query) {
      const whole = ` ${word} `;
      const start = ` ${word}`;
      if (entry.inTitle.includes(whole)) sum += 12;
      else if (entry.inTitle.includes(start)) sum += 8;
      else if (entry.inSection.includes(start)) sum += 4;
      else if (entry.inText.includes(start)) sum += 1;
      else return 0;
    }
    return entry.inTitle.startsWith(` ${query.join(" ")}`) ? sum + 20 : sum;
  };

  const find = (query) => {
    const best = new Map(); // of each page the entry that fits best
    for (const entry of entries) {
      const value = worth(entry, query);
      if (value > (best.get(entry.page)?.value ?? 0)) best.set(entry.page, { entry, value });
    }
    return [...best.values()].sort((a, b) => b.value - a.value || a.entry.place - b.entry.place).map(({ entry }) => entry);
  };

  // A few words of the text around the first one that was asked for.
  const excerpt = (text, query) => {
    const all = text.split(" ");
    const hit = all.findIndex((each) => words(each).some((part) => query.some((word) => part.startsWith(word))));
    const from = Math.max(0, hit - 4);
    const cut = all.slice(from, from + 16).join(" ");
    return `${from ? "… " : ""}${cut}${from + 16 < all.length ? " …" : ""}`;
  };

  const element = (name, className, text) => {
    const made = document.createElement(name);
    made.className = className;
    made.textContent = text;
    return made;
  };

  const mark = (index) => {
    active = index;
    options.forEach((option, number) => option.setAttribute("aria-selected", String(number === index)));
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
    } else {
      input.setAttribute("aria-activedescendant", options[index].id);
      options[index].scrollIntoView({ block: "nearest" });
    }
  };

  const show = (open) => {
    list.hidden = !open;
    input.setAttribute("aria-expanded", String(open));
    if (!open) mark(-1);
  };

  const search = () => {
    const query = words(input.value);
    if (!query.length || !entries) {
      show(false);
      status.textContent = "";
      return;
    }
    const found = find(query);
    options = found.slice(0, MOST).map((entry, number) => {
      const option = element("a", "search-option", "");
      Object.assign(option, { id: `search-found-${number + 1}`, href: new URL(entry.href, root).href, tabIndex: -1 });
      option.setAttribute("role", "option");
      option.append(element("span", "search-title", entry.section ? `${entry.title}: ${entry.section}` : entry.title));
      if (entry.text) option.append(" ", element("span", "search-text", excerpt(entry.text, query)));
      return option;
    });
    list.replaceChildren(...options);
    const more = found.length > MOST ? `, the first ${MOST} are listed` : "";
    status.textContent = found.length ? `${found.length} ${found.length === 1 ? "page" : "pages"} found${more}` : "No page found";
    show(found.length > 0);
  };

  const go = () => {
    if (list.hidden || !options.length) return;
    options[Math.max(0, active)].click();
  };

  input.addEventListener("focus", load);
  input.addEventListener("input", () => { load(); search(); });
  input.addEventListener("click", () => { if (list.hidden) search(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); go(); });
  form.addEventListener("focusout", (event) => { if (!form.contains(event.relatedTarget)) { show(false); status.textContent = ""; } });
  // A press on a result must not take the focus away first, or the list would be gone before the click.
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", () => show(false));
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) search();
      if (list.hidden) return;
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length);
    } else if (event.key === "Escape") {
      // First the list, then the words; the menu around it stays as it is.
      event.stopPropagation();
      if (list.hidden) input.value = "";
      show(false);
      status.textContent = "";
    }
  });
})();
