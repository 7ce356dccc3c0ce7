// The page: draws a trial's charts when it is opened, and redraws them for another theme or for paper.

const timelines = new Map();
const tip = document.getElementById("tip");
const PRINT_PX = 700;

function hideTip() {
  tip.hidden = true;
}

function showTip(u, entries) {
  tip.replaceChildren(...entries.map(({ title, when, detail }) => {
    const entry = element("div");
    entry.append(element("b", "", title), " ", element("span", "when", when));
    if (detail) entry.append(element("div", "", detail));
    return entry;
  }));
  tip.hidden = false;
  const box = u.over.getBoundingClientRect(), x = box.left + u.cursor.left, y = box.top + u.cursor.top;
  const left = x + 16 + tip.offsetWidth > window.innerWidth - 8 ? x - 16 - tip.offsetWidth : x + 16;
  tip.style.left = Math.max(8, left) + "px";
  tip.style.top = Math.max(8, Math.min(y + 16, window.innerHeight - tip.offsetHeight - 8)) + "px";
}

function draw(trial) {
  if (timelines.has(trial)) return;
  unfold(trial);
  const card = trial.querySelector(".timeline-card");
  if (!card) return;  // a static check has no timeline
  timelines.set(trial, new Timeline(card, JSON.parse(card.querySelector(".data").textContent)));
}

function reveal() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (!target || target.tagName !== "DETAILS") return;
  for (let each = target; each; each = each.parentElement.closest("details")) each.open = true;
  target.scrollIntoView();
}

function rebuildAll(width) {
  for (const timeline of timelines.values()) {
    timeline.printing = width !== undefined;
    timeline.build(width);
  }
}

document.querySelectorAll("details.trial").forEach((trial) => {
  trial.addEventListener("toggle", () => trial.open && draw(trial));
});
document.querySelectorAll("article.trial, details.trial[open]").forEach(draw);
window.addEventListener("hashchange", reveal);
document.querySelectorAll('a[href^="#trial-"]').forEach((link) => link.addEventListener("click", () => setTimeout(reveal)));
reveal();

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const code = button.parentElement.querySelector("code");
  const done = () => { button.textContent = "Copied"; };
  const select = () => { getSelection().selectAllChildren(code); };
  if (navigator.clipboard) navigator.clipboard.writeText(code.textContent).then(done, select);
  else select();
});

window.addEventListener("scroll", hideTip, { passive: true });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => rebuildAll());
window.addEventListener("beforeprint", () => {
  document.documentElement.dataset.print = "yes";
  rebuildAll(PRINT_PX);
});
window.addEventListener("afterprint", () => {
  delete document.documentElement.dataset.print;
  rebuildAll();
});
