// While somebody writes an update: what people will see of it, and how many they are, without a button.
const PAUSE = 500; // milliseconds without a key, before the service is asked

const form = document.getElementById("title").form;
const scheme = new URL(import.meta.url).searchParams.get("scheme");

/** Asks `part` of the service when nothing has changed for a while, and puts its answer into the page. */
function asking(part) {
  let waiting;
  let asked = new AbortController();
  return () => {
    clearTimeout(waiting);
    waiting = setTimeout(async () => {
      asked.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(`/schemes/${scheme}/updates/${part}`, {
          method: "POST",
          // Multipart: what is only looked at is not kept for after a sign-in.
          body: new FormData(form),
          signal: asked.signal,
        });
        if (answer.ok) show(await answer.json());
      } catch {
        // It is asked again with the next key; the Preview button is there all the time.
      }
    }, PAUSE);
  };
}

function show(parts) {
  for (const [id, html] of Object.entries(parts)) {
    const place = document.getElementById(id);
    if (place !== null && place.innerHTML !== html) place.innerHTML = html;
  }
}

const preview = asking("preview");
const count = asking("count");
const words = /^(email|sms|letter)-/;

form.addEventListener("input", (event) => {
  if (words.test(event.target.name)) preview();
  // Whether there are texts and letters at all decides how people are told, and what it costs.
  if (!/^(title|email)/.test(event.target.name)) count();
});

// What belongs to one choice is shown with it. (GOV.UK Frontend's own way gives radio buttons an attribute
// that they may not have.)
function showParts() {
  for (const part of document.querySelectorAll("[data-with]")) {
    part.hidden = form.elements[part.dataset.with].value !== part.dataset.value;
  }
}

form.addEventListener("change", showParts);
showParts();
