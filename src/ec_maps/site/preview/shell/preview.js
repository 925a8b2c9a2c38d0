"use strict";

// Tabs by the ARIA pattern: arrows, Home and End move and choose; one tab is in the tab order.
for (const tabset of document.querySelectorAll(".panel-tabset")) {
  const tabs = [...tabset.querySelectorAll(":scope > .nav-tabs > [role=tab]")];
  const choose = (chosen) => {
    for (const tab of tabs) {
      const active = tab === chosen;
      tab.classList.toggle("active", active);
      tab.setAttribute("aria-selected", String(active));
      tab.tabIndex = active ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).classList.toggle("active", active);
    }
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener("show", () => choose(tab));
    tab.addEventListener("click", () => {
      choose(tab);
      // So that the address can be passed on; no new step in the history for each tab looked at.
      history.replaceState(null, "", `#${encodeURIComponent(tab.getAttribute("aria-controls"))}`);
    });
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: index + 1, ArrowLeft: index - 1 + tabs.length, Home: 0, End: tabs.length - 1 };
      if (!(event.key in steps) || event.ctrlKey || event.altKey || event.metaKey) return;
      event.preventDefault();
      const next = tabs[steps[event.key] % tabs.length];
      next.focus();
      next.click();
    });
  });
}

// An address with #name opens the tab of that name, or the tabs around it.
const openAddressed = () => {
  let target = null;
  try {
    target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  } catch {
    // not an address: "%" alone, for example
  }
  if (!target) return;
  for (let pane = target.closest(".tab-pane"); pane; pane = pane.parentElement.closest(".tab-pane")) {
    document.getElementById(pane.getAttribute("aria-labelledby")).dispatchEvent(new Event("show"));
  }
  const tabset = target.matches(".tab-pane") ? target.closest(".panel-tabset") : target;
  tabset.scrollIntoView();
};
addEventListener("hashchange", openAddressed);
openAddressed();

// The menu of narrow screens.
const button = document.querySelector(".menu-button");
if (button) {
  const set = (open) => button.setAttribute("aria-expanded", String(open));
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") !== "true"));
  button.closest("nav").addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || button.getAttribute("aria-expanded") !== "true") return;
    set(false);
    button.focus();
  });
}

// A menu within it folds away when another is opened, at Escape, and when the focus or a click goes elsewhere.
const menus = [...document.querySelectorAll(".site-more")];
for (const menu of menus) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
for (const kind of ["click", "focusin"]) {
  document.addEventListener(kind, (event) => {
    for (const menu of menus) if (!menu.contains(event.target)) menu.open = false;
  });
}

// Paper cannot be unfolded: print the tables, then fold them again.
let opened = [];
addEventListener("beforeprint", () => {
  opened = [...document.querySelectorAll("main details:not(.code-tools):not([open])")];
  for (const details of opened) details.open = true;
});
addEventListener("afterprint", () => {
  for (const details of opened) details.open = false;
});
