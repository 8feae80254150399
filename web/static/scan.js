// A row of barcodes that grows with every scan. A keyboard-wedge scanner types the barcode and ends it with Enter or Tab;
// the list stands in the form's text field, so nothing is lost while an answer is on its way or the tablet sleeps.

export function startScan() {
  const form = document.querySelector("form[data-scan]");
  if (!form) return;
  const list = form.elements.barcodes;
  const next = form.elements.scan;
  const key = `shelfwire-scan ${form.dataset.scan}`;

  const lines = () => list.value.split("\n").map((line) => line.trim()).filter(Boolean);
  const keep = (kept) => {
    list.value = kept.join("\n");
    try {
      if (kept.length) sessionStorage.setItem(key, list.value);
      else sessionStorage.removeItem(key);
    } catch {
      // No storage in this browser: the list lives as long as the page.
    }
    check();
  };

  let running = false;
  let again = false;
  const check = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await ask(form);
    } while (again);
    running = false;
  };

  const add = () => {
    const scanned = next.value.trim();
    next.value = "";
    next.focus();
    if (scanned) keep([...lines(), scanned]);
  };

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const without = Number(event.submitter?.name === "without" ? event.submitter.value : 0);
    if (without) keep(lines().filter((_, at) => at !== without - 1));
    else if (next.value.trim()) add();
    else keep(lines());
  });
  next.addEventListener("keydown", (event) => {
    if (event.key === "Tab" && !event.shiftKey && next.value.trim()) {
      event.preventDefault();
      add();
    }
  });
  form.querySelector("[data-scan-clear]").addEventListener("click", (event) => {
    event.preventDefault();
    keep([]);
    next.focus();
  });
  // A scanner types wherever the focus is; what no field takes goes to ours.
  document.addEventListener("keydown", (event) => {
    if (event.key.length !== 1 || event.key === "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (/^(INPUT|TEXTAREA|SELECT|BUTTON|SUMMARY|A)$/.test(document.activeElement?.tagName ?? "")) return;
    next.focus();
  });

  let before = null;
  try {
    before = sessionStorage.getItem(key);
  } catch {
    // as above
  }
  if (before && !list.value.trim()) {
    list.value = before;
    check();
  }
}

async function ask(form) {
  const words = document.body.dataset;
  const said = document.getElementById("scan-said");
  const data = new URLSearchParams(new FormData(form));
  data.delete("scan");
  let response;
  try {
    response = await fetch(form.action, { method: "POST", body: data, headers: { "Shelfwire-Part": "1" } });
  } catch {
    said.textContent = words.sayFailed;
    return;
  }
  if (response.status === 401) location.reload();
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  const part = fresh.querySelector('[data-part="answer"]');
  if (!response.ok || !part) {
    said.textContent = fresh.querySelector("main p")?.textContent ?? words.sayFailed;
    return;
  }
  document.querySelector('[data-part="answer"]').replaceWith(document.importNode(part, true));
  said.textContent = part.querySelector("[data-said]")?.textContent.trim() ?? "";
}
