"use strict";

// Tables of areas are sorted by a button in each header, for keyboards and screen readers too.
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

  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"));
  });
}

// A citation can be copied with one button.
for (const block of document.querySelectorAll(".ec-cite")) {
  const text = block.textContent.replace(/\s+/g, " ").trim();
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  const status = document.createElement("span");
  status.setAttribute("role", "status");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text);
      status.textContent = "Copied.";
    } catch {
      // No permission, or a page opened from a folder: select the text, ready to copy.
      getSelection().selectAllChildren(block.querySelector("p") ?? block);
      status.textContent = "Selected: copy it with Ctrl+C or ⌘C.";
    }
  });
  const row = document.createElement("div");
  row.className = "ec-copy";
  row.append(button, " ", status);
  block.append(row);
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
