"use strict";
// The list of runs: searched, sorted, two of them chosen.

let listed = [];
const chosen = new Set();

function fitting() {
  const asked = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const outcome = document.getElementById("outcome").value;
  const text = (run) => [run.run, run.label, run.title, run.deployment, run.engine, run.state, run.ack, run.fingerprint, run.problem, ...run.reasons].join(" ").toLowerCase();
  const found = listed.filter((run) => (!outcome || run.state === outcome) && asked.every((word) => text(run).includes(word)));
  const sorts = { failover: (run) => run.failover_ms ?? -1, lost: (run) => run.lost ?? -1 }, value = sorts[document.getElementById("sort").value];
  return value ? [...found].sort((a, b) => value(b) - value(a)) : found;
}

function show() {
  const found = fitting();
  document.getElementById("rows").replaceChildren(...found.map(row));
  document.getElementById("count").textContent = `${found.length} of ${listed.length}`;
  const nothing = document.getElementById("nothing");
  nothing.hidden = found.length > 0;
  nothing.textContent = listed.length ? "No run fits." : "No run is there yet: jsquared run --suite quick, or save a session of the lab.";
}

function row(run) {
  const made = element("tr"), box = element("input"), choose = cell("", "Compare"), mark = element("span"), outcome = cell("", "Outcome"), name = cell("", "Scenario");
  box.type = "checkbox";
  box.checked = chosen.has(run.run);
  box.setAttribute("aria-label", `Compare ${run.run}`);
  box.addEventListener("change", () => choice(run.run, box));
  choose.append(box);
  badge(mark, run.state);
  outcome.append(mark);
  name.append(link(run.label || run.run, "run", run.run), element("span", "reason", run.problem || (run.state === "pass" ? "" : run.reasons[0] || "")));
  made.append(choose, outcome, name, cell(run.deployment || "–", "Deployment"), cell(formatMs(run.failover_ms), "Failover", "num"),
    cell(run.lost == null ? "–" : formatCount(run.lost), "Lost", "num"), cell(run.started.replace("T", " ").slice(0, 19), "Started (UTC)", "nowrap"));
  return made;
}

function choice(name, box) {
  if (box.checked) chosen.add(name);
  else chosen.delete(name);
  if (chosen.size > 2) {
    chosen.delete([...chosen][0]);
    show();
  }
  document.getElementById("compare").disabled = chosen.size !== 2;
}

// The earlier one first, whichever was chosen first.
function compareChosen() {
  const [old, later] = listed.filter((run) => chosen.has(run.run)).reverse();
  location.href = ROOM + pathOf("compare", old.run, later.run);
}

async function load() {
  try {
    const told = await ask("/runs/list");
    listed = told.runs;
    document.getElementById("folder").textContent = told.total > listed.length ? `${told.folder}: the newest ${listed.length} of ${told.total}` : told.folder;
    show();
    state("as of " + new Date().toLocaleTimeString("en-GB"), false);
    if (listed.length) frame(document.getElementById("trend"), "trend", document.getElementById("period").value);
    document.getElementById("trend").hidden = !listed.length;
  } catch (problem) {
    state(problem.message, true);
  }
}

for (const id of ["search", "outcome", "sort"]) document.getElementById(id).addEventListener("input", show);
document.getElementById("compare").addEventListener("click", compareChosen);
document.getElementById("period").addEventListener("change", (event) => frame(document.getElementById("trend"), "trend", event.target.value));
load();
