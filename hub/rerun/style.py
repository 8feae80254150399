"""The look of a rerun's page: one style sheet and a few lines of script, so that a page is one file that can be sent. Pure text."""

from __future__ import annotations

from typing import Final

_LIGHT: Final = """
  color-scheme: light; --paper: #f5f3ee; --card: #fffefb; --sunk: #ebe7de; --ink: #1c2a2e; --soft: #516166; --line: #d8d3c7;
  --accent: #0f5d63; --bad: #a8380b; --really: #516166; --today: #0f6c73; --other: #b4480f;
"""
_DARK: Final = """
  color-scheme: dark; --paper: #11191b; --card: #192326; --sunk: #0d1416; --ink: #e8edeb; --soft: #a6b4b5; --line: #2f3c40;
  --accent: #74cbc6; --bad: #ff9d6b; --really: #a6b4b5; --today: #74cbc6; --other: #ff9d6b;
"""

STYLE: Final = (
    f":root {{{_LIGHT}}}\n"
    f':root[data-theme="dark"] {{{_DARK}}}\n'
    f'@media (prefers-color-scheme: dark) {{ :root:not([data-theme="light"]) {{{_DARK}}} }}\n'
    """
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5; font-size: 16px;
  font-family: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", "Source Han Sans SC", sans-serif;
}
header, main, footer { max-width: 1000px; margin: 0 auto; padding: 0 16px; }
header { padding-top: 28px; }
h1 { font-size: clamp(1.5rem, 4.5vw, 2.1rem); line-height: 1.15; margin: 12px 0 6px; }
h2 { font-size: 1.25rem; margin: 36px 0 6px; }
h3 { font-size: 1rem; margin: 18px 0 4px; }
p { margin: 6px 0 10px; max-width: 74ch; }
.soft { color: var(--soft); font-size: 0.92rem; }
.bad { color: var(--bad); overflow-wrap: anywhere; }
.bar { display: flex; gap: 10px; align-items: center; font-weight: 650; color: var(--accent); }
.bar .space { flex: 1; }
button {
  font: inherit; font-size: 0.86rem; min-height: 44px; min-width: 48px; padding: 4px 12px; cursor: pointer; color: var(--ink);
  background: var(--card); border: 1px solid var(--line); border-radius: 10px;
}
button:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 14px 16px; margin: 12px 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.92rem; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: 7px 9px; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: var(--card); padding-left: 0; }
thead th { color: var(--soft); font-size: 0.84rem; font-weight: 600; white-space: normal; word-break: keep-all; vertical-align: bottom; }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { font-weight: 550; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 0.88rem; list-style: none; margin: 6px 0; padding: 0; }
.legend i { display: inline-block; width: 26px; height: 8px; border-radius: 3px; margin-right: 6px; }
.one { border-top: 1px solid var(--line); padding: 9px 0 7px; }
.one b { overflow-wrap: anywhere; }
.one small { color: var(--soft); display: block; overflow-wrap: anywhere; }
.line { width: 100%; height: 33px; display: block; background: var(--sunk); border-radius: 6px; margin-top: 5px; }
.axis { display: flex; justify-content: space-between; color: var(--soft); font-size: 0.8rem; font-variant-numeric: tabular-nums; }
.really { fill: var(--really); background: var(--really); }
.today { fill: var(--today); background: var(--today); }
.other { fill: var(--other); background: var(--other); }
.begin { stroke: var(--ink); stroke-width: 1; stroke-dasharray: 3 3; vector-effect: non-scaling-stroke; }
ul.plain { padding-left: 20px; color: var(--soft); font-size: 0.92rem; overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 0.86rem; padding: 24px 16px 46px; }
html[data-lang="en"] body [lang="zh"], html[data-lang="zh"] body [lang="en"] { display: none; }
@media print { button { display: none; } .one, .card { break-inside: avoid; } }
"""
)

SCRIPT: Final = """
const root = document.documentElement;
const speak = (lang) => { root.dataset.lang = lang; root.lang = lang; };
speak(navigator.language.startsWith("zh") ? "zh" : "en");
addEventListener("click", (event) => {
  const button = event.target.closest("button[data-does]");
  if (!button) return;
  if (button.dataset.does === "lang") return speak(root.dataset.lang === "zh" ? "en" : "zh");
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});
"""
