// What makes a page more convenient: copying, the theme without a reload, relative times that stay right.
const words = document.getElementById("clock")?.dataset ?? {};

function fill(text, value) {
  return (text ?? "").replace("{0}", String(value));
}

/** The same as the server says: see components/time.rs. */
export function relative(now, then) {
  const seconds = Math.floor((now - then) / 1000);
  const size = Math.abs(seconds);
  const past = seconds >= 0;
  if (size < 60) { return past ? words.justNow : words.inMoments; }
  if (size < 3600) { return fill(past ? words.minutesAgo : words.inMinutes, Math.floor(size / 60)); }
  if (size < 172800) { return fill(past ? words.hoursAgo : words.inHours, Math.floor(size / 3600)); }
  return fill(past ? words.daysAgo : words.inDays, Math.floor(size / 86400));
}

// The daemon's clock, not this one's: it was right when the page was made.
let told = 0;
let since = 0;
function readClock() {
  told = Number(document.getElementById("main")?.dataset.now ?? 0);
  since = performance.now();
}
function tick() {
  const now = told + (performance.now() - since);
  for (const element of document.querySelectorAll("[data-ago]")) {
    const text = relative(now, Number(element.dataset.ago));
    if (text && element.textContent !== text) { element.textContent = text; }
  }
}
readClock();
setInterval(tick, 20_000);

function showCopies(root) {
  for (const button of root.querySelectorAll("[data-copy], [data-copy-next]")) { button.hidden = false; }
}
if (navigator.clipboard) { showCopies(document); }

document.addEventListener("live", (event) => {
  readClock();
  if (navigator.clipboard) { showCopies(event.target); }
});

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-next]");
  if (!button) { return; }
  const text = button.dataset.copy ?? button.parentElement.querySelector("code")?.textContent ?? "";
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    return;
  }
  button.classList.add("done");
  const title = button.title;
  button.title = words.copied ?? "";
  setTimeout(() => { button.classList.remove("done"); button.title = title; }, 1500);
});

// A choice of language or theme was kept by a cookie: the address need not carry it on.
const here = new URL(location.href);
if (here.searchParams.has("lang") || here.searchParams.has("theme")) {
  here.searchParams.delete("lang");
  here.searchParams.delete("theme");
  history.replaceState(history.state, "", here);
}

// Empty fields make long addresses.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "get") { return; }
  const empty = [...form.elements].filter((field) => field.name && field.value === "" && !field.disabled);
  for (const field of empty) { field.disabled = true; }
  setTimeout(() => { for (const field of empty) { field.disabled = false; } });
});
