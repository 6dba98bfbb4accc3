// Figures that change while a page is open: the part that is marked is fetched anew every two seconds.
// Without this module the page has a link that loads it again.

const EVERY = 2000;
const RESTS = 4; // Times as long as an answer took: counting a million messages is work for the database.
const TOLD_EVERY = 10; // Percent. Whoever listens is not told of every single message.

const part = document.querySelector("[data-live]");
const told = document.getElementById("told");

let toldOf = tenth();

function figures() {
  return part.firstElementChild.dataset;
}

function tenth() {
  return Math.floor(Number(figures().percent) / TOLD_EVERY);
}

function show(page) {
  const before = figures().state;
  const open = [...part.querySelectorAll("details[open]")].map((each) => each.id);
  const focused = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceChildren(...page.body.children);
  for (const id of open) {
    document.getElementById(id)?.setAttribute("open", "");
  }
  if (focused) {
    document.getElementById(focused)?.focus();
  }
  if (figures().state !== before) {
    changed();
  } else if (tenth() !== toldOf) {
    toldOf = tenth();
    told.textContent = `${figures().percent} percent handed over`;
  }
}

// What can be done has changed too: the page is loaded again, unless somebody is typing.
function changed() {
  told.textContent = figures().state;
  const typing = [...document.querySelectorAll("input[type=text], textarea")].some((each) => each.value);
  if (!typing) {
    window.location.reload();
  }
}

async function look() {
  if (document.hidden) {
    return true;
  }
  const answer = await fetch(part.dataset.live, { redirect: "manual", cache: "no-store" });
  if (!answer.ok) {
    told.textContent = "These figures are not renewed any more. Look again.";
    told.classList.remove("govuk-visually-hidden");
    return false;
  }
  show(new DOMParser().parseFromString(await answer.text(), "text/html"));
  return figures().goesOn === "yes";
}

async function watch() {
  let goesOn = true;
  let took = 0;
  while (goesOn) {
    await new Promise((done) => setTimeout(done, Math.max(EVERY, RESTS * took)));
    const began = performance.now();
    // A connection that is lost may come back.
    goesOn = await look().catch(() => true);
    took = performance.now() - began;
  }
}

if (part && figures().goesOn === "yes") {
  watch();
}
