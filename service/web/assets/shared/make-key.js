// Makes a caseworker's key here, in their browser. The secret half becomes a file of theirs and is sent nowhere.
import { generateX25519Identity, identityToRecipient } from "./age-encryption-0.3.1.min.js";
import { saveAs } from "./save-as.js";

const making = document.getElementById("making");
const recipient = document.getElementById("recipient");
const told = document.getElementById("told");

making.hidden = false;
document.getElementById("make").addEventListener("click", async () => {
  const identity = await generateX25519Identity();
  recipient.value = await identityToRecipient(identity);
  // As age-keygen writes it: the standard tool opens lists with this file, too.
  const lines = [`# created: ${new Date().toISOString()}`, `# public key: ${recipient.value}`, identity, ""];
  saveAs("my-list-key.txt", lines.join("\n"), "text/plain");
  told.textContent = "The key was saved as my-list-key.txt. Its public half stands below: enrol it now.";
});
