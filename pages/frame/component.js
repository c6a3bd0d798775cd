/* Calls `show`, which stands before this text in the same module, and ends what it has started.

Streamlit calls a component again for new data. If a call is late, because its module is still loading, and the next one
is due, Streamlit ends the late one as soon as it returns: before or after the next call has begun to work on the same
elements. So as long as the elements are on the page, only a call that no other one follows is ended.
*/

const FOLLOWS = 1000; // ms within which the next call follows
const calls = new WeakMap(); // how many there were, by the element in which Streamlit shows the component

export default function (given) {
  const element = given.parentElement;
  const call = (calls.get(element) ?? 0) + 1;
  calls.set(element, call);
  const end = show(given);
  const endLast = () => {
    if (calls.get(element) === call) end?.();
  };
  return () => {
    if (element.isConnected) setTimeout(endLast, FOLLOWS);
    else endLast();
  };
}
