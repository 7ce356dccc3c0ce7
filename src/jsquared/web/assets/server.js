"use strict";
// Talks to the page's own server: questions, changes, and words about both.

const ROOM = "/" + document.querySelector('meta[name="room"]').content;
const CHANGE_MARK = document.querySelector('meta[name="change-mark"]').content;
const MARKS = { pass: "✔", violated: "✘", inconclusive: "?", unfinished: "…", damaged: "!" };
const stateLine = document.getElementById("state");

class Refusal extends Error {
  constructor(told) {
    super([told.where, told.problem].filter(Boolean).join(": ") + (told.hint ? `. Try: ${told.hint}` : ""));
  }
}

async function answered(response) {
  let told;
  try {
    told = await response.json();
  } catch {
    throw new Refusal({ problem: response.status === 401 ? "open the address that 'jsquared serve' has printed" : `the server answers ${response.status}` });
  }
  if (!response.ok) throw new Refusal(told);
  return told;
}

async function ask(path) {
  return answered(await fetch(ROOM + path));
}

async function change(what) {
  const headers = { "Content-Type": "application/json", "X-JSquared-Change": CHANGE_MARK };
  return answered(await fetch(ROOM + "/change", { method: "POST", headers, body: JSON.stringify(what) }));
}

function pathOf(...parts) {
  return "/" + parts.map(encodeURIComponent).join("/");
}

function state(text, bad) {
  if (stateLine.textContent !== text) stateLine.textContent = text;
  stateLine.className = bad ? "bad" : "muted";
}

function badge(node, outcome, words) {
  node.className = "badge " + outcome;
  node.textContent = `${MARKS[outcome] || ""} ${words || outcome}`.trim();
}

function facts(node, parts) {
  node.replaceChildren(...parts.filter(Boolean).map((part) => element("span", "", part)));
}

function cell(text, label, className) {
  const made = element("td", className || "", text);
  if (label) made.dataset.label = label;
  return made;
}

function link(text, ...parts) {
  const made = element("a", "", text);
  made.href = ROOM + pathOf(...parts);
  return made;
}

function frame(node, ...parts) {
  node.src = ROOM + pathOf("frames", ...parts);
  node.hidden = false;
}

document.addEventListener("keydown", (event) => {
  const search = document.querySelector('input[type="search"]');
  const typing = event.target.closest("input, select, textarea, dialog");
  if (event.key !== "/" || typing || !search || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  search.focus();
});
