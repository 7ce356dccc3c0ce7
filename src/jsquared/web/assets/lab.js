"use strict";
// The page of the lab: follows its server's stream, and does what is clicked.

const RATES = [1, 2, 5, 10, 20, 50, 100, 150, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 7500, 10000];
const LIMIT_MS = 10000;
const rate = document.getElementById("rate");
let lab = null, chart = null, timeline = null, session = 0, rateTouched = false, faultsOf = 0, lastCounts = null;

rate.max = RATES.length - 1;

function note(text, bad) {
  const line = element("li", bad ? "bad" : ""), at = new Date();
  line.append(element("time", "", at.toLocaleTimeString("en-GB")), text);
  document.getElementById("done").prepend(line);
}

// Ask for a change, and say what came of it.
async function doing(button, title, what) {
  if (button) { button.setAttribute("aria-busy", "true"); button.disabled = true; }
  try {
    const told = await change(what);
    note(`${title}: ${resultWords(what, told)}`);
    return told;
  } catch (problem) {
    note(`${title}: ${problem.message}`, true);
    return null;
  } finally {
    if (button) { button.removeAttribute("aria-busy"); button.disabled = false; }
    if (lab) buttons();
  }
}

function resultWords(what, told) {
  if (what.do === "break") return told.evidence || "what proves it is measured when it heals";
  if (what.do === "heal") return told.map((fault) => `${fault.id}: ${fault.heal_evidence}`).join("; ") || "nothing was broken";
  if (what.do === "load") return `${told.state}, ${told.rate_per_s} writes a second of each client`;
  return what.do === "save" ? told.outcome : "done";
}

function figure(id, value, words, tone) {
  const node = document.getElementById(id), [number, explanation] = node.querySelectorAll("dd");
  node.className = "figure" + (tone ? " " + tone : "");
  if (number.textContent !== value) number.textContent = value;
  if (words != null) explanation.textContent = words;
}

function showStatus(told) {
  document.getElementById("lab").hidden = !told.up;
  document.getElementById("no-lab").hidden = told.up;
  if (!told.up) {
    lab = null;
    session = 0;  // the next lab begins to count anew, and may offer something else
    faultKinds = [];
    words("no-lab-why", told.problem);
    return state("no lab is up", false);
  }
  lab = told.lab;
  if (faultsOf !== session || !faultKinds.length) {
    faultsOf = session;
    loadFaults().catch((problem) => note(problem.message, true));
  }
  showHead();
  drawTopology(document.getElementById("topology"), lab);
  nodeRows(document.getElementById("nodes"), lab);
  showActive();
  showLogChoice();
  buttons();
  if (!rateTouched) showRate(lab.load.rate_per_s);
  state("live", false);
}

function showHead() {
  const agreed = document.getElementById("agreed");
  if (lab.converged) badge(agreed, "pass", "converged");
  else badge(agreed, "split", "not converged");
  words("lab-title", lab.deployment);
  facts(document.getElementById("lab-facts"), [lab.engine, `acknowledged at ${lab.ack}`, `monitored as ${lab.master}`, lab.converged ? "" : lab.why_not_converged, lab.is_concluded ? "saved: nothing more is recorded" : ""]);
  const trouble = document.getElementById("trouble");
  trouble.hidden = !lab.trouble;
  trouble.textContent = lab.trouble;
  const voters = lab.nodes.filter((node) => node.role === "sentinel"), agreeing = voters.filter((node) => node.names && node.names === lab.primary);
  figure("figure-primary", lab.primary || "none", `${agreeing.length} of ${voters.length} Sentinels name it`, agreeing.length === voters.length ? "" : "warn");
  const lags = lab.nodes.filter((node) => node.lag_bytes != null), most = lags.reduce((best, node) => (!best || node.lag_bytes > best.lag_bytes ? node : best), null);
  figure("figure-lag", most ? formatLag(most.lag_bytes) : "–", most ? `of ${most.name}` : "no replica answers");
}

function showActive() {
  const active = lab.faults.filter((fault) => fault.is_active);
  const key = JSON.stringify(active), list = document.getElementById("active");
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  if (!active.length) return list.replaceChildren(element("li", "none", "Nothing."));
  list.replaceChildren(...active.map((fault) => {
    const line = element("li"), told = element("div", "words"), heal = element("button", "", "Heal");
    told.append(element("b", "", `${fault.id} on ${fault.targets.join(", ") || "the deployment"}`), element("div", "muted", fault.evidence || "its proof comes when it heals"));
    heal.type = "button";
    heal.dataset.heal = fault.id;
    heal.addEventListener("click", () => doing(heal, `heal ${fault.id}`, { do: "heal", id: fault.id }));
    line.append(told, heal);
    return line;
  }));
}

function buttons() {
  const running = lab.load.state === "running";
  const set = (id, on) => { const button = document.getElementById(id); if (!button.hasAttribute("aria-busy")) button.disabled = !on; };
  set("load-start", lab.load.state === "none" && !lab.is_concluded);
  set("load-stop", running);
  set("save", !lab.is_concluded);
  set("heal-all", lab.faults.some((fault) => fault.is_active));
  document.querySelectorAll("[data-quick], [data-fault]").forEach((button) => {
    const kind = faultKinds.find((one) => one.name === (button.dataset.quick || button.dataset.fault));
    if (kind && !button.hasAttribute("aria-busy")) button.disabled = Boolean(kind.unavailable_because) || lab.is_concluded;
  });
}

