/* Keeps a page up to date without moving what is being read: it waits while the pointer or a selection is on a list. */
"use strict";

const EVERY = 3000; // milliseconds
const live = () => document.querySelector("[data-live]");
const isRead = () => live().querySelector("table:hover") || !document.getSelection().isCollapsed;

async function refresh() {
  if (document.hidden || isRead()) return;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.querySelector("[data-live]");
    if (fresh && !isRead()) live().replaceWith(fresh);
  } catch {
    // the service is restarting; what is shown stays until it answers again
  }
}

setInterval(refresh, EVERY);
