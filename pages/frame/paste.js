/* Pasted photos go into an uploader, as if they had been dropped there.

Which one: that with the focus or under the mouse, or else the nearest in the parts of the page around it.
*/

const UPLOADERS = '[data-testid="stFileUploaderDropzoneInput"]:not(:disabled)';
const NAMELESS = /^image\.(\w+)$/; // what browsers call a picture that has no file
let pointed = null; // the element under the mouse, or touched last

function point(event) {
  pointed = event.target;
}

function paste(event) {
  const files = [...(event.clipboardData?.files ?? [])];
  if (!files.length || (isField(document.activeElement) && event.clipboardData.types.includes("text/plain"))) return;
  const uploader = nearest(document.activeElement) ?? nearest(pointed) ?? document.querySelector(UPLOADERS);
  if (!uploader) return;
  event.preventDefault();
  const pasted = new DataTransfer();
  for (const file of uploader.multiple ? files : files.slice(0, 1)) pasted.items.add(named(file));
  uploader.files = pasted.files;
  uploader.dispatchEvent(new Event("change", { bubbles: true }));
}

/* Whether text can be typed there: spreadsheets put a picture beside the text that is meant. */
function isField(element) {
  return Boolean(element?.matches?.("input:not([type=file]), textarea, [contenteditable=true]"));
}

/* The uploader in the smallest part of the page around an element that has one; null for the page as a whole. */
function nearest(element) {
  for (let part = element; part && part !== document.body; part = part.parentElement) {
    if (part.matches?.('[data-testid="stMain"]')) return null;
    const uploader = part.matches?.(UPLOADERS) ? part : part.querySelector?.(UPLOADERS);
    if (uploader) return uploader;
  }
  return null;
}

/* A picture without a name gets the time, so that two of them differ. */
function named(file) {
  const ending = NAMELESS.exec(file.name)?.[1];
  if (!ending) return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
  return new File([file], `pasted-${time}-${Math.random().toString(36).slice(2, 5)}.${ending}`, { type: file.type });
}

function show() {
  document.addEventListener("pointerover", point, true);
  document.addEventListener("paste", paste, true);
  return () => {
    document.removeEventListener("pointerover", point, true);
    document.removeEventListener("paste", paste, true);
  };
}
