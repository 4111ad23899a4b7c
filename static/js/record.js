// Records the microphone as a WAV file of 16 kHz, mono, 16 bits, and sends it by the form that has the button.
(() => {
  "use strict";
  const RATE = 16000;
  const LONGEST = 59; // seconds; the server refuses more than 60
  const QUIET = 0.006; // of 1: nowhere louder is silence, as for the server
  let current = null; // what is being recorded
  let asking = false; // the browser for the microphone, which may take until a person has answered

  const parts = (button) => {
    const form = button.form;
    return { form, said: form.querySelector("#speak-said"), clock: form.querySelector("[data-clock]"), file: form.elements.recording };
  };

  const canRecord = () => Boolean(window.MediaRecorder && navigator.mediaDevices && navigator.mediaDevices.getUserMedia);

  const show = (root) => root.querySelectorAll("#speak[hidden]").forEach((field) => { field.hidden = !canRecord(); });

  async function start(button) {
    const { said, clock } = parts(button);
    let stream;
    asking = true;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 } });
    } catch (error) {
      const why = { NotFoundError: "none", NotAllowedError: "denied", SecurityError: "denied" }[error.name] || "failed";
      said.textContent = said.dataset[why];
      return;
    } finally {
      asking = false;
    }
    const recorder = new MediaRecorder(stream);
    const pieces = [];
    const began = Date.now();
    recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    recorder.addEventListener("stop", () => finish(button, new Blob(pieces)));
    recorder.start();
    const timer = setInterval(() => {
      const seconds = Math.floor((Date.now() - began) / 1000);
      clock.textContent = `0:${String(seconds).padStart(2, "0")}`;
      if (seconds >= LONGEST || !button.isConnected) stop(button); // another page was loaded
    }, 250);
    current = { recorder, stream, timer };
    button.textContent = button.dataset.stop;
    said.textContent = said.dataset.speaking;
  }

  function stop(button) {
    if (!current) return;
    clearInterval(current.timer);
    current.recorder.stop();
    current.stream.getTracks().forEach((track) => track.stop());
    current = null;
    button.textContent = button.dataset.start;
  }

  async function finish(button, blob) {
    const { form, said, file } = parts(button);
    try {
      const samples = await decoded(await blob.arrayBuffer());
      if (samples.every((value) => Math.abs(value) < QUIET)) {
        said.textContent = said.dataset.silent;
        return;
      }
      const chosen = new DataTransfer();
      chosen.items.add(new File([wav(samples)], "speech.wav", { type: "audio/wav" }));
      file.files = chosen.files;
    } catch {
      said.textContent = said.dataset.failed;
      return;
    }
    form.requestSubmit();
  }

  // Any rate and format that the browser records becomes 16 kHz.
  async function decoded(bytes) {
    const context = new OfflineAudioContext(1, RATE, RATE);
    const buffer = await context.decodeAudioData(bytes);
    return buffer.getChannelData(0);
  }

  function wav(samples) {
    const view = new DataView(new ArrayBuffer(44 + samples.length * 2));
    const text = (at, letters) => [...letters].forEach((letter, index) => view.setUint8(at + index, letter.charCodeAt(0)));
    text(0, "RIFF");
    view.setUint32(4, 36 + samples.length * 2, true);
    text(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);
    view.setUint16(22, 1, true);
    view.setUint32(24, RATE, true);
    view.setUint32(28, RATE * 2, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    text(36, "data");
    view.setUint32(40, samples.length * 2, true);
    samples.forEach((value, index) => view.setInt16(44 + index * 2, Math.max(-1, Math.min(1, value)) * 32767, true));
    return view.buffer;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-record]");
    if (!button) return;
    if (current) stop(button);
    else if (!asking) start(button); // a second microphone would stay on
  });
  document.addEventListener("htmx:load", (event) => show(event.target));
  show(document);
})();
