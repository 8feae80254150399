// Answers from the shelf that found no network: kept on the tablet, and handed in when it is back. The id is the act's own,
// so one that did arrive after all counts once.

const PLACE = "shelfwire-acts";
const MOST = 200; // a day's walk of one person; older answers are about findings that others have settled
const AGAIN_MS = 15000;

export function keep(act) {
  const kept = all();
  if (kept.length >= MOST) return false;
  try {
    localStorage.setItem(PLACE, JSON.stringify([...kept, { act, to: document.body.dataset.acts }]));
    return true;
  } catch {
    return false;
  }
}

export function startKept(send, sent) {
  let busy = false;
  const again = async () => {
    if (busy || !navigator.onLine || all().length === 0) return;
    busy = true;
    let count = 0;
    try {
      for (const one of all()) {
        const response = await send(one.act, one.to);
        // Not logged in, or too much at once: later. Everything else is an answer, also a refusal.
        if ([401, 403, 429].includes(response.status) || response.status >= 500) break;
        drop(one.act.id);
        count += 1;
      }
    } catch {
      // still no network
    } finally {
      busy = false;
    }
    if (count) sent(count);
  };
  addEventListener("online", again);
  setInterval(again, AGAIN_MS);
  again();
}

function all() {
  try {
    const kept = JSON.parse(localStorage.getItem(PLACE) ?? "[]");
    return Array.isArray(kept) ? kept : [];
  } catch {
    return [];
  }
}

function drop(id) {
  try {
    localStorage.setItem(PLACE, JSON.stringify(all().filter((one) => one.act.id !== id)));
  } catch {
    // a tablet without storage has kept nothing
  }
}
