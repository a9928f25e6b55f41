/* followup: a new treatment session. The form is whole without it; this draws the body map and moves the focus. */
"use strict";

(() => {
  const form = document.querySelector("#treatment");
  if (!form) return;
  const say = (words) => document.dispatchEvent(new CustomEvent("announce", { detail: words }));
  const tell = (input) => input.dispatchEvent(new Event("input", { bubbles: true }));

  /* The checkboxes are the truth, and the shapes follow them. What is kept is the region, not the side. */
  const drawMap = (place) => {
    const shapes = [...place.querySelectorAll(".region")];
    const chosen = new Set();
    const boxOf = (shape) => form.querySelector(`input[name="regions"][value="${shape.dataset.region}"]`);
    const isAlike = (one) => (other) => other.dataset.region === one.dataset.region;

    const draw = () => {
      for (const shape of shapes) {
        const isOn = boxOf(shape).checked;
        const isMine = chosen.has(shape) || !shapes.some((other) => chosen.has(other) && isAlike(shape)(other));
        shape.setAttribute("aria-checked", String(isOn && isMine));
        shape.classList.toggle("is-near", isOn && !isMine);
      }
    };
    const toggle = (shape) => {
      const box = boxOf(shape);
      if (box.checked && ![...chosen].some(isAlike(shape))) shapes.filter(isAlike(shape)).forEach((one) => chosen.add(one));
      if (!chosen.delete(shape)) chosen.add(shape);
      const isOn = [...chosen].some(isAlike(shape));
      if (box.checked !== isOn) {
        box.checked = isOn;
        tell(box);
      }
      draw();
    };
    const go = (from, step) => {
      const to = shapes[(shapes.indexOf(from) + step + shapes.length) % shapes.length];
      from.setAttribute("tabindex", "-1");
      to.setAttribute("tabindex", "0");
      to.focus();
    };

    shapes.forEach((shape, place) => shape.setAttribute("tabindex", place ? "-1" : "0"));
    place.addEventListener("click", (event) => {
      const shape = event.target.closest(".region");
      if (shape) toggle(shape);
    });
    place.addEventListener("keydown", (event) => {
      const shape = event.target.closest(".region");
      const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
      if (!shape) return;
      if (event.key === " " || (event.key === "Enter" && !event.ctrlKey && !event.metaKey)) toggle(shape);
      else if (event.key in steps) go(shape, steps[event.key]);
      else return;
      event.preventDefault();
    });
    form.addEventListener("input", (event) => {
      if (event.target.name !== "regions") return;
      if (!event.target.checked) shapes.filter((one) => boxOf(one) === event.target).forEach((one) => chosen.delete(one));
      draw();
    });
    draw();
    place.hidden = false;
  };
  drawMap(form.querySelector("[data-body-map]"));

  /* Shapes are no fields of a form, so the keys that save it are heard here. */
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.target.form) form.requestSubmit();
  });

  /* Whoever looks for someone takes the first match with Enter. */
  form.addEventListener("keydown", (event) => {
    if (event.target.id !== "seek" || event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    form.querySelector("[data-match]")?.click();
  });
  const FIRST = { known: "#ended_time", new: "#given_name", find: "#seek" };
  const settle = () => {
    for (const button of form.querySelectorAll("[data-plain]")) button.hidden = true;
  };
  settle();
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.elt.id !== "who") return;
    settle();
    form.querySelector(FIRST[form.querySelector("#who").dataset.who])?.focus();
    tell(form.querySelector("#who input"));
  });

  /* What will leave is said once it has changed, in one sentence. */
  let said = document.querySelector("[data-outlook]")?.textContent;
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "preview") return;
    const now = document.querySelector("[data-outlook]")?.textContent;
    if (now && now !== said) say(now);
    said = now;
  });

  /* A message of the timeline leads to its words. */
  document.addEventListener("click", (event) => {
    const link = event.target.closest(".preview-item");
    const words = link && document.querySelector(link.hash);
    if (words?.matches("details")) words.open = true;
  });
})();
