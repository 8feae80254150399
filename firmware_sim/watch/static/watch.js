// The watch page: asks four times a second what this bay looks like now, draws it, and hands in what a visitor wants.
import { drawLegend, makeBoards, nearest } from "./draw.js";
import { showApart, showBook, showDone, showMap, showScore, showTicker, el } from "./parts.js";

const POLL_MS = 250;
const LINGER_MS = 4000;
const PHONE_PX = 768;
const words = JSON.parse(document.getElementById("words").textContent);
const $ = (id) => document.getElementById(id);
document.documentElement.classList.add("script");

const bays = [...document.querySelectorAll("#bay-choice option")].map((each) => each.value);
const wanted = new URLSearchParams(location.search).get("bay");
const state = { bay: bays.includes(wanted) ? wanted : document.body.dataset.first, tag: null, seen: "", follow: false, action: 0, jumped: 0, now: null };
const boards = makeBoards($("boards"), words);
drawLegend();

// --- asking ---------------------------------------------------------------------------------------------------

let asking = false;
let again = false;
let failed = 0;

async function look() {
  if (asking) {
    again = true;
    return;
  }
  asking = true;
  try {
    const tag = state.tag === null ? "" : state.tag;
    const response = await fetch(`/view?bay=${encodeURIComponent(state.bay)}&tag=${tag}&seen=${state.seen}`);
    if (!response.ok) throw new Error(String(response.status));
    failed = 0;
    show(await response.json());
  } catch {
    failed += 1;
    if (failed === 8) say(words.lost, "", "bad");
  } finally {
    asking = false;
    if (again) {
      again = false;
      look();
    }
  }
}

function lookAnew() {
  state.seen = "";
  look();
}

async function wish(body) {
  try {
    const response = await fetch("/wish", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Form-Token": document.body.dataset.token },
      body: JSON.stringify(body),
    });
    const answer = await response.json();
    if (!response.ok) say(answer.error, "", "bad");
    else if (answer.said) say(answer.said, answer.see ?? "", answer.ok === false ? "bad" : "");
    if (answer.press && body.do !== "undo" && answer.press.tag !== undefined && answer.press.tag !== null) state.tag = answer.press.tag;
  } catch {
    say(words.lost, "", "bad");
  }
  lookAnew();
}

// --- showing --------------------------------------------------------------------------------------------------

function show(now) {
  transport(now);
  if (now.bay === undefined) return;
  if (now.bay.id !== state.bay) return lookAnew();
  // Asked anew meanwhile, for another book perhaps: this answer has not seen it.
  state.seen = again ? "" : now.number;
  state.now = now;
  $("time").textContent = now.clock;
  $("time").dateTime = now.iso;
  $("doors").textContent = now.night ? words.night : words.day;
  document.body.classList.toggle("is-night", now.night);
  document.querySelector("[data-day]").hidden = now.night;
  document.querySelector("[data-night]").hidden = !now.night;
  $("day-now").setAttribute("x", now.hour * 10);
  $("day-open").setAttribute("x", now.doors[0] * 10);
  $("day-open").setAttribute("width", (now.doors[1] - now.doors[0]) * 10);
  $("bay-name").textContent = now.bay.id;
  $("somebody").hidden = !now.bay.somebody;
  $("passer").toggleAttribute("hidden", !now.bay.somebody);
  $("bay-choice").value = now.bay.id;
  boards.show(now.bay, state.tag);
  showApart(now.bay.apart, choose);
  showMap(now.map, now.bay.id);
  showBook(now.book);
  showScore(now.score);
  showTicker(now.ticker, go);
  showDone(now.done, (number) => wish({ do: "undo", press: number }));
  for (const button of document.querySelectorAll("[data-fault]")) press(button, now.held[button.dataset.fault] > 0);
  for (const button of document.querySelectorAll("[data-cross]")) press(button, Math.abs(Number(button.dataset.cross) - now.cross) < 0.001);
  const about = $("people-about");
  about.textContent = state.tag === null ? about.dataset.any : about.dataset.one;
  follow(now.action);
}

function press(button, down) {
  const text = down ? "true" : "false";
  if (button.getAttribute("aria-pressed") !== text) button.setAttribute("aria-pressed", text);
}

function transport(now) {
  $("play").dataset.playing = now.playing;
  document.querySelector('[data-when="paused"]').hidden = now.playing;
  document.querySelector('[data-when="playing"]').hidden = !now.playing;
  const does = now.playing ? words.pause : words.play;
  $("play-word").textContent = does;
  $("play").setAttribute("aria-label", does);
  for (const button of document.querySelectorAll("[data-speed]")) press(button, Number(button.dataset.speed) === now.speed);
  const slow = now.playing && now.lived > 0 && now.lived < now.speed * 0.85 && now.speed > 10;
  $("lived").textContent = slow ? $("lived").dataset.say.replace("{speed}", now.lived) : "";
  if (now.rested && !state.rested) say(now.rested, "", "");
  state.rested = now.rested;
  state.playing = now.playing;
  state.speed = now.speed;
}

let hide = 0;

function say(text, see, look) {
  const line = el("p", `said ${look}`, text);
  if (see) line.append(el("span", "see", see));
  $("toast").replaceChildren(line);
  clearTimeout(hide);
  hide = setTimeout(() => $("toast").replaceChildren(), 9000);
}

// --- choosing -------------------------------------------------------------------------------------------------

function choose(tag) {
  state.tag = tag;
  boards.light(tag);
  reveal();
  lookAnew();
}

