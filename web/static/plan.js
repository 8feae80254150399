// The floor plan: zoom, and the states of the bays after a change.

const ZOOMS = [1, 1.5, 2.25, 3.5, 5];
const SMALLEST_PX = 44;

export function startPlan() {
  const plan = document.getElementById("plan");
  if (!plan) return async () => {};
  const scroll = document.getElementById("plan-scroll");
  let zoom = 0;
  let whole = plan.getBoundingClientRect();

  const set = (wanted) => {
    const before = zoom;
    zoom = Math.max(0, Math.min(ZOOMS.length - 1, wanted));
    const x = (scroll.scrollLeft + scroll.clientWidth / 2) / scroll.scrollWidth;
    const y = (scroll.scrollTop + scroll.clientHeight / 2) / scroll.scrollHeight;
    if (before === 0) whole = plan.getBoundingClientRect();
    plan.style.maxHeight = zoom === 0 ? "" : "none";
    plan.style.width = zoom === 0 ? "" : `${Math.round(whole.width * ZOOMS[zoom])}px`;
    plan.style.height = zoom === 0 ? "" : `${Math.round(whole.height * ZOOMS[zoom])}px`;
    if (before !== zoom) {
      scroll.scrollLeft = x * scroll.scrollWidth - scroll.clientWidth / 2;
      scroll.scrollTop = y * scroll.scrollHeight - scroll.clientHeight / 2;
    }
    for (const button of document.querySelectorAll("[data-zoom]")) {
      const next = zoom + Number(button.dataset.zoom);
      button.disabled = next < 0 || next >= ZOOMS.length;
    }
  };
  for (const button of document.querySelectorAll("[data-zoom]")) {
    button.addEventListener("click", () => set(zoom + Number(button.dataset.zoom)));
  }
  // A finger needs 44 px: on a large floor the first tap goes nearer, the next one opens the bay.
  plan.addEventListener("click", (event) => {
    const target = event.target.closest?.(".bay")?.querySelector(".bay-target");
    if (!target || event.pointerType !== "touch" || zoom === ZOOMS.length - 1) return;
    const size = target.getBoundingClientRect();
    if (Math.min(size.width, size.height) >= SMALLEST_PX) return;
    event.preventDefault();
    const wanted = ZOOMS.findIndex((each) => (Math.min(size.width, size.height) * each) / ZOOMS[zoom] >= SMALLEST_PX);
    set(wanted < 0 ? ZOOMS.length - 1 : wanted);
    target.scrollIntoView({ block: "center", inline: "center" });
  });
  set(0);
  plan.querySelector(".bay.marked")?.scrollIntoView({ block: "center", inline: "center" });

  const address = document.getElementById("content").dataset.plan;
  let tag = null;
  return async () => {
    const response = await fetch(address, { headers: tag ? { "If-None-Match": tag } : {}, cache: "no-store" });
    if (response.status === 401) location.reload();
    if (response.status === 304 || !response.ok) return;
    tag = response.headers.get("ETag");
    show(await response.json());
  };
}

function show(now) {
  for (const [id, [state, findings, words]] of Object.entries(now.bays)) {
    const bay = document.getElementById(`bay-${id}`);
    if (!bay) continue;
    const marked = bay.classList.contains("marked") ? " marked" : "";
    const look = `bay is-${state}${marked}`;
    if (bay.getAttribute("class") !== look) bay.setAttribute("class", look);
    if (bay.getAttribute("aria-label") !== words) bay.setAttribute("aria-label", words);
    const badge = document.querySelector(`[data-badge="${CSS.escape(id)}"]`);
    if (badge) {
      badge.classList.toggle("none", findings === 0);
      badge.querySelector("text").textContent = String(Math.min(findings, 99));
    }
  }
  for (const [id, findings] of Object.entries(now.tabs)) {
    const tab = document.querySelector(`[data-tab="${CSS.escape(id)}"]`);
    if (!tab) continue;
    tab.hidden = findings === 0;
    tab.querySelector(".number").textContent = String(findings);
  }
  const side = document.getElementById("map-side");
  if (side.dataset.text !== now.side) {
    side.dataset.text = now.side;
    const focused = side.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    side.innerHTML = now.side; // our own template, escaped on the server
    if (focused) side.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}
