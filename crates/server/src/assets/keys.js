// Keys: / searches, j and k walk the rows, g leads to pages, ? shows them all. Enter opens by itself: rows are links.
const help = document.getElementById("help");
const helpButton = document.querySelector("[data-help]");

function showHelp() {
  if (help && !help.open) { help.showModal(); }
}
if (help && helpButton) {
  helpButton.hidden = false;
  helpButton.addEventListener("click", showHelp);
}

/** The links that rows are opened by, as far as they can be seen. */
function rows() {
  const links = [...document.querySelectorAll("[data-row]")].map((row) => row.querySelector(".main-link, h2 a, a"));
  return links.filter((link) => link && link.getClientRects().length > 0);
}

function walk(step) {
  const links = rows();
  if (links.length === 0) { return; }
  const at = links.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(at + step, 0), links.length - 1);
  links[next].focus();
  links[next].closest("[data-row]").scrollIntoView({ block: "nearest" });
}

let goes = 0;
function pressed(key) {
  if (goes && performance.now() - goes < 1500) {
    goes = 0;
    document.querySelector(`[data-go="${CSS.escape(key)}"]`)?.click();
    return true;
  }
  switch (key) {
    case "/": document.getElementById("search")?.focus(); return true;
    case "j": walk(1); return true;
    case "k": walk(-1); return true;
    case "g": goes = performance.now(); return true;
    case "?": showHelp(); return true;
    default: return false;
  }
}

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, [contenteditable]");
  if (typing && event.key === "Escape") { event.target.blur(); return; }
  if (typing || help?.open || event.ctrlKey || event.metaKey || event.altKey) { return; }
  if (pressed(event.key)) { event.preventDefault(); }
});
