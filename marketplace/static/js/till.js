// The till's comforts: keypad, sending again after a lost network, and asking the shop whether the bank has spoken.
// Everything works without this file; nothing here ever decides that money has come.
"use strict";

const POLL_MS = 700, SLOWEST_MS = 10000, LONGEST_DIGITS = 9;
const show = (element, visible) => { if (element) element.hidden = !visible; };
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ".");

// -- the keypad ------------------------------------------------------------------------------------------------------

function startKeypad(form) {
  const amount = form.querySelector("[data-amount]");
  const digits = () => amount.value.replace(/\D/g, "").replace(/^0+/, "").slice(0, LONGEST_DIGITS);
  const write = (text) => { amount.value = grouped(text.replace(/^0+/, "").slice(0, LONGEST_DIGITS)); };
  show(form.querySelector("[data-keys]"), true);
  if (matchMedia("(pointer: coarse)").matches) amount.inputMode = "none"; // our keys, not the phone's
  amount.addEventListener("input", () => { if (/^[\d.\s]*$/.test(amount.value)) write(digits()); });
  form.querySelector("[data-keys]").addEventListener("click", (event) => {
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (!key) return;
    write(key === "back" ? digits().slice(0, -1) : (digits() + key).length > LONGEST_DIGITS ? digits() : digits() + key);
  });
  if (amount.value) write(digits());
  form.addEventListener("submit", (event) => send(event, form, digits));
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); }); // a new sale, a new id
  startQueue(form);
}

async function send(event, form, digits) {
  const button = event.submitter, offline = form.querySelector("[data-unsent]");
  if (!button || !form.reportValidity()) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  if (!navigator.onLine && digits()) return keep(form, Number(digits()), button.value);
  const data = new FormData(form);
  data.append(button.name, button.value);
  form.dataset.busy = "1";
  button.setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(form.action, { method: "POST", body: data });
    if (answer.redirected) return location.assign(answer.url);
    // a refusal: let the browser show the page that says so; the same id makes this no second sale
    form.append(Object.assign(document.createElement("input"), { type: "hidden", name: button.name, value: button.value }));
    form.submit();
  } catch {
    show(offline, true); // the same id waits in the form
    show(form.querySelector("[data-offline]"), false);
  } finally {
    delete form.dataset.busy;
    button.removeAttribute("aria-busy");
  }
}

// -- sales without a network -------------------------------------------------------------------------------------------

const stored = (key) => { try { return JSON.parse(localStorage.getItem(key)) || []; } catch { return []; } };
const store = (key, list) => localStorage.setItem(key, JSON.stringify(list));
const waitingKey = (form) => `till-waiting-${form.dataset.stall}`;
const refusedKey = (form) => `till-refused-${form.dataset.stall}`;

function keep(form, amount, means) {
  const id = form.elements.client_id, code = means === "qr" ? takeCode(form) : undefined;
  store(waitingKey(form), [...stored(waitingKey(form)), {
    stall_id: Number(form.dataset.stall), client_id: id.value, amount, means, sold_at: new Date().toISOString(),
    ...(code && { code: code.code }),
  }]);
  if (code) showCode(code, amount);
  id.value = crypto.randomUUID();
  form.querySelector("[data-amount]").value = "";
  tellQueue(form);
}

function tellQueue(form) {
  for (const [name, key] of [["queued", waitingKey(form)], ["refused", refusedKey(form)]]) {
    const element = form.querySelector(`[data-${name}]`), count = stored(key).length;
    element.textContent = element.dataset.one.replace("#", count);
    show(element, count > 0);
  }
  show(form.querySelector("[data-offline]"), !navigator.onLine);
}

async function replay(form) {
  const sales = stored(waitingKey(form)).slice(0, 200);
  if (!sales.length || !navigator.onLine) return;
  try {
    const answer = await fetch(form.dataset.batch, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      body: JSON.stringify({ sales }),
    });
    if (!answer.ok) return;
    const results = (await answer.json()).items;
    const done = new Set(results.map((result) => result.client_id));
    const refused = new Set(results.filter((result) => result.result === "refused").map((result) => result.client_id));
    store(refusedKey(form), [...stored(refusedKey(form)), ...sales.filter((sale) => refused.has(sale.client_id))]);
    store(waitingKey(form), stored(waitingKey(form)).filter((sale) => !done.has(sale.client_id)));
    location.reload();
  } catch {
    // the answer was lost: the same sales go again later, each still once
  }
}

function startQueue(form) {
  const catchUp = () => replay(form).then(() => fetchCodes(form));
  tellQueue(form);
  catchUp();
  window.addEventListener("online", () => { show(form.querySelector("[data-unsent]"), false); tellQueue(form); catchUp(); });
  window.addEventListener("offline", () => tellQueue(form));
  form.querySelector("[data-refused]").addEventListener("click", () => { store(refusedKey(form), []); tellQueue(form); });
}

