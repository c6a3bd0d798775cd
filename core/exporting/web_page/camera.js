// A camera in the page, for computers. Phones have a better one, which a file input opens.

let shots = 0;

function offerCamera(add) {
  const isPhone = matchMedia("(pointer: coarse)").matches;
  document.querySelector("label[for=take]").hidden = !isPhone;
  byId("take").hidden = !isPhone;
  byId("open-camera").hidden = isPhone || !navigator.mediaDevices?.getUserMedia || !byId("camera").showModal;
  byId("open-camera").addEventListener("click", openCamera);
  byId("shoot").addEventListener("click", () => shoot(add));
  byId("close-camera").addEventListener("click", () => byId("camera").close());
  byId("camera").addEventListener("close", stopCamera);
}

async function openCamera() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1920 } } });
    byId("viewfinder").srcObject = stream;
    byId("camera").showModal();
  } catch (error) {
    setStatus(say("no_camera", { reason: error.name }));
  }
}

function shoot(add) {
  const { videoWidth: width, videoHeight: height } = byId("viewfinder");
  if (!width) return; // no frame yet
  const canvas = canvasOf(width, height);
  canvas.getContext("2d").drawImage(byId("viewfinder"), 0, 0);
  const name = say("camera_name", { number: ++shots });
  canvas.toBlob((blob) => add([new File([blob], name, { type: blob.type })]), "image/jpeg", 0.95);
  byId("camera").close();
}

function stopCamera() {
  for (const track of byId("viewfinder").srcObject?.getTracks() ?? []) track.stop();
  byId("viewfinder").srcObject = null;
}
