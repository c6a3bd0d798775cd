/* A button that starts something when it is pressed, and stops it when it is pressed again.

Held down, it stops when it is let go, even if the button has been drawn anew meanwhile.
*/

const HOLD = 400; // ms from which a press counts as holding

class Press {
  constructor(isRunning, start, stop) {
    Object.assign(this, { isRunning, start, stop });
    this.since = 0; // when the button that is down was pressed; 0 = it is up
    this.isHandled = false; // whether the click that follows belongs to a press
    for (const name of ["pointerup", "pointercancel", "blur"]) window.addEventListener(name, (event) => this.up(event));
    window.addEventListener("keyup", (event) => this.isKey(event) && this.up(event));
  }

  attach(button) {
    button.onpointerdown = (event) => event.isPrimary && event.button === 0 && this.down(event);
    button.onkeydown = (event) => this.keyDown(event);
    button.onclick = () => this.click();
    button.oncontextmenu = (event) => event.preventDefault(); // of a finger that stays
  }

  isKey(event) {
    return event.key === " " || event.key === "Enter";
  }

  keyDown(event) {
    if (!this.isKey(event)) return;
    if (event.repeat) event.preventDefault(); // no click each time
    else this.down(event);
  }

  down(event) {
    this.isHandled = true;
    if (this.isRunning()) return this.stop();
    this.since = event.timeStamp;
    this.start();
  }

  up(event) {
    if (this.since && event.timeStamp - this.since > HOLD) this.stop();
    this.since = 0;
    setTimeout(() => (this.isHandled = false)); // after the click, which does not come if the pointer has left
  }

  /* Screen readers click without a press. */
  click() {
    if (!this.isHandled) {
      if (this.isRunning()) this.stop();
      else this.start();
    }
    this.isHandled = false;
  }
}
