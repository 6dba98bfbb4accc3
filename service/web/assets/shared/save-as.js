/** Gives `text` to whoever sits here, as a file that their browser saves. Nothing of it leaves the machine. */
export function saveAs(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser has begun to save by then; until it is freed, the text stays in memory.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
