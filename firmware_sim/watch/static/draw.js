// The boards of a bay, truth beside belief. Lengths in millimetres of the board; heights are drawn at half, so that five boards fit a screen.

const SVG = "http://www.w3.org/2000/svg";
const TALL = 0.5;
const HEAD = 44;
const ROW = 158;
const EDGE = 12;
const SIGN = 1.7;
const BOARD = 8;
const FULL = HEAD + ROW + BOARD;

// A shape for each look that wants a person, drawn around (0, 0) and 20 units wide: colour is never alone.
const SHAPES = {
  wrong: "M0-11 11 0 0 11-11 0z",
  lent: "M0-11 11 9H-11z",
  strange: "M-10-10H10V10H-10z",
  missing: "M-11-10H11L0 11z",
  drift: "M-8 3 0-6 8 3",
};
const MARKS = { wrong: "!", lent: "!", strange: "?", missing: "×" };
const GHOSTS = new Set(["away", "missing", "never"]);

export function makeBoards(root, words) {
  const rows = new Map();
  return {
    show(bay, lit) {
      const ids = bay.boards.map((board) => board.id);
      if ([...rows.keys()].join() !== ids.join()) {
        for (const row of rows.values()) row.element.remove();
        rows.clear();
        for (const board of bay.boards) {
          const row = makeRow(board, root.dataset, words);
          rows.set(board.id, row);
          root.append(row.element);
        }
      }
      for (const board of bay.boards) rows.get(board.id).show(board);
      this.light(lit);
    },
    light(tag, hovered = null) {
      for (const each of root.querySelectorAll(".lit, .hovered")) each.classList.remove("lit", "hovered");
      root.classList.toggle("has-lit", tag !== null && root.querySelector(`[data-tag="${tag}"]`) !== null);
      if (tag !== null) for (const each of root.querySelectorAll(`[data-tag="${tag}"]`)) each.classList.add("lit");
      if (hovered !== null) for (const each of root.querySelectorAll(`[data-tag="${hovered}"]`)) each.classList.add("hovered");
    },
  };
}

function makeRow(board, data, words) {
  const element = node("div", "pair");
  const name = node("p", "pair-name");
  const id = node("span", "code");
  id.textContent = `S${board.number}`;
  const facts = node("span", "pair-facts soft");
  name.append(id, facts);
  const left = makeSide(board, "true", data.truth, words);
  const right = makeSide(board, "believed", data.belief, words);
  element.append(name, left.element, right.element);
  return {
    element,
    show(now) {
      left.show(now.true, now.words, now.deaf ? data.deaf : "", "deaf");
      right.show(now.believed, now.words, now.state === "stale" ? now.state_word : "", "stale");
      element.classList.toggle("is-stale", now.state === "stale");
      element.classList.toggle("is-deaf", now.deaf);
      element.classList.toggle("is-apart", now.apart.length > 0);
      facts.textContent = `${now.true_count} · ${now.apart_words}`;
    },
  };
}

function makeSide(board, side, title, words) {
  const element = node("div", `side-${side}`);
  const label = node("span", "side-name");
  label.textContent = title;
  const note = node("span", "side-note");
  const svg = shape("svg", { class: "books", viewBox: `${-EDGE} 0 ${board.wide + 2 * EDGE} ${FULL}`, role: "img", preserveAspectRatio: "xMidYMax meet" });
  svg.dataset.side = side;
  svg.append(shape("rect", { class: "back", x: -EDGE, y: 0, width: board.wide + 2 * EDGE, height: FULL - BOARD, rx: 4 }));
  svg.append(shape("rect", { class: "plank", x: -EDGE, y: FULL - BOARD, width: board.wide + 2 * EDGE, height: BOARD, rx: 2 }));
  const books = shape("g", {});
  svg.append(books);
  element.append(label, svg, note);
  const known = new Map();
  let stray = 0;
  return {
    element,
    show(spines, about, said, kind) {
      svg.setAttribute("aria-label", `${title}. ${about}`);
      note.textContent = said;
      note.className = said ? `side-note is-${kind}` : "side-note";
      const seen = new Set();
      stray = 0;
      for (const one of spines) {
        const key = one.tag >= 0 ? one.tag : `u${stray++}`;
        seen.add(key);
        let book = known.get(key);
        if (!book) {
          book = shape("g", {});
          known.set(key, book);
          books.append(book);
        }
        drawSpine(book, one, spines, side, words);
      }
      for (const [key, book] of known) {
        if (seen.has(key)) continue;
        book.remove();
        known.delete(key);
      }
    },
  };
}

