// Charts of links: what a bar shows is said above it, and arrows lead from bar to bar.
function readout(bar) {
  return bar.closest("[data-chart]")?.querySelector(".readout");
}
function tell(bar) {
  const place = readout(bar);
  if (!place) { return; }
  place.dataset.all ??= place.textContent;
  place.textContent = bar.getAttribute("aria-label");
  place.classList.add("exact");
}
function untell(bar) {
  const place = readout(bar);
  if (place?.dataset.all) {
    place.textContent = place.dataset.all;
    place.classList.remove("exact");
  }
}
const bar = (event) => event.target.closest?.("[data-chart] a.bar");

for (const name of ["pointerover", "focusin"]) {
  document.addEventListener(name, (event) => { const over = bar(event); if (over) { tell(over); } });
}
for (const name of ["pointerout", "focusout"]) {
  document.addEventListener(name, (event) => { const over = bar(event); if (over) { untell(over); } });
}
document.addEventListener("keydown", (event) => {
  const from = bar(event);
  const step = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity }[event.key];
  if (!from || step === undefined) { return; }
  const bars = [...from.closest("svg").querySelectorAll("a.bar")];
  const to = bars[Math.min(Math.max(bars.indexOf(from) + step, 0), bars.length - 1)];
  from.setAttribute("tabindex", "-1");
  to.setAttribute("tabindex", "0");
  to.focus();
  event.preventDefault();
});
