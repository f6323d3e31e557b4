// Our side of a page that holds ours in a frame. It is told what happens here; before a walk it may say
// what is known. Messages go to one origin and are taken from one: the one that the server let in.

const meta = document.querySelector("meta[name=fingerpost-host]");
const host = meta?.content ?? "";
const held = window.parent !== window && host !== "";

function tell(type, about = {}) {
  if (held) window.parent.postMessage({ fingerpost: 1, type, ...about }, host);
}

// ------------------------------------------------------------------------------ before the walk

const begin = document.getElementById("begin");
let begun = false;

function send(signed, context) {
  if (begun) return;
  begun = true;
  if (signed) begin.elements.signed.value = signed;
  begin.elements.context.value = JSON.stringify(context);
  begin.submit();
}

function heard(event) {
  const said = event.data;
  if (event.source !== window.parent || event.origin !== host) return;
  if (said?.fingerpost !== 1 || said.type !== "begin") return;
  const { given, reference, language, case: one } = said;
  const context = Object.fromEntries(
    Object.entries({ given, reference, language, case: one }).filter(([, value]) => value !== undefined),
  );
  send(typeof said.token === "string" ? said.token : "", context);
}

if (begin && begin.elements.signed.value) {
  send("", {});
} else if (begin && held) {
  window.addEventListener("message", heard);
  tell("ready");
}

const refused = document.getElementById("refused");
if (refused) tell("refused", { reason: refused.dataset.code });

// --------------------------------------------------------------------------------- on the walk

const walk = document.getElementById("framed")?.dataset;

function first() {  // whether one comes here from the page before the walk (storage may be kept from frames)
  const before = document.referrer ? new URL(document.referrer) : null;
  const how = performance.getEntriesByType("navigation")[0]?.type;
  return how === "navigate" && before?.origin === location.origin && /^\/embed\/|\/help\/[^/]+$/.test(before.pathname);
}

if (walk) {
  const step = { walk: walk.walk, seq: Number(walk.seq), tree: walk.tree, node: walk.node };
  if (first()) tell("started", step);
  if (walk.outcome === undefined) tell("step", step);
  else {
    const more = { disposition: walk.outcome, handTo: walk.handTo ? walk.handTo.split(" ") : [] };
    const summary = document.getElementById("summary") ?? document.querySelector("details.summary pre");
    if (meta.dataset.values === "yes" && summary) more.summary = summary.value ?? summary.textContent;
    tell("outcome", { ...step, ...more });
  }
}

// A browser gives no focus by itself within another's page. Whoever is at work here is led on as ever;
// whoever is at work in the page around is left there.
if (held && document.hasFocus()) document.querySelector("[autofocus]")?.focus();

if (held && (walk || begin || refused)) {
  let last = 0;
  new ResizeObserver(() => {
    const height = Math.ceil(document.documentElement.getBoundingClientRect().height);
    if (height !== last) tell("height", { height });
    last = height;
  }).observe(document.body);
}
