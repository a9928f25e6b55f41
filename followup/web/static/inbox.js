/* The inbox: quick answers fill the field, a note gets the focus as it opens, and news is announced once. */
"use strict";

(() => {
  const field = document.querySelector("textarea#answer");
  const scroll = document.querySelector("#talk-scroll");
  if (scroll) {
    const first = scroll.querySelector("[data-new]");
    if (first) first.scrollIntoView({ block: "center" });
    else scroll.scrollTop = scroll.scrollHeight;
    window.scrollTo(0, 0);
  }

  document.addEventListener("click", (event) => {
    const quick = event.target.closest("[data-words]");
    if (!quick || !field) return;
    event.preventDefault();
    field.value = quick.dataset.words;
    field.focus();
    field.dispatchEvent(new Event("count"));
  });

  if (field?.value) field.dispatchEvent(new Event("count"));

  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details[data-opens][open]")) event.target.querySelector("textarea")?.focus();
  }, true);

  let said = "";
  document.addEventListener("htmx:oobAfterSwap", (event) => {
    const words = event.detail.target.querySelector("[data-says]")?.dataset.says;
    if (!words || words === said) return;
    said = words;
    document.dispatchEvent(new CustomEvent("announce", { detail: words }));
  });
})();
