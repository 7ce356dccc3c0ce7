"use strict";
// The faults that the lab offers: a button each, and a dialog with its targets and parameters.

const QUICK = [["kill", "Kill primary"], ["pause", "Pause primary"], ["cut", "Cut primary"]];
const faultDialog = document.getElementById("fault-dialog");
let faultKinds = [], chosenFault = null;

function words(id, text) {
  document.getElementById(id).textContent = text;
}

async function loadFaults() {
  faultKinds = await ask("/lab/faults");
  showQuick();
  showFaults();
}

function showQuick() {
  const known = new Map(faultKinds.map((kind) => [kind.name, kind]));
  document.getElementById("quick").replaceChildren(...QUICK.filter(([name]) => known.has(name)).map(([name, text]) => {
    const button = element("button", "", text), reason = known.get(name).unavailable_because;
    button.type = "button";
    button.dataset.quick = name;
    if (reason) { button.disabled = true; button.title = reason; }
    button.addEventListener("click", () => doing(button, `${name} primary`, { do: "break", fault: name, targets: ["primary"] }));
    return button;
  }));
}

function showFaults() {
  const asked = document.getElementById("fault-search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (kind) => { const text = `${kind.name} ${kind.description}`.toLowerCase(); return asked.every((word) => text.includes(word)); };
  const shown = faultKinds.filter(fits).map((kind) => {
    const button = element("button", "", kind.name);
    button.type = "button";
    button.dataset.fault = kind.name;
    button.title = kind.unavailable_because || kind.description;
    button.disabled = Boolean(kind.unavailable_because);
    button.addEventListener("click", () => openFault(kind));
    return button;
  });
  document.getElementById("faults").replaceChildren(...(shown.length ? shown : [element("p", "muted small", "No fault fits.")]));
}

function openFault(kind) {
  chosenFault = kind;
  words("fault-name", kind.name);
  words("fault-description", kind.description);
  words("fault-evidence", kind.evidence);
  words("fault-undo", kind.undo);
  document.getElementById("fault-heal").value = "0";
  const targets = document.getElementById("fault-targets"), legend = element("legend", "", "Targets");
  targets.replaceChildren(legend, ...kind.targets.map((word) => targetChoice(word, kind.usual_targets.includes(word))));
  targets.hidden = !kind.targets.length;
  document.getElementById("fault-parameters").replaceChildren(...kind.parameters.map(parameterField));
  showCommand();
  faultDialog.returnValue = "";
  faultDialog.showModal();
}

function targetChoice(word, checked) {
  const label = element("label", "chip-choice"), box = element("input");
  box.type = "checkbox";
  box.name = "target";
  box.value = word;
  box.checked = checked;
  label.append(box, element("span", "", word));
  return label;
}

function parameterField(parameter) {
  const label = element("label", "field"), title = element("span", "", `${parameter.name}: ${parameter.meaning}`);
  let input;
  if (parameter.choices.length) {
    input = element("select");
    input.append(...parameter.choices.map((choice) => new Option(choice, choice)));
    input.value = parameter.default;
  } else {
    input = element("input");
    input.type = { boolean: "checkbox", number: "number" }[typeof parameter.default] || "text";
    if (input.type === "checkbox") { input.checked = parameter.default; label.classList.add("check"); } else input.value = parameter.default;
    if (input.type === "number") { input.min = "0"; input.step = "1"; input.required = true; }
  }
  input.dataset.parameter = parameter.name;
  if (input.type === "checkbox") label.append(input, title);
  else label.append(title, input);
  return label;
}

function chosenParameters() {
  const found = {};
  for (const parameter of chosenFault.parameters) {
    const input = document.querySelector(`[data-parameter="${CSS.escape(parameter.name)}"]`);
    const value = input.type === "checkbox" ? input.checked : input.type === "number" ? Number(input.value) : input.value;
    if (value !== parameter.default) found[parameter.name] = value;
  }
  return found;
}

function chosenTargets() {
  return [...document.querySelectorAll('#fault-targets input:checked')].map((box) => box.value);
}

function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function showCommand() {
  const settings = Object.entries(chosenParameters()).map(([name, value]) => `--set ${quoted(`${name}=${value}`)}`);
  const healMs = Math.round(Number(document.getElementById("fault-heal").value) * 1000), heal = healMs > 0 ? [`--for ${healMs}ms`] : [];
  words("fault-command", ["jsquared lab break", chosenFault.name, ...chosenTargets().map(quoted), ...settings, ...heal].join(" "));
}

document.getElementById("fault-form").addEventListener("input", showCommand);
document.getElementById("fault-search").addEventListener("input", showFaults);
faultDialog.addEventListener("close", () => {
  if (faultDialog.returnValue !== "break") return;
  const what = { do: "break", fault: chosenFault.name, targets: chosenTargets(), parameters: chosenParameters(), heal_after_s: Number(document.getElementById("fault-heal").value) || 0 };
  doing(document.querySelector(`[data-fault="${CSS.escape(chosenFault.name)}"]`), [what.fault, ...what.targets].join(" "), what);
});
