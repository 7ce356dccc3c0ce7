"use strict";
// One run: its facts, its objectives, and its report in a frame that can reach nothing.

const run = decodeURIComponent(location.pathname.split("/").pop());

function showRun(told) {
  const known = told.facts;
  document.getElementById("run-name").textContent = known.label || run;
  document.title = `${known.label || run} · JSquared`;
  badge(document.getElementById("outcome"), known.state);
  facts(document.getElementById("facts"), [run, `on ${known.deployment}`, `configuration ${known.fingerprint}`, known.engine, `acknowledged at ${known.ack}`, `seed ${known.seed}`,
    known.was_run ? `failover ${formatMs(known.failover_ms)}` : "not run", known.was_run ? `${formatCount(known.acknowledged)} acknowledged, ${known.lost == null ? "unknown how many" : formatCount(known.lost)} lost` : ""]);
  const reasons = document.getElementById("reasons");
  reasons.className = "reasons " + known.state;
  reasons.replaceChildren(...(known.state === "pass" ? [] : known.reasons).map((reason) => element("li", "", reason)));
  document.getElementById("objectives").replaceChildren(...told.objectives.map((one) => {
    const row = element("tr"), mark = element("span"), outcome = cell("", "Outcome");
    badge(mark, one.outcome);
    outcome.append(mark);
    row.append(cell(one.name, "Objective"), cell(one.value, "Measured", "num"), cell(one.limit, "Limit", "num"), outcome);
    return row;
  }));
  document.getElementById("beside").textContent = `Beside it: ${told.same_kind} of the same scenario on the same deployment, ${told.same_configuration} of the same configuration.`;
  document.getElementById("write-report").hidden = told.has_report;
  if (told.has_report) frame(document.getElementById("report"), "report", run);
  state("", false);
}

function problem(text) {
  const node = document.getElementById("problem");
  node.hidden = false;
  node.textContent = text;
  state("", false);
}

document.getElementById("run-name").textContent = run;
document.getElementById("write-report").addEventListener("click", async (event) => {
  event.target.disabled = true;
  try {
    await change({ do: "report", run });
    showRun(await ask(pathOf("runs", "one", run)));
  } catch (refusal) {
    problem(refusal.message);
  }
  event.target.disabled = false;
});
ask(pathOf("runs", "one", run)).then(showRun, (refusal) => problem(refusal.message));
