// The list of a suite's trials: search, filter and sort. Rows are hidden or moved, never made anew, so that open trials stay open.

// A trial's section is inside a noscript element: text for a browser with scripts, which is read as markup when the trial is opened. A
// hundred trials have as many elements as would take a second to read; without scripts all sections are there at once.
function unfold(trial) {
  const folded = trial.querySelector(":scope > .trial-body > noscript");
  if (folded) folded.parentElement.innerHTML = folded.textContent;
}

function setUpSuite(section) {
  const tools = section.querySelector(".tools-of-trials");
  const rows = [...section.querySelectorAll("details.trial")];
  const texts = new Map(rows.map((row) => [row, row.querySelector("summary").textContent.toLowerCase()]));
  const passes = section.querySelector("details.passes");
  const [search, line, sort, count] = ["search", "line", "sort", "count"].map((name) => tools.querySelector(`[data-${name}]`));
  const filters = [...tools.querySelectorAll("[data-filter]")];

  function show() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const outcomes = new Set(filters.filter((each) => each.getAttribute("aria-pressed") === "true").map((each) => each.dataset.filter));
    const wanted = line ? line.value : "";
    let shown = 0;
    for (const row of rows) {
      const { outcome, line: under } = row.dataset;
      const ofLine = !wanted || (outcome === "violated" && under === wanted);
      row.hidden = !(ofLine && outcomes.has(outcome) && words.every((word) => texts.get(row).includes(word)));
      shown += !row.hidden;
    }
    for (const group of section.querySelectorAll("[data-group]")) {
      group.hidden = !group.querySelector("details.trial:not([hidden])");
    }
    if (passes && words.length) passes.open = !passes.hidden;
    section.querySelector("[data-nothing]").hidden = shown > 0;
    count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length} shown`;
  }

  function order() {
    const by = sort.value;
    const compare = by === "name"
      ? (one, other) => one.dataset.name.localeCompare(other.dataset.name) || one.dataset.number - other.dataset.number
      : by === "number"
        ? (one, other) => one.dataset.number - other.dataset.number
        : (one, other) => other.dataset[by] - one.dataset[by] || one.dataset.number - other.dataset.number;
    for (const list of section.querySelectorAll(".rows")) list.append(...[...list.children].sort(compare));
  }

  search.addEventListener("input", show);
  if (line) line.addEventListener("change", show);
  sort.addEventListener("change", order);
  filters.forEach((button) => button.addEventListener("click", () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
  }));
  tools.hidden = false;
}

document.querySelectorAll("section.trials").forEach(setUpSuite);
