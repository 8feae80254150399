// Everything beside the boards: book, score, ticker, what was done, plan. Built from plain data; texts only, never markup.

const shown = new Map();

// Rebuild a part only when its data changed, and keep the focus where it was.
function fresh(id, data, build) {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  const root = document.getElementById(id);
  const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  root.replaceChildren(...build(root));
  if (key) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

export function el(name, look, ...inner) {
  const made = document.createElement(name);
  if (look) made.className = look;
  made.append(...inner.filter((each) => each !== null && each !== undefined));
  return made;
}

export function showBook(book) {
  const section = document.getElementById("book");
  section.classList.toggle("has-book", book !== null);
  for (const button of section.querySelectorAll("[data-book-step], #book-close")) button.disabled = book === null && button.id === "book-close";
  fresh("book-body", book, (root) => {
    if (book === null) return [el("p", "soft", root.dataset.none)];
    const belief = book.belief;
    const note = el("p", belief.good === null ? "verdict" : belief.good ? "verdict good" : "verdict bad", belief.note);
    const truth = el("div", "half", el("h3", "", root.dataset.truth), rows(book.truth));
    const bars = el("ul", "bars");
    for (const [name, chance, id] of belief.candidates) {
      const bar = el("span", "bar");
      const fill = el("span", "fill");
      fill.style.width = `${chance}%`;
      bar.append(fill);
      bars.append(el("li", id === "away" ? "is-away" : "", el("span", id === "away" ? "" : "code", name), bar, el("span", "num", `${chance} %`)));
    }
    const half = el("div", "half", el("h3", "", root.dataset.belief), note);
    if (belief.candidates.length) half.append(bars);
    if (belief.sentence) half.append(el("p", "why-box", belief.sentence));
    half.append(rows(belief.rows));
    if (belief.witnesses?.length) half.append(el("ul", "witnesses soft", ...belief.witnesses.map((line) => el("li", "", line))));
    return [el("p", "book-title", book.title), el("p", "soft small breakable", book.sub), truth, half];
  });
}

function rows(pairs) {
  const list = el("dl", "facts-list");
  for (const [name, value] of pairs) list.append(el("dt", "", name), el("dd", "breakable", value));
  return list;
}

export function showScore(score) {
  fresh("score", score, (root) => {
    const words = root.dataset;
    return score.map((one) => {
      const list = el("dl", "measures");
      const add = (name, value, share, look) => {
        const bar = el("span", `bar ${look}`);
        const fill = el("span", "fill");
        fill.style.width = `${share ?? 0}%`;
        bar.append(fill);
        list.append(el("dt", "", name), el("dd", "", el("strong", "", value), bar));
      };
      const [precision, right, called] = one.precision;
      add(words.precision, called ? `${right} / ${called}` : "–", precision, "");
      const [recall, found, all] = one.recall;
      add(words.recall, all ? `${found} / ${all}` : "–", recall, "");
      add(words.places, one.places[0] === null ? "–" : `${one.places[0]} %`, one.places[0], "");
      const [wrong, missing] = one.false_missing;
      add(words.false, `${wrong} / ${missing}`, missing ? (100 * wrong) / missing : 0, "bad");
      return el("li", one.hub ? "subject is-hub" : "subject", el("h3", "", one.name), list);
    });
  });
}

export function showTicker(lines, go) {
  fresh("ticker", lines, (root) => {
    if (!lines.length) return [el("li", "soft", root.dataset.none)];
    return lines.map((line) => {
      const button = el("button", "tick", el("span", "when", line.clock), el("span", "what", line.text));
      button.type = "button";
      button.dataset.key = `tick-${line.number}-${line.sort}`;
      const tags = [];
      if (line.closed_word) tags.push(el("span", "tag closed", line.closed_word));
      if (line.verdict) tags.push(el("span", `tag verdict-${line.verdict}`, line.verdict_word));
      if (tags.length) button.append(el("span", "tags", ...tags));
      button.addEventListener("click", () => go(line.bay, line.tag));
      return el("li", `is-${line.sort}`, button);
    });
  });
}

export function showDone(done, undo, go) {
  fresh("done", done, (root) => {
    if (!done.length) return [el("li", "soft", root.dataset.none)];
    return done.map((one) => {
      const item = el("li", one.over ? "press-line over" : "press-line", el("p", "", el("strong", "", one.did)), el("p", "soft small", one.see));
      if (one.over) {
        item.append(el("span", "tag", root.dataset.over));
      } else {
        const button = el("button", "button", root.dataset.back);
        button.type = "button";
        button.dataset.key = `undo-${one.number}`;
        button.setAttribute("aria-label", `${root.dataset.back}: ${one.did}`);
        button.addEventListener("click", () => undo(one.number));
        item.append(button);
      }
      return item;
    });
  });
}

export function showApart(apart, choose) {
  fresh("apart", apart, (root) => {
    if (!apart.length) return [el("li", "calm", root.dataset.none)];
    return apart.map((one) => {
      const button = el("button", "row apart-row", el("span", "row-main", el("strong", "", one.title), el("span", "code", one.words)));
      button.type = "button";
      button.dataset.key = `apart-${one.tag}`;
      button.addEventListener("click", () => choose(one.tag));
      return el("li", "", button);
    });
  });
}

export function showMap(map, chosen) {
  for (const [id, [state, findings, words, somebody]] of Object.entries(map)) {
    const bay = document.querySelector(`.bay[data-bay="${CSS.escape(id)}"]`);
    if (!bay) continue;
    const look = `bay is-${state}${id === chosen ? " marked" : ""}`;
    if (bay.getAttribute("class") !== look) bay.setAttribute("class", look);
    if (bay.getAttribute("aria-label") !== words) bay.setAttribute("aria-label", words);
    if (id === chosen) bay.setAttribute("aria-current", "true");
    else bay.removeAttribute("aria-current");
    const badge = document.querySelector(`[data-badge="${CSS.escape(id)}"]`);
    document.querySelector(`[data-person="${CSS.escape(id)}"]`).classList.toggle("on", somebody);
    badge.classList.toggle("none", findings === 0);
    badge.querySelector("text").textContent = String(Math.min(findings, 99));
    document.querySelector(`[data-ring="${CSS.escape(id)}"]`).classList.toggle("on", id === chosen);
  }
}
