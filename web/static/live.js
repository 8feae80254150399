// "Something changed" comes as server-sent events; what it is now is fetched from the server. When no events come
// (the broker is away, or too many tablets listen) the page asks every two seconds instead, and says so.

const POLL_MS = 2000;
const RETRY_STREAM_MS = 30000;

export function startLive(plan) {
  const address = document.body.dataset.events;
  const main = document.getElementById("content");
  const wanted = (main?.dataset.live ?? "").split(/\s+/).filter(Boolean);
  const refresh = oneAtATime(wanted.includes("plan") ? plan : refreshParts);
  if (!address || wanted.length === 0) return refresh;

  let up = document.getElementById("live")?.classList.contains("up") ?? false;
  let streaming = false;
  const say = () => {
    const live = document.getElementById("live");
    if (!live) return;
    live.classList.toggle("up", up && streaming);
    live.classList.toggle("down", !(up && streaming));
    document.getElementById("live-text").textContent =
      up && streaming ? document.body.dataset.sayLive : document.body.dataset.sayPaused;
  };
  const looked = () => refresh().then(say);

  const open = () => {
    const source = new EventSource(address);
    source.addEventListener("link", (event) => {
      const body = JSON.parse(event.data);
      const again = body.all || !streaming;
      streaming = true;
      up = body.up;
      say();
      if (again) looked();
    });
    source.addEventListener("changed", (event) => {
      if (concerns(JSON.parse(event.data), wanted)) looked();
    });
    source.onerror = () => {
      streaming = false;
      say();
      if (source.readyState === EventSource.CLOSED) setTimeout(open, RETRY_STREAM_MS);
    };
    addEventListener("pagehide", () => source.close(), { once: true });
  };
  open();
  // Ages ("3 min ago") move on, and what has no events (agents, antennas) is looked at now and then.
  let ticks = 0;
  setInterval(() => {
    if (document.hidden) return;
    ticks += 1;
    const often = !(up && streaming);
    if (often || (wanted.includes("poll") && ticks % 2 === 0) || ticks % 15 === 0) looked();
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) looked();
  });
  return looked;
}

function concerns(change, wanted) {
  if (change.all) return true;
  return wanted.some((want) => {
    const [what, id] = want.split(":");
    if (what === "plan" || what === "shelves") return change.shelves?.length > 0;
    if (what === "shelf") return change.shelves?.includes(id);
    if (what === "findings") return change.findings?.length > 0;
    if (what === "finding") return change.findings?.includes(id);
    if (what === "sweeps") return change.sweeps?.length > 0;
    if (what === "sweep") return change.sweeps?.includes(id);
    return false;
  });
}

// While one look is on its way, any number of further wishes become one more look after it.
function oneAtATime(look) {
  let running = null;
  let again = false;
  const run = async () => {
    do {
      again = false;
      try {
        await look();
      } catch {
        // The server is away: the pill says so, the next tick tries again.
      }
    } while (again);
    running = null;
  };
  return () => {
    if (running) again = true;
    else running = run();
    return running;
  };
}

const seen = new Map();

async function refreshParts() {
  const response = await fetch(location.href, { headers: { "Shelfwire-Part": "1" } });
  if (response.status === 401) location.reload();
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const name = part.dataset.part;
    const old = document.querySelector(`[data-part="${CSS.escape(name)}"]`);
    if (!old) continue;
    const text = part.outerHTML.replace(/name="id" value="[^"]*"/g, "");
    if (seen.get(name) === text) continue;
    if (inUse(old)) continue;
    seen.set(name, text);
    swap(old, document.importNode(part, true));
  }
}

// A person is typing a reason, or holds a list open: that part waits.
function inUse(part) {
  const active = document.activeElement;
  if (active && part.contains(active) && /^(INPUT|SELECT|TEXTAREA)$/.test(active.tagName)) return true;
  return part.querySelector("details.dismiss[open], form[aria-busy]") !== null;
}

function swap(old, fresh) {
  const open = [...old.querySelectorAll("details[open][id]")].map((each) => each.id);
  const focused = old.contains(document.activeElement) ? pathOf(document.activeElement) : null;
  old.replaceWith(fresh);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  if (focused) fresh.querySelector(focused)?.focus({ preventScroll: true });
}

function pathOf(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  return href ? `${element.tagName}[href="${CSS.escape(href)}"]` : null;
}
