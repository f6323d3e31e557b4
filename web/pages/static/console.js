// What makes a step quick for whoever has script: keys, a clock, and drafts that are kept as one types.
// The page is whole without it. Nothing here decides anything: each key presses a button that is there.

const $ = (selector) => document.querySelector(selector);
const walk = location.pathname.match(/\/walks\/([^/]+)/)?.[1];  // within another page its address begins otherwise
const own = `/walks/${walk}/`;

// The step that is shown: another one takes its place without the page being loaded anew.
let form, seq, node, note, at;
function look() {
  at = address();
  form = $("form#answer");
  seq = Number(form?.elements.seq?.value ?? $("[name=seq]")?.value ?? 0);
  node = form?.elements.node?.value ?? "";
  note = $("#text");
}

// ------------------------------------------------------------------------- what this browser keeps

const store = {
  get(name) { try { return JSON.parse(localStorage.getItem(name)); } catch { return null; } },
  set(name, value) { try { localStorage.setItem(name, JSON.stringify(value)); } catch { /* full, or not allowed */ } },
  drop(name) { try { localStorage.removeItem(name); } catch { /* not allowed */ } },
};
const DAY = 86_400_000;
const kept = `fingerpost.draft.${walk}`;

function sweep() {  // a draft that nobody came back to within a day is dropped
  try {
    for (const name of Object.keys(localStorage)) {
      if (name.startsWith("fingerpost.draft.") && !(Date.now() - (store.get(name)?.at ?? 0) < DAY)) store.drop(name);
    }
  } catch { /* not allowed */ }
}

// ----------------------------------------------------------------------------------------- drafts

const typed = (control) => control.name === "answer" || control.name === "done" || control.name.startsWith("f.");
const controls = () => form ? [...form.elements].filter((control) => control.name && typed(control)) : [];

function read() {
  return controls().map((control) => {
    const ticks = control.type === "radio" || control.type === "checkbox";
    return ticks ? [control.name, control.value, control.checked] : [control.name, null, control.value];
  }).filter(([, , value]) => value);
}

function keep(more = {}) {
  const fields = read();
  const words = note?.value ?? "";
  if (!fields.length && !words.trim()) { store.drop(kept); return; }
  store.set(kept, { seq, node, fields, note: words, at: Date.now(), ...more });
}

function restore() {
  const draft = store.get(kept);
  if (!draft) return;
  if (draft.sent && seq > draft.seq) { store.drop(kept); return; }  // it arrived
  let some = false;
  if (note && !note.value && draft.note) { note.value = draft.note; some = true; }
  const fresh = form && draft.node === node && !$(".mistakes") && !read().length;
  for (const [name, value, set] of fresh ? draft.fields : []) {
    for (const control of controls().filter((one) => one.name === name)) {
      if (value === null) control.value = set;
      else if (control.value === value) control.checked = set;
      some = true;
    }
  }
  if (some) say($("[data-kept]")?.dataset.kept);
}

// Kept beside the walk too, once one pauses: for another browser, or when this one is lost. Nobody waits
// for it, and what this browser keeps stands in where it does not get through.
function send() {
  if (!form || sending || !form.elements.seq) return;
  dirty = false;
  fetch(`${location.pathname.replace(/\/[^/]*$/, "")}/draft`, {
    method: "POST", body: new URLSearchParams(new FormData(form)), keepalive: true, redirect: "error",
  }).then((response) => { if (response.status === 200) stale(); }, () => {});
}

function say(words) {
  const place = $("[data-kept]");
  if (place && words) place.textContent = words;
}

let soon = 0;
let later = 0;
let dirty = false;
let sending = false;
document.addEventListener("input", (event) => {
  if (!event.target.closest("main.walk")) return;
  clearTimeout(soon);
  clearTimeout(later);
  dirty = true;
  soon = setTimeout(keep, 150);
  later = setTimeout(send, 800);
});
addEventListener("pagehide", () => {
  clearTimeout(soon);
  clearTimeout(later);
  if (dirty && !sending) { keep(); send(); }
});

document.addEventListener("submit", (event) => {
  if (sending) { event.preventDefault(); return; }  // a second press counts for nothing
  if (event.target.matches(".who")) for (const name of Object.keys(localStorage)) if (name.startsWith("fingerpost.draft.")) store.drop(name);
  if (!event.target.closest("main.walk")) return;
  sending = true;
  clearTimeout(soon);
  clearTimeout(later);
  keep({ sent: true });
  onward(event);
});
addEventListener("pageshow", () => { sending = false; });

// --------------------------------------------------------------------------- from step to step

// A move is sent, and the page that it leads to put in the place of this one: one round trip. Where no
// answer comes, all that is typed still stands here, and the same move can be sent again: the server
// knows it by its id, and does nothing twice.
function onward(event) {
  const { target, submitter } = event;
  const to = submitter?.getAttribute("formaction") ?? target.getAttribute("action");
  if (!walk || !to?.startsWith(own) || target.method !== "post") return;  // the browser sends it
  event.preventDefault();
  const fields = new FormData(target);
  if (submitter?.name) fields.append(submitter.name, submitter.value);
  const headers = { Prefer: "return=representation" };
  const noted = note?.value ?? "";
  fetch(to, { method: "POST", body: new URLSearchParams(fields), headers, signal: AbortSignal.timeout(30_000) })
    .then(async (answer) => [answer, await answer.text()])
    .then(([answer, text]) => shown(answer, text, noted), () => unsent());
}

