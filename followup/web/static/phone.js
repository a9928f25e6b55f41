/* The phone: choosing one shows it at once. */
"use strict";

(() => {
  const picks = document.querySelector("[data-picks]");
  if (!picks) return;
  picks.form.querySelector("[data-pick]").hidden = true;
  let byKeys = false; // arrows go through the list; Enter and leaving it choose
  picks.addEventListener("keydown", () => { byKeys = true; });
  picks.addEventListener("pointerdown", () => { byKeys = false; });
  const show = () => { if (!picks.selectedOptions[0].defaultSelected) picks.form.requestSubmit(); };
  picks.addEventListener("change", () => { if (!byKeys) show(); });
  picks.addEventListener("keyup", (event) => { if (event.key === "Enter") show(); });
  picks.addEventListener("blur", show);
})();