// -- codes for sales without a network: fetched before, each for one sale; the bank's notice finds the sale by its code --

const ENOUGH = 10, FETCH_AGAIN_MS = 600000;
const codesKey = (form) => `till-codes-${form.dataset.stall}`;
const fetchedKey = (form) => `till-codes-at-${form.dataset.stall}`;
const usable = (form) => stored(codesKey(form)).filter((code) => Date.parse(code.expires_at) > Date.now());

function deviceId() {
  const known = localStorage.getItem("till-device") || crypto.randomUUID();
  localStorage.setItem("till-device", known);
  return known;
}

async function fetchCodes(form) {
  const isFresh = Date.now() - Number(localStorage.getItem(fetchedKey(form))) < FETCH_AGAIN_MS;
  if (!form.dataset.codes || !navigator.onLine || (isFresh && usable(form).length >= ENOUGH)) return;
  try {
    const answer = await fetch(form.dataset.codes, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRFToken": form.elements.csrf_token.value },
      body: JSON.stringify({ stall_id: Number(form.dataset.stall), device_id: deviceId() }),
    });
    if (!answer.ok) return;
    const sales = [...stored(waitingKey(form)), ...stored(refusedKey(form))];
    const shown = new Set(sales.map((sale) => sale.code)); // to a buyer: not yet sent, or refused
    store(codesKey(form), (await answer.json()).items.filter((code) => !shown.has(code.code)));
    localStorage.setItem(fetchedKey(form), String(Date.now()));
    form.dataset.kept = stored(codesKey(form)).length;
  } catch {
    // no codes this time: the printed card does it
  }
}

function takeCode(form) {
  const [code, ...rest] = usable(form);
  store(codesKey(form), rest);
  return code;
}

function showCode(code, amount) {
  const screen = document.querySelector("[data-shown]"), digits = String(amount);
  const payload = `${code.before}54${String(digits.length).padStart(2, "0")}${digits}${code.after}`;
  screen.querySelector("[data-shown-amount]").textContent = `${grouped(digits)} ₫`;
  screen.querySelector("[data-shown-code]").textContent = code.code;
  const whole = payload + Qr.checksum(payload), app = screen.querySelector("[data-shown-app]");
  screen.querySelector("[data-shown-qr]").replaceChildren(Qr.svg(whole, code.code));
  if (app) app.search = new URLSearchParams({ qr: whole });
  screen.showModal();
}

// -- has the bank spoken? ------------------------------------------------------------------------------------------------

function startWaiting(screen) {
  const offline = screen.querySelector("[data-offline]");
  let delay = POLL_MS, timer = 0;
  const isOpen = () => ["awaiting", "partial"].includes(screen.dataset.face);
  const ask = async () => {
    clearTimeout(timer);
    try {
      const answer = await fetch(screen.dataset.status, { headers: { Accept: "application/json" }, cache: "no-store" });
      if (answer.redirected || answer.status === 404) return location.reload();
      if (!answer.ok) throw new Error("no answer");
      tell(screen, await answer.json());
      show(offline, false);
      delay = POLL_MS;
    } catch {
      show(offline, true);
      delay = Math.min(delay * 2, SLOWEST_MS);
    }
    if (isOpen()) timer = setTimeout(ask, delay);
  };
  if (!isOpen()) return;
  show(document.querySelector("[data-reload]"), false);
  timer = setTimeout(ask, delay);
  window.addEventListener("online", ask);
  window.addEventListener("offline", () => show(offline, true));
  document.addEventListener("visibilitychange", () => { if (!document.hidden && isOpen()) ask(); });
}

function tell(screen, said) {
  if (said.face === screen.dataset.face && String(said.received) === screen.dataset.received) return;
  if (said.face !== "paid") return location.reload(); // a part has come: another code; or cancelled elsewhere
  screen.classList.replace(`face-${screen.dataset.face}`, "face-paid");
  screen.dataset.face = said.face;
  screen.dataset.received = said.received;
  screen.querySelector("[data-headline]").textContent = said.headline;
  screen.querySelector("[data-detail]").textContent = said.detail;
  document.title = said.headline;
  document.querySelectorAll("[data-while-open]").forEach((button) => button.remove());
  screen.scrollIntoView({ block: "start" });
  celebrate();
}

function celebrate() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.([200, 80, 200]);
  try {
    const audio = new AudioContext();
    if (audio.state !== "running") return;
    [[660, 0], [880, 0.18]].forEach(([pitch, at]) => {
      const tone = audio.createOscillator(), volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.3, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.32);
    });
  } catch {
    // no sound here: the green screen says it
  }
}

document.querySelectorAll("[data-keypad]").forEach(startKeypad);
document.querySelectorAll("[data-sale]").forEach(startWaiting);
