"use strict";
// Two runs: what got worse beyond noise, and both reports beside each other.

const [oldRun, newRun] = location.pathname.split("/").slice(-2).map(decodeURIComponent);

function showSide(side, name, told) {
  document.getElementById(`${side}-name`).replaceChildren(link(name, "run", name));
  if (!told) return;
  const known = told.facts;
  facts(document.getElementById(`${side}-facts`), [known.state, known.label, `on ${known.deployment}`, known.engine, `failover ${formatMs(known.failover_ms)}`, known.lost == null ? "" : `${formatCount(known.lost)} lost`]);
  if (told.has_report) frame(document.getElementById(side), "report", name);
}

function showDifferences(told) {
  document.getElementById("verdict").textContent = told.outcome === "worse" ? "An objective got worse beyond noise." : "No objective got worse beyond noise.";
  document.getElementById("differences").replaceChildren(...told.differences.map((one) => {
    const row = element("tr");
    row.append(cell(`${one.scenario}: ${one.objective}`, "Objective"), cell(one.old, "Before", "num"), cell(one.new, "Now", "num"), cell(one.change, "Change", `change-${one.change}`), cell(one.reason, "Why"));
    return row;
  }));
}

async function load() {
  for (const [side, name] of [["old", oldRun], ["new", newRun]]) {
    showSide(side, name, null);
    ask(pathOf("runs", "one", name)).then((told) => showSide(side, name, told), (refusal) => complain(refusal.message));
  }
  try {
    showDifferences(await ask(pathOf("runs", "compared", oldRun, newRun)));
  } catch (refusal) {
    document.getElementById("verdict").textContent = "";
    complain(refusal.message);
  }
  state("", false);
}

function complain(text) {
  const node = document.getElementById("problem");
  node.hidden = false;
  node.textContent = text;
}

load();
