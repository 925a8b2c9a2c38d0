"use strict";

// Tables of areas are sorted by a click on a header: a button in it, so that the keyboard and a screen reader know.
for (const table of document.querySelectorAll(".ec-table table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, column) => row.cells[column].textContent.trim();
  // A number with a true minus sign counts, and one with more in brackets after it.
  const number = (text) => {
    const plain = text.replace(/−/g, "-").replace(/ \(.*\)$/, "");
    return /^-?[\d.,]+%?$/.test(plain) ? Number.parseFloat(plain.replace(/,/g, "")) : Number.NaN;
  };

  const sort = (column, descending) => {
    const rows = [...body.rows];
    const numeric = rows.some((row) => !Number.isNaN(number(value(row, column))));
    const key = (row) => (numeric ? number(value(row, column)) : value(row, column));
    // What has no number stays at the end, whichever way the rest is turned.
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
      // No permission, or a page opened from a folder: mark the text, so that one key copies it.
      getSelection().selectAllChildren(block.querySelector("p") ?? block);
      status.textContent = "Marked: copy it with Ctrl+C or ⌘C.";
    }
  });
  const row = document.createElement("div");
  row.className = "ec-copy";
  row.append(button, " ", status);
  block.append(row);
}
