// Findings: by severity and by words, each with its statements, what to do, and the page about it.
function findingsView(data) {
  const list = el("div", { id: "findings" });
  const counts = el("p", { id: "finding-counts", role: "status" });
  const input = el("input", { type: "search", id: "filter-find", placeholder: "search   /", value: State.get("find"), "aria-label": "Search findings by fragments", autocomplete: "off", spellcheck: "false" });
  input.addEventListener("input", () => State.set({ find: input.value.trim() }));
  const of = (severity) => data.findings.filter((one) => one.severity === severity && one.suppressed === null).length;
  const chips = SEVERITIES.map((severity) => el("button", {
    type: "button", class: `chip severity ${severity}`, "data-severity": severity,
    onclick: () => State.set({ severity: State.get("severity") === severity ? "" : severity }),
  }, `${severity} ${of(severity)}`));
  const kinds = [...new Set(data.findings.map((one) => one.name))].sort();
  const kind = el("select", { id: "filter-name", "aria-label": "Kind of finding", onchange: () => State.set({ name: kind.value }) },
    el("option", { value: "" }, "all kinds"), kinds.map((name) => el("option", { value: name, selected: State.get("name") === name }, name)));
  const texts = data.findings.map((one) => [one.name, one.message, ...one.principals, ...one.resources, ...one.actions, ...one.spots.map((spot) => `${spot.file} ${spot.statement?.policy ?? ""} ${spot.statement?.sid ?? ""}`)].join(" ").toLowerCase());
  let before = null;
  const refresh = () => {
    const [severity, name, words] = [State.get("severity"), State.get("name"), State.get("find").toLowerCase().split(/\s+/).filter(Boolean)];
    const key = JSON.stringify([severity, name, words]);
    if (key === before) return;
    before = key;
    chips.forEach((chip) => chip.setAttribute("aria-pressed", String(chip.dataset.severity === severity)));
    const found = data.findings.filter((one) => (!severity || one.severity === severity) && (!name || one.name === name) && words.every((word) => texts[one.number].includes(word)));
    counts.textContent = `${count(found.length, "finding")} of ${data.findings.length}`;
    list.replaceChildren(found.length === 0 ? el("p", { class: "nothing" }, data.findings.length === 0 ? "Nothing deserves a look." : "No finding is like this.") : some(found, (one) => findingBox(data, one)));
  };
  refresh();
  return { element: el("div", { class: "page" }, el("h1", {}, "Findings"), el("div", { class: "filters line" }, input, kind, chips, counts), list), refresh };
}

function findingBox(data, one) {
  const box = el("details", { class: `finding ${one.severity}${one.suppressed === null ? "" : " suppressed"}`, "data-finding": one.number },
    el("summary", {}, el("span", { class: `severity ${one.severity}` }, one.severity), el("span", { class: "message" }, spans(one.message)), el("span", { class: "layer" }, one.name)));
  // The inside is made when it is opened: there may be thousands.
  box.addEventListener("toggle", () => {
    if (box.open && box.children.length === 1) box.append(findingBody(data, one));
  });
  if (String(one.number) === State.get("finding")) box.open = true;
  return box;
}

function findingBody(data, one) {
  const page = data.pages.get(one.name);
  const names = (title, list) => list.length > 0 && el("details", { class: "members", open: list.length <= 3 }, el("summary", {}, `${title} (${list.length})`), some(list, (name) => el("div", {}, el("code", {}, name)), 100));
  return el("div", { class: "body" },
    one.suppressed !== null && el("p", { class: "note" }, `May stand: ${one.suppressed}`),
    one.hint && el("p", { class: "hint" }, el("strong", {}, "What to do: "), spans(one.hint)),
    one.spots.length > 0 && some(one.spots, (spot) => spotBox(spot), 10),
    names("principals", one.principals), names("actions", one.actions), names("resources", one.resources),
    one.principals.length > 0 && data.hasMatrix && el("p", {}, el("button", { type: "button", onclick: () => showInMatrix({ who: one.principals.length === 1 ? one.principals[0] : "", what: one.resources.length === 1 ? one.resources[0] : "" }) }, "Show in the matrix")),
    page && el("details", { class: "advice" }, el("summary", {}, `About: ${page.title}`), markdown(page.text.split("\n").slice(1).join("\n"))));
}

function spotBox(spot) {
  return el("div", { class: "spot" },
    spot.statement ? statementBox(spot.statement, true) : el("p", {}, el("code", {}, `${spot.file}:${spot.line}:${spot.column}`)),
    spot.statement && el("p", { class: "under" }, `${spot.file}:${spot.line}:${spot.column}`),
    spot.hungOn.length > 0 && el("p", { class: "under" }, "hangs on ", spot.hungOn.slice(0, 5).map((name, at) => [at > 0 ? ", " : "", el("code", { title: name }, short(name))]), spot.hungOn.length > 5 && ` and ${spot.hungOn.length - 5} more`),
    spot.edit !== null && el("div", { class: "edit" }, el("p", {}, spot.edit === "" ? "Remove this." : "Write there instead:"), spot.edit !== "" && el("pre", {}, pretty(spot.edit))));
}

function showInMatrix(filters) {
  State.set({ ...Object.fromEntries(FILTERS.map((key) => [key, ""])), ...filters, view: "matrix", cell: "" });
}
