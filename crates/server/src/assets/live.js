// Keeps what is marked with data-live up to date, while it is looked at. The server says when nothing has changed.
const EVERY = 10_000;
const regions = () => [...document.querySelectorAll("[data-live]")];
const control = document.querySelector("[data-live-switch]");
const said = control?.querySelector(".live-said");
const button = control?.querySelector("button");
let tag = null;
let paused = false;
let asking = false;

const names = (root) => new Set([...root.querySelectorAll("[data-row]")].map((row) => row.dataset.row));

/** What is new since the page was made or looked at is marked and counted. */
function mark(before, now) {
  const fresh = [...now.querySelectorAll("[data-row]")].filter((row) => !before.has(row.dataset.row));
  for (const row of fresh) { row.classList.add("fresh"); }
  if (said && fresh.length > 0) {
    const text = fresh.length === 1 ? control.dataset.one : control.dataset.many;
    said.textContent = text.replace("{0}", String(fresh.length));
  }
}

/** What has the focus has it afterwards, and what was opened stays open. */
function replace(old, now) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const href = focused?.getAttribute("href");
  const open = [...old.querySelectorAll("details")].map((details) => details.open);
  mark(names(old), now);
  old.replaceWith(now);
  [...now.querySelectorAll("details")].forEach((details, index) => { details.open = open[index] ?? false; });
  if (href) { now.querySelector(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true }); }
  now.dispatchEvent(new CustomEvent("live", { bubbles: true }));
}

async function ask() {
  const regionsNow = regions();
  if (regionsNow.length === 0 || paused || asking || document.hidden) { return; }
  asking = true;
  try {
    const address = new URL(location.href);
    address.hash = "";
    address.searchParams.set("part", "main");
    const headers = tag ? { "If-None-Match": tag } : {};
    const answer = await fetch(address, { headers, cache: "no-store", redirect: "error" });
    control?.classList.remove("lost");
    if (answer.status === 304) { return; }
    if (!answer.ok) { throw new Error(String(answer.status)); }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    tag = answer.headers.get("ETag");
    document.getElementById("main").dataset.now = page.getElementById("main").dataset.now;
    for (const old of regionsNow) {
      const now = page.getElementById(old.id);
      if (now) { replace(old, document.adoptNode(now)); }
    }
  } catch {
    control?.classList.add("lost");
    if (said) { said.textContent = control.dataset.lost; }
  } finally {
    asking = false;
  }
}

if (regions().length > 0) {
  setInterval(ask, EVERY);
  document.addEventListener("visibilitychange", ask);
  if (control && button) {
    control.hidden = false;
    button.addEventListener("click", () => {
      paused = !paused;
      button.setAttribute("aria-pressed", String(paused));
      button.querySelector(".live-word").textContent = paused ? button.dataset.pausedWord : button.dataset.liveWord;
      button.querySelector(".live-do").textContent = paused ? button.dataset.resume : button.dataset.pause;
      if (!paused) { ask(); }
    });
  }
}
