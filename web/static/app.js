// Starts what the page needs. Every page works without this file; with it, changes appear by themselves.
import { startLive } from "./live.js";
import { startActs } from "./acts.js";
import { startPlan } from "./plan.js";
import { startScan } from "./scan.js";

document.documentElement.classList.add("script");
const plan = startPlan();
const refresh = startLive(plan);
startActs(refresh);
startScan();

for (const form of document.querySelectorAll("form[data-auto]")) {
  form.addEventListener("change", () => form.requestSubmit());
}

const menu = document.getElementById("menu");
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && menu?.open) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
  if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? "")) {
    event.preventDefault();
    (document.getElementById("q") ?? document.getElementById("quick"))?.focus();
  }
});
