"""A component goes on working when Streamlit ends its call before late."""

from typing import Any

import pytest

from pages.frame import component

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(60)]

SHOW = """
const log = [];
function show({ data }) {
  log.push(data);
  return () => log.push(`end of ${data}`);
}
export { log };
"""
CALL = """async ([script, order]) => {
  const url = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const { default: call, log } = await import(url);
  const elements = { a: document.createElement("div"), b: document.createElement("div") };
  document.body.append(...Object.values(elements));
  const ends = {};
  for (const step of order) {
    if (step[0] === "-") elements[step[1]].remove();
    else if (step in ends) ends[step]();
    else ends[step] = call({ data: step, parentElement: elements[step[0]] });
  }
  await new Promise((resolve) => setTimeout(resolve, 1500));
  return log;
}"""


@pytest.mark.parametrize(
    ("order", "log"),
    [
        (["a1", "-a", "a1"], ["a1", "end of a1"]),
        (["a1", "a2", "a1"], ["a1", "a2"]),  # the end of the first call comes after the second call
        (["a1", "a1", "a2"], ["a1", "a2"]),  # … and before it
        (["a1", "a1", "a2", "-a", "a2"], ["a1", "a2", "end of a2"]),
        (["a1", "b1", "-a", "a1", "b2"], ["a1", "b1", "end of a1", "b2"]),
        (["a1", "a1"], ["a1", "end of a1"]),  # none follows
    ],
)
def test_only_a_call_that_none_follows_is_ended(browser: Any, order: list[str], log: list[str]) -> None:
    page = browser.new_page()
    assert page.evaluate(CALL, [f"{SHOW}\n{component.CALLS}", order]) == log


def test_a_component_may_have_nothing_to_end(browser: Any) -> None:
    page = browser.new_page()
    script = f"const log = [];\nfunction show() {{ log.push(1); }}\nexport {{ log }};\n{component.CALLS}"
    assert page.evaluate(CALL, [script, ["a1", "-a", "a1"]]) == [1]
