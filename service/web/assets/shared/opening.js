// Opens a list here, in the browser of whoever asked for it. The keys and the rows are in this page's memory and
// nowhere else: the page's policy forbids it every request (templates/list_open.html).
import { armor, Decrypter } from "./age-encryption-0.3.1.min.js";
import { saveAs } from "./save-as.js";

const SHOWN = 50;
const IDENTITY = /^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]+$/m;

const field = (id) => document.getElementById(id);
let plain = "";
let rows = [];

/** What is wrong with what was given, and the id of the field. */
class Refused extends Error {
  constructor(id, words) {
    super(words);
    this.id = id;
  }
}

/** One layer: `file` opened with the key in `identity`; `id` and `words` say what is wrong where it does not. */
async function peeled(file, identity, id, words) {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(file);
  } catch {
    throw new Refused(id, words);
  }
}

function identityIn(text, id, words) {
  const found = text.match(IDENTITY);
  if (found === null) throw new Refused(id, words);
  return found[0];
}

async function open() {
  const [list] = field("list").files;
  const [key] = field("key").files;
  const released = field("release-key").value.trim();
  if (list === undefined) throw new Refused("list", "Choose the list that you downloaded");
  if (key === undefined) throw new Refused("key", "Choose the file with your key");
  if (released === "") throw new Refused("release-key", "Paste the release key of this list");
  const mine = identityIn(
    await key.text(),
    "key",
    "This file has no key in it. It has to have a line that begins with AGE-SECRET-KEY-",
  );
  let sealed;
  try {
    sealed = armor.decode(released);
  } catch {
    throw new Refused("release-key", "The release key begins with -----BEGIN AGE ENCRYPTED FILE-----");
  }
  const NOT_MINE = "This key is not the one that the list was made for";
  const opened = await peeled(sealed, mine, "key", NOT_MINE);
  const release = identityIn(new TextDecoder().decode(opened), "release-key", "This is no release key");
  const file = new Uint8Array(await list.arrayBuffer());
  const inner = await peeled(file, mine, "list", `${NOT_MINE}, or the file is not a whole list`);
  const OTHER = "This release key is of another list";
  return new TextDecoder().decode(await peeled(inner, release, "release-key", OTHER));
}

/** The cells of each line. Every field is quoted, and a quote within it doubled (service/exports/csv_lines.py). */
function parsed(text) {
  const lines = [];
  let line = [];
  for (const [, cell, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n)/g)) {
    line.push(cell.replaceAll('""', '"'));
    if (end !== ",") {
      lines.push(line);
      line = [];
    }
  }
  return lines;
}

function tableRow(tag, cells) {
  const row = document.createElement("tr");
  row.className = "govuk-table__row";
  // The last says which list it is from: here it is the same in every row.
  for (const text of cells.slice(0, -1)) {
    const cell = row.appendChild(document.createElement(tag));
    cell.className = tag === "th" ? "govuk-table__header" : "govuk-table__cell kept-as-typed";
    if (tag === "th") cell.scope = "col";
    cell.textContent = text;
  }
  return row;
}

function show() {
  const wanted = field("find").value.trim().toLowerCase();
  const found = wanted === "" ? rows : rows.filter((row) => row.join("\n").toLowerCase().includes(wanted));
  field("rows").replaceChildren(...found.slice(0, SHOWN).map((row) => tableRow("td", row)));
  const of = wanted === "" ? "" : ` of ${rows.length.toLocaleString("en-GB")}`;
  const some = found.length > SHOWN ? ` The first ${SHOWN} are shown.` : "";
  field("count").textContent = `${found.length.toLocaleString("en-GB")}${of} ${rows.length === 1 ? "row" : "rows"}.${some}`;
}

function say(error) {
  const known = error instanceof Refused;
  const link = field("wrong-link");
  link.textContent = known ? error.message : "The list could not be opened. Download and release are not affected.";
  link.href = known ? `#${error.id}` : "#list";
  field("wrong").hidden = false;
  field("wrong").focus();
}

field("needs-script").hidden = true;
field("opening").hidden = false;
field("open").addEventListener("click", async () => {
  field("wrong").hidden = true;
  try {
    plain = await open();
    const [header, ...lines] = parsed(plain);
    rows = lines;
    field("columns").replaceChildren(tableRow("th", header));
    field("opened").hidden = false;
    field("find").value = "";
    show();
    field("opened").focus();
  } catch (error) {
    say(error);
  }
});
field("find").addEventListener("input", show);
field("save").addEventListener("click", () => saveAs("list.csv", plain, "text/csv;charset=utf-8"));
