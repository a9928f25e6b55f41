/* The inbox: quick answers fill the field, a note gets the focus as it opens, and news is announced once. */
"use strict";

(() => {
  const field = document.querySelector("textarea#answer");
  const scroll = document.querySelector("#talk-scroll");
  if (scroll) {
    const goal = scroll.querySelector("[data-new]") || [...scroll.querySelectorAll(".bubble--in")].pop() || scroll.lastElementChild;
    const isNarrow = window.matchMedia("(max-width: 44rem)").matches;
    if (!isNarrow) scroll.scrollTop = goal.offsetTop - scroll.offsetTop - 48;
    else if (!location.hash) goal.scrollIntoView({ block: "center" });
  }

  const open = document.querySelector('.thread[aria-current="true"]');
  const list = open?.closest(".inbox-list");
  if (list) list.scrollTop = open.offsetTop - list.offsetTop - list.clientHeight / 3;

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
