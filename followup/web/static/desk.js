/* followup: the little that moves on staff pages. Every page works without it.
   Keys, focus that goes on to the next row, announcements, and counts that keep themselves up to date. */
"use strict";

(() => {
  const ROOT = document.body.dataset.root;
  const EVERY = 15000; // milliseconds
  const one = (what, within = document) => within.querySelector(what);

  /* What has happened, for those who do not see it. */
  const announce = (words) => {
    const place = one("[data-announce]");
    if (!place) return;
    place.textContent = "";
    setTimeout(() => { place.textContent = words; }, 50);
  };
  document.addEventListener("announce", (event) => announce(event.detail.value ?? event.detail));

  /* Rows of a list: one is current, j and k move it, and the keys press its buttons. */
  const rows = () => [...document.querySelectorAll("[data-row]")];
  const current = () => one('[data-row][aria-current="true"]');
  const makeCurrent = (row) => {
    current()?.removeAttribute("aria-current");
    row.setAttribute("aria-current", "true");
    (row.matches("a") ? row : one("a, button", row))?.focus();
    row.scrollIntoView({ block: "nearest" });
  };
  const move = (step) => {
    const all = rows();
    if (!all.length) return false;
    const here = all.indexOf(current());
    makeCurrent(all[Math.min(all.length - 1, Math.max(0, here < 0 ? 0 : here + step))]);
    return true;
  };

  /* `data-key="t"` on a button: of the current row, else of the page. */
  const press = (key) => {
    const what = `[data-key="${key}"]:not([disabled])`;
    const button = (current() && one(what, current())) || document.querySelector(`:not([data-row]) ${what}`);
    button?.click();
    return Boolean(button);
  };
  const showKeys = () => { one("#keys")?.showModal(); return true; };
  const follow = (what) => { const link = one(what); link?.click(); return Boolean(link); };
  const focus = (what) => { const field = one(what); field?.focus(); return Boolean(field); };

  const KEYS = {
    "/": () => focus("[data-search]"),
    "?": showKeys,
    n: () => follow("[data-new]"),
    j: () => move(1),
    k: () => move(-1),
    z: () => follow("[data-undo]"),
    t: () => press("t"),
    r: () => press("r"),
    e: () => press("e"),
  };

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.form) {
      event.target.form.requestSubmit();
      event.preventDefault();
    } else if (event.key === "Escape" && isTyping) {
      event.target.blur();
    } else if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping && !one("dialog[open]") && Object.hasOwn(KEYS, event.key)) {
      if (KEYS[event.key]()) event.preventDefault();
    }
  });

  /* From a field down to what it found, and up again. */
  document.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const field = event.target.closest("[data-matches]")
      || [...document.querySelectorAll("[data-matches]")].find((one) => document.querySelector(one.dataset.matches)?.contains(event.target));
    if (!step || !field) return;
    const all = [field, ...document.querySelector(field.dataset.matches).querySelectorAll("[data-match]")];
    const to = all[all.indexOf(event.target) + step];
    to?.focus();
    event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-keys]")) showKeys();
    const close = event.target.closest("[data-close]");
    if (close) {
      close.closest(".toast").remove();
      document.body.classList.remove("has-toast");
      one("#main").focus();
    }
  });

  /* A form goes once, however often its button is pressed. */
  document.addEventListener("submit", (event) => {
    if (event.target.method !== "post" || event.defaultPrevented) return;
    if (event.target.dataset.gone) event.preventDefault();
    event.target.dataset.gone = "yes";
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-gone]")) delete form.dataset.gone;
  });

  /* An undo ends; the button says how long it still goes. */
  const countDown = () => {
    const button = one("[data-undo][data-until]");
    if (!button) return;
    const left = Math.round((Date.parse(button.dataset.until) - Date.now()) / 1000);
    if (left <= 0) {
      button.closest(".toast").remove();
      document.body.classList.remove("has-toast");
      return;
    }
    button.firstChild.textContent = `Undo, ${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} `;
  };
  countDown();
  setInterval(countDown, 1000);

  /* Counts, banners and the title keep up to date by themselves while someone may look. */
  const showTitle = () => {
    const needs = one("#banners")?.dataset.needs;
    const title = one("title");
    if (needs && title?.dataset.title) document.title = (needs === "0" ? "" : `(${needs}) `) + title.dataset.title;
  };
  const beat = async () => {
    if (document.hidden || !window.htmx) return;
    const before = one("#banners")?.dataset.needs;
    await window.htmx.ajax("GET", `${ROOT}/pulse`, { target: document.body, swap: "none", headers: { "X-Unattended": "yes" } });
    showTitle();
    const now = one("#banners")?.dataset.needs;
    if (now !== before) announce(now === "0" ? "Nobody needs you now." : `${now} need a person.`);
  };
  setInterval(() => { beat().catch(() => {}); }, EVERY);
  document.addEventListener("visibilitychange", () => { beat().catch(() => {}); });

  /* Whatever htmx sends is an act of this page; what it is refused is said. */
  document.addEventListener("htmx:configRequest", (event) => {
    event.detail.headers["X-CSRF-Token"] = one('meta[name="csrf"]').content;
  });
  for (const name of ["htmx:responseError", "htmx:sendError"]) {
    document.addEventListener(name, (event) => {
      if (asksByItself(event)) showStale(true);
      else announce("That did not work. Load the page again and repeat it.");
    });
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    const fresh = event.detail.target.isConnected ? event.detail.target : event.target;
    const row = one("[data-row][data-focus]", fresh) || fresh.closest?.("[data-row]");
    if (row?.isConnected) makeCurrent((row.matches("[data-acted]") && rows()[rows().indexOf(row) + 1]) || row);
  });

  /* A page that cannot keep up says since when. */
  const showStale = (isStale) => {
    const notice = one("[data-stale]");
    if (!notice || notice.hidden !== isStale) return;
    one("[data-stale-since]").textContent = one("[data-updated]")?.textContent ?? "";
    notice.hidden = !isStale;
  };
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (asksByItself(event) && event.detail.xhr.status < 400) showStale(false);
  });

  /* A part that asks by itself rests while nobody looks, and waits while it is pointed at: nothing moves under a hand. */
  const asksByItself = (event) => Boolean(event.detail.requestConfig?.headers["X-Unattended"]);
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && asksByItself(event)) event.preventDefault();
  });
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    if (event.detail.target.matches("[data-calm]:is(:hover, :focus-within)")) event.detail.shouldSwap = false;
  });

  /* Where someone else was faster, the answer says who. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.xhr.status !== 409) return;
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  });
})();