function shown(answer, text, noted) {
  const next = new DOMParser().parseFromString(text, "text/html");
  const place = answer.headers.get("Content-Location");
  // A page that comes again by itself (an action is waited for) has to be the browser's own.
  const again = answer.headers.has("Refresh");
  if (again || !next.querySelector("main.walk")) {
    if (again || place || answer.redirected) location.assign(place ?? (again ? `/walks/${walk}` : answer.url));
    else unsent(next.querySelector("main")?.textContent.replace(/\s+/g, " ").trim());
    return;
  }
  const since = note?.value ?? "";  // one goes on writing while the answer is on its way
  const html = document.documentElement;
  [html.lang, html.dir, document.title] = [next.documentElement.lang, next.documentElement.dir, next.title];
  document.body.replaceWith(document.adoptNode(next.body));
  if (place && place !== address()) history.pushState(null, "", place);
  else history.replaceState(null, "", location.href);
  scrollTo(0, 0);
  sending = dirty = false;
  begin();
  $("[autofocus]")?.focus();
  if (note && since !== noted) {
    note.value = since.startsWith(noted) && note.value !== noted ? since.slice(noted.length).trimStart() : since;
    note.focus();
    keep();
  }
}
const address = () => location.pathname + location.search;
addEventListener("popstate", () => { if (address() !== at) location.reload(); });  // else within this step

function unsent(words) {
  const told = $("#not-sent");
  sending = false;
  told.textContent = words || told.dataset.words;
  told.hidden = false;
  told.scrollIntoView({ block: "nearest" });
}

// ------------------------------------------------------------------------------------------- tabs

const stale = () => { const told = $("#moved-on"); if (told) told.hidden = false; };
const tabs = "BroadcastChannel" in window && walk ? new BroadcastChannel(`fingerpost.${walk}`) : null;
if (tabs) tabs.onmessage = ({ data }) => { if (seq && data > seq && !sending) stale(); };

// ----------------------------------------------------------------------------------------- clocks

let ticking = 0;
function clocks() {
  clearInterval(ticking);
  const call = $("[data-clock=call]");
  const step = $("[data-clock=step]");
  if (!call && !step) return;
  const here = `${node}.${document.querySelectorAll(".path li").length}`;
  const before = store.get("fingerpost.step") ?? {};
  const since = before.walk === walk && before.here === here ? before.since : Date.now();
  store.set("fingerpost.step", { walk, here, since });
  const began = call ? Date.parse(call.dateTime) : 0;
  const most = Number(step?.dataset.expect ?? 0);
  const words = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000));
    const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
    return (h ? `${h}:${String(m).padStart(2, "0")}` : `${m}`) + `:${String(s % 60).padStart(2, "0")}`;
  };
  const tick = () => {
    if (call) call.textContent = words(Date.now() - began);
    if (step) {
      step.textContent = words(Date.now() - since);
      step.classList.toggle("over", most > 0 && Date.now() - since > most * 1000);
    }
  };
  tick();
  ticking = setInterval(tick, 1000);
}

// ------------------------------------------------------------------------------------------- keys

const on = () => store.get("fingerpost.keys") !== false;
const button = (selector) => () => { const found = $(selector); if (found) found.click(); return Boolean(found); };
const focus = (selector) => () => { const found = $(selector); if (found) found.focus(); return Boolean(found); };
const KEYS = {
  b: button(".back button"),
  n: focus("#text"),
  "/": focus("#find"),
  c: button("[data-copies]:not([hidden])"),
  "?": () => { const keys = $("#keys"); keys?.showModal(); return Boolean(keys); },
};

function choose(number) {
  const options = [...document.querySelectorAll(".answering .option > input, .answering .exit > .option > input")];
  const found = options[number - 1];
  if (!found) return false;
  found.focus();
  if (found.type === "checkbox") found.click();
  else if (!found.checked) found.click();
  return true;
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || $("#keys")?.open) return;
  const at = event.target;
  const writes = at.closest("textarea, select, [contenteditable]") || (at.matches("input") && !/^(radio|checkbox)$/.test(at.type));
  if (event.key === "Escape" && at === note) { $("#question")?.focus(); return; }
  if (writes || !on()) return;
  let done = false;
  if (/^[1-9]$/.test(event.key)) done = choose(Number(event.key));
  else if (event.key === "Enter" && form && !at.closest("a, button, summary")) {
    if (!sending) form.querySelector("button.main")?.click();
    done = true;
  } else done = KEYS[event.key.toLowerCase()]?.() ?? false;
  if (done) event.preventDefault();
}

// ----------------------------------------------------------------------------------------- copying

async function copy(copies) {
  const words = document.getElementById(copies.dataset.copies);
  const told = $("[data-copied]");
  try {
    await navigator.clipboard.writeText(words.value);
    told.textContent = told.dataset.copied;
  } catch {
    words.select();
    told.textContent = told.dataset.notCopied;
  }
}

// ------------------------------------------------------------------------------------------- begin

function begin() {
  look();
  restore();
  clocks();
  if (seq) tabs?.postMessage(seq);  // whichever tab opens a newer step says so to the others
  for (const copies of document.querySelectorAll("[data-copies]")) {
    copies.hidden = false;
    copies.addEventListener("click", () => copy(copies));
  }
  for (const opens of document.querySelectorAll("[data-opens]")) {
    opens.addEventListener("click", () => document.getElementById(opens.dataset.opens).showModal());
  }
  const turned = $("#keys-on");
  if (!turned) return;
  turned.checked = on();
  turned.addEventListener("change", () => store.set("fingerpost.keys", turned.checked));
}

sweep();
begin();
document.addEventListener("keydown", pressed);
