/* What the scripts of several pages share: elements of HTML and SVG whose text is only ever text, words, and a link to
   copy. A page that needs it loads it before its own script. */

"use strict";

window.ecParts = (() => {
  const filled = (element, attributes, children) => {
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  };
  const make = (name, attributes = {}, ...children) => filled(document.createElement(name), attributes, children);
  const draw = (name, attributes = {}, ...children) =>
    filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);

  /* Copy a link to what is shown, by the script of all pages. */
  const copy = (link, told) => window.ecCopy(link, told, { done: "The link is copied.", ask: "Copy this link" });

  /* A cell of a CSV: a text that a spreadsheet would run as a formula has an apostrophe before it. */
  const cell = (value) => {
    const text = /^[=+@\t\r-]/.test(value) && !/^-[\d.]+$/.test(value) ? `'${value}` : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  /* Rows as CSV; its first mark tells Excel that it is UTF-8. */
  const csv = (rows) => `\ufeff${rows.map((row) => row.map(cell).join(",")).join("\n")}\n`;

  const loading = {};
  /* Load the script of a district's neighbourhoods: what it adds to ecAreas, or null. */
  const district = (folder, slug) => {
    loading[slug] ||= new Promise((done) => {
      const script = make("script", { src: `${folder}${slug}.js` });
      const end = () => {
        const there = window.ecAreas?.[slug] || null;
        if (!there) delete loading[slug]; // a broken script is asked for again when the place is next chosen
        script.remove();
        done(there);
      };
      script.addEventListener("load", end);
      script.addEventListener("error", end);
      document.head.append(script);
    });
    return loading[slug];
  };

  return {
    make,
    draw,
    copy,
    csv,
    district,
    number: (value) => value.toLocaleString("en-GB"),
    short: (text) => (text.length > 60 ? `${text.slice(0, 60)}…` : text),
    /* The number that a text such as "−1.5" shows. */
    read: (text) => Number(text.replace("−", "-")),
  };
})();