function showChart(told) {
  chart = told;
  if (told.session !== session) {
    session = told.session;
    lastCounts = null;
    document.getElementById("saved").replaceChildren();
    rateTouched = false;
  }
  showGap();
  showWrites();
  const left = document.getElementById("left-out");
  left.hidden = !told.left_out;
  left.textContent = told.left_out ? `${told.left_out} older events are not drawn; the report has them.` : "";
  if (document.getElementById("lab").hidden || document.hidden) return;
  if (timeline) return timeline.show(told);
  const card = document.getElementById("timeline-card");
  timeline = new LiveTimeline(card, told);
  timelines.set(card, timeline);
}

function showGap() {
  const gap = chart.gap_ms, longest = chart.longest_gap_ms;
  const tone = gap != null && gap >= LIMIT_MS ? "bad" : gap != null && gap >= 500 ? "warn" : "";
  const note = longest == null ? "limit 10 s" : `limit 10 s, longest ${formatMs(longest)}`;
  figure("figure-gap", gap == null ? "–" : gap < 500 ? "none" : formatMs(gap), chart.state === "running" ? note : "no load is running", tone);
}

function showWrites() {
  const [client] = chart.clients, sum = (series) => series.v.reduce((total, value) => total + value, 0);
  const recent = client.acknowledged.v.slice(-5, -1), perSecond = recent.length ? recent.reduce((a, b) => a + b, 0) * 1000 / (chart.bucket * recent.length) : 0;
  const failed = sum(client.failed) + sum(client.unknown);
  figure("figure-writes", chart.state === "running" ? formatCount(perSecond) : "–", `${formatCount(sum(client.acknowledged))} acknowledged, ${formatCount(failed)} failed or unknown`);
}

function showRate(value) {
  const nearest = RATES.reduce((best, one, index) => (Math.abs(Math.log(one / value)) < Math.abs(Math.log(RATES[best] / value)) ? index : best), 0);
  if (value > 0) rate.value = nearest;
  rateWords(value > 0 ? value : RATES[rate.value]);
}

function rateWords(value) {
  words("rate-shown", `${formatCount(value)}/s`);
  rate.setAttribute("aria-valuetext", `${value} writes a second of each client`);
}

function showLogChoice() {
  const select = document.getElementById("log-of"), names = [...lab.nodes.map((node) => node.name), ...lab.load.clients];
  if (select.dataset.key === names.join("\n")) return;
  const before = select.value;
  select.dataset.key = names.join("\n");
  select.replaceChildren(...names.map((name) => new Option(name, name)));
  if (names.includes(before)) select.value = before;
}

async function save(button) {
  const told = await doing(button, "save", { do: "save" });
  if (!told) return;
  const box = element("div", "saved"), mark = element("span"), reasons = element("ul");
  badge(mark, told.outcome);
  reasons.append(...told.reasons.map((reason) => element("li", "", reason)));
  box.append(mark, reasons, link(`Open ${told.run} with its report`, "run", told.run));
  document.getElementById("saved").replaceChildren(box);
  box.querySelector("a").focus();
}

async function readLog() {
  const text = document.getElementById("log-text");
  try {
    text.textContent = (await ask(pathOf("lab", "log", document.getElementById("log-of").value))).text || "It is empty.";
  } catch (problem) {
    text.textContent = problem.message;
  }
  text.scrollTop = text.scrollHeight;
}

function on(id, act) {
  const node = document.getElementById(id);
  node.addEventListener("click", () => act(node));
}

on("load-start", (button) => { rateTouched = false; doing(button, "load", { do: "load", action: "start", rate_per_s: RATES[rate.value] }); });
on("load-stop", (button) => doing(button, "stop", { do: "load", action: "stop" }));
on("heal-all", (button) => doing(button, "heal", { do: "heal" }));
on("save", save);
on("log-read", readLog);
on("again", () => { const dialog = document.getElementById("again-dialog"); dialog.returnValue = ""; dialog.showModal(); });
document.getElementById("again-dialog").addEventListener("close", (event) => {
  if (event.target.returnValue === "again") doing(document.getElementById("again"), "new session", { do: "again" });
});
rate.addEventListener("input", () => { rateTouched = true; rateWords(RATES[rate.value]); });
rate.addEventListener("change", async () => {
  if (!lab || lab.load.state !== "running") return;
  await doing(null, "rate", { do: "load", action: "rate", rate_per_s: RATES[rate.value] });
  rateTouched = false;
});
new ResizeObserver(() => { if (lab) drawTopology(document.getElementById("topology"), lab); }).observe(document.getElementById("topology"));
document.addEventListener("visibilitychange", () => { if (!document.hidden && chart) showChart(chart); });

const stream = new EventSource(ROOM + "/lab/stream");
stream.addEventListener("status", (event) => showStatus(JSON.parse(event.data)));
stream.addEventListener("chart", (event) => showChart(JSON.parse(event.data)));
stream.addEventListener("error", () => state("'jsquared serve' has ended, or does not answer", true));
stream.addEventListener("open", () => state("live", false));
