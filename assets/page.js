"use strict";

/* ---- addresses: a tab, a table as it is sorted, a row and a figure have one, which opens and shows it ---- */

const addressed = () => {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return ""; // not an address: "%" alone, for example
  }
};
const linkTo = (name) => `${location.href.split("#")[0]}#${encodeURI(name)}`;
// No new step in the history for each tab looked at.
const remember = (name) => history.replaceState(null, "", `#${encodeURI(name)}`);

/* Copy a text and say so in `status`. Without permission, or in a page opened from a folder, `refused` does something
   else, or the text is shown there, selected. The pages with tools use it too. */
window.ecCopy = async (text, status, { done = "Copied.", ask = "Copy this", refused } = {}) => {
  try {
    await navigator.clipboard.writeText(text);
    status.textContent = done;
  } catch {
    if (refused) {
      status.textContent = refused();
      return;
    }
    const field = document.createElement("input");
    field.readOnly = true;
    field.value = text;
    field.setAttribute("aria-label", ask);
    status.replaceChildren(`${ask}: `, field);
    field.select();
  }
};
/* Return a row with a button that copies a text. */
const copier = (label, text, refused) => {
  const row = document.createElement("div");
  row.className = "ec-copy";
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = label;
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  button.addEventListener("click", () => window.ecCopy(text(), status, { refused }));
  row.append(button, " ", status);
  return row;
};
const linkCopier = (label, name) => {
  const row = copier(label, () => linkTo(name()));
  row.classList.add("ec-link");
  return row;
};

// Under Quarto tabs are numbered, and the name of the tab within it has the address.
const addressOf = (pane) => pane.querySelector(":scope > .tab-name[id]")?.id || pane.id;
const isShown = (tab) => tab.classList.contains("active");
let opening = false;
const openTab = (pane) => {
  const tab = document.getElementById(pane.getAttribute("aria-labelledby"));
  if (!tab || isShown(tab)) return;
  opening = true;
  if (tab.dataset.bsTarget) tab.click();
  else tab.dispatchEvent(new Event("show")); // to the script of the preview
  opening = false;
};
document.addEventListener("shown.bs.tab", ({ target: tab }) => {
  const pane = document.querySelector(tab.dataset.bsTarget);
  if (!opening && pane) remember(addressOf(pane));
});
for (const tabset of document.querySelectorAll(".panel-tabset")) {
  const shown = () => tabset.querySelector(":scope > .tab-content > .tab-pane.active");
  const row = linkCopier("Copy link to this tab", () => addressOf(shown()));
  tabset.querySelector(":scope > .nav-tabs")?.after(row);
}

for (const figure of document.querySelectorAll("main figure:has(.ec-map)")) {
  const name = (figure.closest("[id^=figure-]") || figure.querySelector("[id^=figure-]"))?.id;
  if (name) (figure.querySelector("figcaption") || figure).append(linkCopier("Copy link to this figure", () => name));
}

