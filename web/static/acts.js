// Forms that ask for something of the hub: sent as JSON, answered on the page without leaving it.

import { keep, startKept } from "./kept.js";

const ANSWER_MS = 10000;
const STEP_MS = 120;

export function startActs(refresh) {
  startKept(send, (count) => {
    say(document.body.dataset.saySent.replace("{count}", count), "good");
    refresh();
  });
  document.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-act]")) return;
    event.preventDefault();
    if (form.hasAttribute("aria-busy")) return;
    form.setAttribute("aria-busy", "true");
    try {
      await ask(form);
    } finally {
      form.removeAttribute("aria-busy");
      form.closest("details")?.removeAttribute("open");
      for (const id of form.querySelectorAll('input[name="id"]')) id.value = crypto.randomUUID?.() ?? random();
      await refresh();
    }
  });
}

async function ask(form) {
  const data = new FormData(form);
  const body = {};
  for (const name of ["reason", "scope", "status", "gone", "told"]) if (data.get(name)) body[name] = data.get(name);
  const act = { id: data.get("id"), kind: data.get("kind"), subject: data.get("subject"), body };
  const words = document.body.dataset;
  let response;
  try {
    response = await send(act, words.acts);
  } catch {
    if (act.kind.startsWith("finding.") && keep(act)) return say(words.sayKept, "");
    return say(words.sayFailed, "bad");
  }
  if (!response.ok) {
    const fault = await response.json().catch(() => null);
    return say(fault?.error?.message ?? words.sayFailed, "bad");
  }
  const until = Date.now() + ANSWER_MS;
  while (Date.now() < until) {
    const answer = await fetch(`${words.acts}/${encodeURIComponent(act.id)}`).then((got) => got.json());
    if (answer.answered) return say(answer.detail || words.sayDone, answer.ok ? "good" : "bad");
    await new Promise((next) => setTimeout(next, STEP_MS));
  }
  say(words.sayAsked, "");
}

function send(act, to) {
  return fetch(to, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Form-Token": document.body.dataset.token },
    body: JSON.stringify(act),
  });
}

let hide = 0;

function say(text, look) {
  const toast = document.getElementById("toast");
  const line = document.createElement("p");
  line.className = `said ${look}`;
  line.textContent = text;
  toast.replaceChildren(line);
  clearTimeout(hide);
  hide = setTimeout(() => toast.replaceChildren(), look === "bad" ? 12000 : 8000);
}

function random() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