// On a phone the book's sheet covers half of the screen: its board moves into the other half.
function reveal() {
  if (state.tag === null || innerWidth >= PHONE_PX) return;
  document.querySelector("#boards .lit")?.closest(".pair").scrollIntoView({ block: "start" });
}

function toBay(id) {
  if (!bays.includes(id)) return;
  state.bay = id;
  history.replaceState(null, "", `?bay=${encodeURIComponent(id)}`);
  lookAnew();
}

function go(bay, tag) {
  if (tag >= 0) state.tag = tag;
  if (bay) toBay(bay);
  else lookAnew();
}

function byHand(id) {
  setFollow(false);
  state.tag = null;
  toBay(id);
}

function setFollow(on) {
  state.follow = on;
  press($("follow"), on);
  if (on && state.now?.action) {
    state.action = 0;
    follow(state.now.action);
  }
}

function follow(action) {
  if (!state.follow || !action || action[0] <= state.action || Date.now() - state.jumped < LINGER_MS) return;
  [state.action, state.jumped] = [action[0], Date.now()];
  go(action[1], action[2]);
}

function bayStep(step) {
  byHand(bays[(bays.indexOf(state.bay) + step + bays.length) % bays.length]);
}

function bookStep(step) {
  const order = [];
  for (const board of state.now?.bay.boards ?? []) for (const one of [...board.true, ...board.believed]) if (one.tag >= 0 && !order.includes(one.tag)) order.push(one.tag);
  if (!order.length) return;
  const at = order.indexOf(state.tag);
  choose(order[at < 0 ? (step > 0 ? 0 : order.length - 1) : (at + step + order.length) % order.length]);
}

// --- hands and keys -------------------------------------------------------------------------------------------

$("boards").addEventListener("click", (event) => {
  const svg = event.target.closest("svg.books");
  if (!svg) return;
  const tag = nearest(svg, event.clientX);
  choose(tag === state.tag ? null : tag);
});
$("boards").addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch") return;
  const svg = event.target.closest("svg.books");
  boards.light(state.tag, svg ? nearest(svg, event.clientX) : null);
});
$("boards").addEventListener("pointerleave", () => boards.light(state.tag));
for (const bay of document.querySelectorAll(".bay")) {
  bay.addEventListener("click", (event) => {
    event.preventDefault();
    byHand(bay.dataset.bay);
  });
}
$("bay-choice").addEventListener("change", (event) => byHand(event.target.value));
$("follow").addEventListener("click", () => setFollow(!state.follow));
$("play").addEventListener("click", () => wish({ do: state.playing ? "pause" : "play" }));
$("step").addEventListener("click", () => wish({ do: "step" }));
$("book-close").addEventListener("click", () => choose(null));
for (const each of document.querySelectorAll("[data-bay-step]")) each.addEventListener("click", () => bayStep(Number(each.dataset.bayStep)));
for (const each of document.querySelectorAll("[data-book-step]")) each.addEventListener("click", () => bookStep(Number(each.dataset.bookStep)));
for (const each of document.querySelectorAll("[data-speed]")) each.addEventListener("click", () => wish({ do: "speed", speed: Number(each.dataset.speed) }));
for (const each of document.querySelectorAll("[data-cross]")) each.addEventListener("click", () => wish({ do: "cross", bay: state.bay, cross: Number(each.dataset.cross) }));
for (const each of document.querySelectorAll("[data-deed]")) {
  each.addEventListener("click", () => {
    const body = { do: "deed", bay: state.bay, deed: each.dataset.deed };
    if (state.tag !== null && state.now?.can[each.dataset.deed]) body.tag = state.tag;
    wish(body);
  });
}
for (const each of document.querySelectorAll("[data-fault]")) {
  each.addEventListener("click", () => {
    const held = state.now?.held[each.dataset.fault] ?? 0;
    wish(held ? { do: "undo", press: held } : { do: "fault", bay: state.bay, fault: each.dataset.fault });
  });
}
for (const each of document.querySelectorAll("[data-set]")) {
  each.addEventListener("click", () => {
    document.cookie = `${each.dataset.set}=${each.value}; path=/; max-age=31536000; samesite=lax`;
    location.reload();
  });
}
const speeds = [...document.querySelectorAll("[data-speed]")].map((each) => Number(each.dataset.speed));
function faster(step) {
  const next = speeds[speeds.indexOf(state.speed) + step];
  if (next) wish({ do: "speed", speed: next });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = document.activeElement;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(at?.tagName ?? "")) return;
  if (event.key === " " && /^(BUTTON|SUMMARY|A)$/i.test(at?.tagName ?? "")) return;
  const does = {
    " ": () => wish({ do: state.playing ? "pause" : "play" }),
    ".": () => wish({ do: "step" }),
    "+": () => faster(1),
    "-": () => faster(-1),
    ArrowLeft: () => bookStep(-1),
    ArrowRight: () => bookStep(1),
    "[": () => bayStep(-1),
    "]": () => bayStep(1),
    f: () => setFollow(!state.follow),
    Escape: () => ($("menu").open ? ($("menu").open = false) : choose(null)),
  }[event.key];
  if (!does) return;
  event.preventDefault();
  does();
});
document.addEventListener("click", (event) => {
  if ($("menu").open && !$("menu").contains(event.target)) $("menu").open = false;
});

setInterval(() => {
  if (document.hidden) return;
  follow(state.now?.action);
  look();
}, POLL_MS);
look();