function drawSpine(book, one, all, side, words) {
  const text = JSON.stringify(one);
  if (book.dataset.drawn === text && !one.lying) return;
  book.dataset.drawn = text;
  const lit = [...book.classList].filter((name) => name === "lit" || name === "hovered");
  book.setAttribute("class", ["book", `look-${one.look}`, one.lying ? "is-lying" : "", ...lit].join(" "));
  book.dataset.tag = one.tag;
  const high = one.lying ? one.high : one.high * TALL;
  const base = FULL - BOARD - (one.lying ? under(one, all) : 0);
  const top = Math.max(12, base - high);
  book.style.transform = `translate(${one.x}px, 0)`;
  const ghost = GHOSTS.has(one.look);
  const parts = [];
  const rect = shape("rect", { class: ghost ? "spine ghost" : `spine s${one.colour}`, x: 0, y: top, width: one.wide, height: base - top, rx: 2.5 });
  if (side === "believed" && !ghost) rect.style.opacity = (0.2 + 0.8 * (one.sure / 100)).toFixed(2);
  parts.push(rect);
  if (!ghost && !one.lying && one.wide >= 12) {
    for (const [at, size] of [[0.14, 3], [0.2, 1.5], [0.84, 2]]) {
      parts.push(shape("rect", { class: "band", x: 1, y: top + (base - top) * at, width: one.wide - 2, height: size }));
    }
  }
  if (one.look === "wrong" || one.look === "strange") parts.push(shape("rect", { class: "over", x: 0, y: top, width: one.wide, height: base - top, rx: 2.5 }));
  if (SHAPES[one.look]) parts.push(mark(one.look, one.wide / 2, Math.max(22, top - 22)));
  const title = shape("title", {});
  title.textContent = words[one.look] + (side === "believed" && one.sure ? ` · ${one.sure} %` : "");
  book.replaceChildren(title, ...parts);
}

function under(lying, all) {
  let high = 0;
  for (const one of all) {
    if (one.lying || one.x > lying.x + lying.wide || one.x + one.wide < lying.x) continue;
    high = Math.max(high, one.high * TALL);
  }
  return high;
}

function mark(look, x, y) {
  const sign = shape("g", { class: `sign sign-${look}`, transform: `translate(${x} ${y}) scale(${SIGN})` });
  sign.append(shape("path", { d: SHAPES[look] }));
  if (MARKS[look]) {
    const text = shape("text", { x: 0, y: look === "lent" ? 7 : look === "missing" ? 3 : 5 });
    text.textContent = MARKS[look];
    sign.append(text);
  }
  return sign;
}

// The legend shows each look as the boards do.
export function drawLegend() {
  for (const svg of document.querySelectorAll(".look-swatch[data-look]")) {
    const look = svg.dataset.look;
    const ghost = GHOSTS.has(look);
    const group = shape("g", { class: `book look-${look}` });
    if (look === "lying") {
      group.append(shape("rect", { class: "spine s2", x: 4, y: 20, width: 8, height: 20 }), shape("rect", { class: "spine s1", x: 14, y: 20, width: 8, height: 20 }), shape("rect", { class: "spine s3", x: 2, y: 11, width: 28, height: 8 }));
    } else {
      group.append(shape("rect", { class: ghost ? "spine ghost" : "spine s0", x: 10, y: 18, width: 14, height: 22, rx: 2 }));
      if (look === "wrong" || look === "strange") group.append(shape("rect", { class: "over", x: 10, y: 18, width: 14, height: 22, rx: 2 }));
      if (SHAPES[look]) {
        const sign = mark(look, 17, 9);
        sign.setAttribute("transform", "translate(17 9) scale(0.75)");
        group.append(sign);
      }
    }
    svg.append(group);
  }
}

// The book nearest to a point of a board, so that thin ones can be hit with a finger.
export function nearest(svg, clientX) {
  const box = svg.getBoundingClientRect();
  const { x: left, width: wide } = svg.viewBox.baseVal;
  const x = left + ((clientX - box.left) / box.width) * wide;
  let best = null;
  let far = Infinity;
  for (const book of svg.querySelectorAll(".book")) {
    const rect = book.querySelector(".spine");
    const from = Number(/translate\(([-\d.]+)px/.exec(book.style.transform)?.[1] ?? 0);
    const to = from + Number(rect.getAttribute("width"));
    const away = x < from ? from - x : x > to ? x - to : 0;
    if (away < far || (away === far && book.classList.contains("is-lying"))) {
      far = away;
      best = book;
    }
  }
  return best && far < 40 && Number(best.dataset.tag) >= 0 ? Number(best.dataset.tag) : null;
}

function node(name, look) {
  const made = document.createElement(name);
  made.className = look;
  return made;
}

function shape(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
