"""The look of a report: one style sheet and a few lines of script, so that a page is one file that can be sent. Pure text."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = """
  color-scheme: light; --paper: #f5f3ee; --card: #fffefb; --sunk: #ebe7de; --ink: #1c2a2e; --soft: #516166; --line: #d8d3c7;
  --accent: #0f5d63; --accent-wash: #dcebea; --good: #2a6547; --good-wash: #d9eadf; --bad: #a8380b; --bad-wash: #fbe7db;
  --c0: #0f6c73; --c1: #b4480f; --c2: #544f8f; --c3: #86690a; --c4: #3d7a3a; --c5: #8c3a6b;
  --shade: 0 1px 2px rgb(28 42 46 / 0.07), 0 6px 18px rgb(28 42 46 / 0.05);
"""
_DARK: Final = """
  color-scheme: dark; --paper: #11191b; --card: #192326; --sunk: #0d1416; --ink: #e8edeb; --soft: #a6b4b5; --line: #2f3c40;
  --accent: #74cbc6; --accent-wash: #173638; --good: #8ed1ab; --good-wash: #1b3629; --bad: #ff9d6b; --bad-wash: #40241a;
  --c0: #74cbc6; --c1: #ff9d6b; --c2: #b8b4ef; --c3: #e2c25a; --c4: #9bd48f; --c5: #ec9ccb;
  --shade: 0 1px 2px rgb(0 0 0 / 0.3);
