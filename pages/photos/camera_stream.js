/* The camera itself: on, off, another one, and why it does not work. */

const LONGEST_SIDE = 1280; // px of a photo
const QUALITY = 0.9;
const FRAME_PATIENCE = 1000; // ms after which a photo is taken of what is seen, though it has not changed
const INSTEAD = "or add photo files instead.";

class Stream {
  constructor() {
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true, autoplay: true });
    this.video.onloadeddata = () => this.changed();
    this.attempts = 0;
    this.photo = Promise.resolve(); // the last one
    this.media = null;
    this.isStarting = false;
    this.problem = "";
    this.cameras = [];
    this.changed = () => {};
  }

  get isOn() {
    return this.media !== null;
  }

  /* Whether there is a picture to take. */
  get isReady() {
    return this.isOn && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && this.video.videoWidth > 0;
  }

  async turnOn(device = "") {
    this.turnOff();
    const attempt = this.attempts;
    const choice = device ? { deviceId: { exact: device } } : { facingMode: { ideal: "environment" } };
    this.isStarting = true;
    this.changed();
    try {
      const media = await open({ ...choice, width: { ideal: LONGEST_SIDE }, height: { ideal: 960 } });
      if (attempt !== this.attempts) return stop(media); // turned off meanwhile
      this.media = media;
      this.show();
      for (const track of media.getTracks()) track.onended = () => this.turnOff(ENDED);
      this.cameras = await videoInputs();
    } catch (error) {
      if (attempt !== this.attempts) return;
      this.problem = sentence(error);
    }
    this.isStarting = false;
    this.changed();
  }

  /* Lets the picture move, also after the element has got another place. */
  show() {
    if (this.video.srcObject !== this.media) this.video.srcObject = this.media;
    this.video.classList.toggle("mirrored", this.settings().facingMode === "user");
    if (this.isOn) this.video.play().catch(() => {}); // it is tried again at the next place
  }

  turnOff(problem = "") {
    this.attempts++;
    stop(this.media);
    this.media = this.video.srcObject = null;
    this.isStarting = false;
    this.problem = problem;
    this.changed();
  }

  settings() {
    return this.media?.getVideoTracks()[0]?.getSettings() ?? {};
  }

  turnToNext() {
    const place = this.cameras.indexOf(this.settings().deviceId);
    return this.turnOn(this.cameras[(place + 1) % this.cameras.length]);
  }

  /* A picture that no earlier photo shows: on a busy machine frames come late. */
  takePhoto() {
    this.photo = this.photo.then(() => this.nextFrame()).then(() => this.picture()).catch(() => "");
    return this.photo;
  }

  nextFrame() {
    const { video } = this;
    return new Promise((resolve) => {
      video.requestVideoFrameCallback?.(resolve);
      setTimeout(resolve, video.requestVideoFrameCallback ? FRAME_PATIENCE : 0);
    });
  }

  /* The picture as the text of a JPEG (base64); empty if there is none. */
  async picture(longest = LONGEST_SIDE, quality = QUALITY) {
    if (!this.isReady) return "";
    const { videoWidth: width, videoHeight: height } = this.video;
    const scale = Math.min(1, longest / Math.max(width, height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * scale));
    canvas.height = Math.max(1, Math.round(height * scale));
    canvas.getContext("2d").drawImage(this.video, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    return blob ? await base64(blob) : "";
  }
}

const HIDDEN = "The camera was turned off because the page was in the background. Turn it on again to continue.";
const ENDED =
  "The camera stopped: it was unplugged, or the permission was withdrawn. Turn it on again, " + INSTEAD;
const REFUSED =
  "The browser has no permission to use the camera. Allow it in the address bar and, if necessary, in the system's " +
  "settings. Then turn it on again, " + INSTEAD;
const MISSING = "No camera was found. Connect one and turn it on again, " + INSTEAD;
const BUSY = "The camera is in use by another program or page. Close that one and turn the camera on again, " + INSTEAD;
const SENTENCES = {
  NotAllowedError: REFUSED,
  SecurityError: REFUSED,
  NotFoundError: MISSING,
  OverconstrainedError: MISSING,
  NotReadableError: BUSY,
  AbortError: BUSY,
};

function sentence(error) {
  if (error.name === "InsecureError") {
    return (
      `Browsers allow the camera only on this machine itself or over https, and this page is at ${location.origin}. ` +
      "Ask whoever runs the app for an https address, " + INSTEAD
    );
  }
  return SENTENCES[error.name] ?? `The camera did not start (${error.message || error.name}). Try again, ${INSTEAD}`;
}

async function open(video) {
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
    throw Object.assign(new Error(), { name: "InsecureError" });
  }
  return navigator.mediaDevices.getUserMedia({ audio: false, video });
}

function stop(media) {
  for (const track of media?.getTracks() ?? []) {
    track.onended = null;
    track.stop();
  }
}

/* The names of all cameras; browsers tell them once one is on. */
async function videoInputs() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices.filter((device) => device.kind === "videoinput" && device.deviceId).map((device) => device.deviceId);
}

function base64(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => resolve("");
    reader.readAsDataURL(blob);
  });
}