// Tables of areas are sorted by a button in each header, for keyboards and screen readers too.
const tables = [];
for (const table of document.querySelectorAll(".ec-table table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => row.cells[column].textContent.trim();
  // Numbers may have a true minus sign, and more in brackets after them.
  const number = (text) => {
    const plain = text.replace(/−/g, "-").replace(/ \(.*\)$/, "");
    return /^-?[\d.,]+%?$/.test(plain) ? Number.parseFloat(plain.replace(/,/g, "")) : Number.NaN;
  };

  const sort = (column, descending) => {
    const rows = [...body.rows];
    const numeric = rows.some((row) => !Number.isNaN(number(value(row, column))));
    const key = (row) => (numeric ? number(value(row, column)) : value(row, column));
    // Cells without a number stay at the end, whatever the direction.
    const empty = (one) => (numeric ? Number.isNaN(one) : one === "" || one === "–");
    rows.sort((first, second) => {
      const [a, b] = [key(first), key(second)];
      if (empty(a) || empty(b)) return Number(empty(a)) - Number(empty(b));
      return (numeric ? a - b : a.localeCompare(b, "en", { numeric: true })) * (descending ? -1 : 1);
    });
    body.append(...rows);
    heads.forEach((head, at) => {
      if (at === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
  };

  const frame = table.closest(".ec-table");
  const columns = heads.map((head) => head.textContent.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, ""));
  let order = ""; // how the reader has sorted it, as the address says it
  const rowShown = () => {
    const row = document.getElementById(addressed());
    return row && row.closest("td") && frame.contains(row) ? row.id : "";
  };
  const copy = linkCopier("", () => rowShown() || frame.id + order);
  const label = () => {
    copy.firstChild.textContent = `Copy link to this ${rowShown() ? "row" : "table"}`;
  };
  if (frame.id) frame.after(copy);
  label();
  tables.push({
    follow: (name, asked) => {
      label();
      const column = columns.indexOf(asked.get("sort"));
      if (name !== frame.id || !asked.has("sort")) return;
      if (column < 0) {
        copy.lastChild.textContent = "This table has no such column to sort by.";
        return;
      }
      order = `&sort=${columns[column]}${asked.get("order") === "descending" ? "&order=descending" : ""}`;
      sort(column, asked.get("order") === "descending");
    },
  });

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const descending = head.getAttribute("aria-sort") === "ascending";
      sort(column, descending);
      order = `&sort=${columns[column]}${descending ? "&order=descending" : ""}`;
      if (frame.id) remember(frame.id + order);
      label();
    });
  });
}

// A citation, and the line that embeds a map, can be copied with one button.
for (const block of document.querySelectorAll(".ec-cite")) {
  const text = block.textContent.replace(/\s+/g, " ").trim();
  block.append(copier("Copy", () => text, () => {
    getSelection().selectAllChildren(block.querySelector("p") ?? block);
    return "Selected: copy it with Ctrl+C or ⌘C.";
  }));
}
for (const block of document.querySelectorAll(".ec-embed pre")) {
  const text = block.textContent.trim();
  block.after(copier("Copy this line", () => text));
}

// For keyboards and screen readers, what Quarto leaves out and the preview's pages have: a first link that leads past
// the menu, the menu's name, and code that can be scrolled.
const main = document.querySelector("main");
if (!document.querySelector(".skip-link")) {
  const skip = document.createElement("a");
  skip.className = "skip-link";
  skip.href = `#${main.id}`;
  skip.textContent = "Skip to the content";
  document.body.prepend(skip);
  main.tabIndex = -1;
}
document.querySelector("nav.navbar")?.setAttribute("aria-label", "Site");
document.querySelector(".navbar-toggler")?.removeAttribute("role"); // it is a button, and no menu
// The window with the source of the page.
document.querySelector(".modal-title")?.setAttribute("aria-level", "2");
document.querySelector(".modal .btn-close")?.setAttribute("aria-label", "Close");
for (const block of document.querySelectorAll("main pre")) block.tabIndex = 0;

// Open what the address names: the tabs around it, and the order of a table, #table-…&sort=users&order=descending.
const follow = () => {
  const [name, ...rest] = addressed().split("&");
  const target = name && document.getElementById(name);
  if (!target) return;
  const panes = [];
  for (let pane = target.closest(".tab-pane"); pane; pane = pane.parentElement.closest(".tab-pane")) panes.push(pane);
  panes.forEach(openTab);
  for (const table of tables) table.follow(name, new URLSearchParams(rest.join("&")));
  if (!panes.length && !rest.length) return; // the browser has gone there by itself
  const ofTab = target.matches(".tab-pane, .tab-name") && target.closest(".panel-tabset");
  (ofTab || target).scrollIntoView({ block: target.closest("td") ? "center" : "start" });
};
addEventListener("hashchange", follow);
addEventListener("DOMContentLoaded", follow);