"""

STYLE: Final = (
    f":root {{{_LIGHT}}}\n"
    f':root[data-theme="dark"] {{{_DARK}}}\n'
    f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{{_DARK}}} }}\n'
    """
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", sans-serif;
}
main, header.top, footer { max-width: 1120px; margin: 0 auto; padding: 0 20px; }
header.top { padding-top: 34px; }
h1 { font-size: clamp(1.6rem, 4.5vw, 2.3rem); line-height: 1.15; margin: 0 0 6px; letter-spacing: -0.015em; text-wrap: balance; }
h2 { font-size: 1.35rem; margin: 44px 0 6px; letter-spacing: -0.01em; scroll-margin-top: 12px; }
h3 { font-size: 1.02rem; margin: 0 0 4px; }
p { margin: 6px 0 12px; max-width: 74ch; }
a { color: var(--accent); }
.soft, .facts, figcaption { color: var(--soft); }
.facts { font-size: 0.9rem; margin: 0 0 14px; }
.brand { display: flex; align-items: center; gap: 10px; font-weight: 650; color: var(--accent); margin-bottom: 18px; flex-wrap: wrap; }
.brand .space { flex: 1; }
.brand button {
  font: inherit; font-size: 0.86rem; font-weight: 500; min-height: 40px; min-width: 48px; padding: 4px 12px; cursor: pointer;
  color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
.brand button:hover { border-color: var(--accent); }
.brand button:focus-visible, a:focus-visible, summary:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; box-shadow: var(--shade); padding: 18px; margin: 14px 0; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 400px), 1fr)); gap: 14px; }
.grid2 > .card { margin: 0; min-width: 0; }
.scroll {
  overflow-x: auto; position: relative;
  background: linear-gradient(to left, var(--card) 50%, transparent) right / 40px 100% no-repeat local,
    linear-gradient(to left, color-mix(in srgb, var(--ink) 16%, transparent), transparent) right / 12px 100% no-repeat scroll;
}
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 10px; border-bottom: 1px solid var(--line); vertical-align: top; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 12ch; position: sticky; left: 0; background: var(--card); }
td:last-child, th:last-child { padding-right: 2px; }
tr.group th { padding-top: 18px; border-bottom: 1px solid var(--soft); font-weight: 650; }
tr.group span { position: sticky; left: 0; }
tr.group small { font-weight: 400; color: var(--soft); font-size: 0.84rem; padding-left: 6px; white-space: nowrap; }
thead th { font-weight: 600; color: var(--soft); font-size: 0.84rem; border-bottom: 1.5px solid var(--soft); vertical-align: bottom; }
tbody tr:last-child td, tbody tr:last-child th { border-bottom: 0; }
tbody th { font-weight: 500; }
td small { display: block; color: var(--soft); font-size: 0.78rem; }
td.hub { font-weight: 620; }
td.hub small { font-weight: 400; }
.chip { display: inline-block; padding: 1px 9px; border-radius: 99px; font-size: 0.8rem; font-weight: 600; white-space: nowrap; }
.chip.yes { background: var(--good-wash); color: var(--good); }
.chip.no { background: var(--bad-wash); color: var(--bad); }
.chip.told { background: var(--sunk); color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 18px 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 14px 16px; box-shadow: var(--shade); }
.tile b { display: block; font-size: 1.55rem; line-height: 1.2; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.tile span { color: var(--soft); font-size: 0.86rem; }
figure { margin: 0; }
figcaption { font-size: 0.86rem; margin-top: 4px; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 0.88rem; margin: 4px 0 10px; padding: 0; list-style: none; }
.legend li { display: flex; align-items: center; gap: 7px; }
.key { width: 34px; height: 12px; }
.plot { width: 100%; height: auto; display: block; overflow: visible; }
.plot text { font-size: 12px; fill: var(--soft); font-family: inherit; }
.plot .label { fill: var(--ink); font-weight: 600; }
.plot .grid { stroke: var(--line); stroke-width: 1; fill: none; }
.plot .axis { stroke: var(--soft); stroke-width: 1; fill: none; }
.plot .ideal { stroke: var(--soft); stroke-width: 1.2; stroke-dasharray: 3 4; fill: none; }
.line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
.whisker { stroke-width: 2; opacity: 0.65; fill: none; stroke-linecap: round; }
.mark { stroke: var(--card); stroke-width: 1.2; }
.band { opacity: 0.13; stroke: none; }
.s0 { stroke: var(--c0); } .s1 { stroke: var(--c1); } .s2 { stroke: var(--c2); } .s3 { stroke: var(--c3); } .s4 { stroke: var(--c4); } .s5 { stroke: var(--c5); }
.mark.s0, .band.s0 { fill: var(--c0); } .mark.s1, .band.s1 { fill: var(--c1); } .mark.s2, .band.s2 { fill: var(--c2); }
.mark.s3, .band.s3 { fill: var(--c3); } .mark.s4, .band.s4 { fill: var(--c4); } .mark.s5, .band.s5 { fill: var(--c5); }
.mark.s0, .mark.s1, .mark.s2, .mark.s3, .mark.s4, .mark.s5 { stroke: var(--card); }
.mark.s4 { stroke: var(--c4); stroke-width: 2; }
nav.toc { display: flex; flex-wrap: wrap; gap: 6px; margin: 14px 0 0; padding: 0; }
nav.toc a { text-decoration: none; font-size: 0.88rem; padding: 5px 11px; border-radius: 99px; background: var(--accent-wash); color: var(--accent); }
nav.toc a:hover { text-decoration: underline; }
details { margin-top: 10px; }
summary { cursor: pointer; color: var(--accent); font-size: 0.92rem; padding: 6px 0; }
details ul { margin: 4px 0 0; padding-left: 20px; font-size: 0.88rem; color: var(--soft); overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 0.86rem; padding: 30px 20px 50px; overflow-wrap: anywhere; }
html[data-lang="en"] body [lang="zh"], html[data-lang="zh"] body [lang="en"] { display: none; }
@media (max-width: 640px) {
  main, header.top, footer { padding-left: 14px; padding-right: 14px; }
  .card { padding: 14px; }
  .plot text { font-size: 16px; } .plot .tick { font-size: 14px; }
  th, td { padding: 6px 8px; }
}
@media print { .brand button, nav.toc { display: none; } .card { break-inside: avoid; box-shadow: none; } body { background: #fff; } }
"""
)

SCRIPT: Final = """
const root = document.documentElement;
const say = (name, value) => { root.dataset[name] = value; try { localStorage.setItem("shelfwire-score-" + name, value); } catch (e) {} };
const said = (name) => { try { return localStorage.getItem("shelfwire-score-" + name); } catch (e) { return null; } };
const speak = (lang) => { root.dataset.lang = lang; root.lang = lang; };
speak(said("lang") || (navigator.language.startsWith("zh") ? "zh" : "en"));
if (said("theme")) root.dataset.theme = said("theme");
addEventListener("click", (event) => {
  const button = event.target.closest("button[data-does]");
  if (!button) return;
  if (button.dataset.does === "lang") { say("lang", root.dataset.lang === "zh" ? "en" : "zh"); speak(root.dataset.lang); }
  else {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    say("theme", dark ? "light" : "dark");
  }
});
"""
