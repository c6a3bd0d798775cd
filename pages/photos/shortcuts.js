/* The action whose key was pressed, if any.

It goes by the letter on the key; on keyboards with other letters, or with digits behind Shift, by the key's place.
*/
function actionFor(event, actions) {
  const withShift = (key) => (event.shiftKey && /^[a-z]$/i.test(key) ? `Shift+${key.toUpperCase()}` : key);
  const place = /^(?:Key|Digit|Numpad)(.)$/.exec(event.code)?.[1].toLowerCase();
  const names = [withShift(event.key.length === 1 ? event.key.toLowerCase() : event.key)];
  if (place && !/^[a-z]$/i.test(event.key)) names.push(withShift(place));
  return names.map((name) => actions.find((each) => each.shortcut === name)).find(Boolean);
}
