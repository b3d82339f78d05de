// While a schedule is typed: when it would run, or what is wrong with it, beneath the field. The server says which.
const WAIT = 250;
const waits = new WeakMap();

async function tell(field, place) {
  const typed = field.value;
  const address = new URL(place.dataset.times, location.href);
  address.searchParams.set(place.dataset.timesOf, typed);
  try {
    const answer = await fetch(address, { cache: "no-store", redirect: "error" });
    if (!answer.ok || field.value !== typed) { return; }
    const said = new DOMParser().parseFromString(await answer.text(), "text/html").body;
    const isWrong = said.querySelector("[data-wrong]") !== null;
    place.replaceChildren(...said.childNodes);
    field.setAttribute("aria-invalid", String(isWrong));
  } catch {
    place.replaceChildren();
  }
}

document.addEventListener("input", (event) => {
  const place = event.target.name === "value" ? event.target.form?.querySelector("[data-times]") : null;
  if (!place) { return; }
  clearTimeout(waits.get(place));
  waits.set(place, setTimeout(() => tell(event.target, place), WAIT));
});

// Also what already stands there, when the form is opened.
document.addEventListener("toggle", (event) => {
  const place = event.target.open ? event.target.querySelector?.("[data-times]") : null;
  const field = place?.closest("form").querySelector("[name=value]");
  if (field && place.childElementCount === 0) { tell(field, place); }
}, true);
