/* Calls `show`, which stands before this text in the same module, and ends what it has started.

Streamlit calls a component again for new data. If the call before is late, because its module is still loading, Streamlit
ends it as soon as it returns, and by then the next call may be at work on the same elements. So only the last call ends
what there is.
*/

const calls = new WeakMap(); // how many there were, by the element in which Streamlit shows the component

export default function (given) {
  const element = given.parentElement;
  const call = (calls.get(element) ?? 0) + 1;
  calls.set(element, call);
  const end = show(given);
  return () => {
    if (calls.get(element) === call) end?.();
  };
}
