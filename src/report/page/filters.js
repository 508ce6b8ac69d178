// The filters above the matrix. The capabilities' buttons are the legend too.
function filterBar(choice) {
  const { data } = choice;
  const search = (key, label, hint, extra) => {
    const input = el("input", { type: "search", id: `filter-${key}`, placeholder: hint, value: State.get(key), autocomplete: "off", spellcheck: "false", "aria-label": label, ...extra });
    let waiting = 0;
    input.addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => State.set({ [key]: input.value.trim() }), 80);
    });
    return input;
  };
  const select = (key, label, options) => el("select", { id: `filter-${key}`, "aria-label": label, onchange: (event) => State.set({ [key]: event.target.value }) },
    options.map(([value, words]) => el("option", { value, selected: State.get(key) === value }, words)));
  const check = (key, label, title) => el("label", { class: "check", title },
    el("input", { type: "checkbox", id: `filter-${key}`, checked: State.get(key) === "1", onchange: (event) => State.set({ [key]: event.target.checked }) }), label);
  const accounts = (list) => [["", "all accounts"], ...[...new Map(list.map((one) => [one.account?.id ?? "-", one.account])).entries()]
    .map(([id, account]) => [id, account ? accountWords(account) : "outside of all accounts"])];
  const kinds = [["", "all kinds"], ...[...new Set(data.parties.map((one) => one.kind))].sort().map((kind) => [kind, kind])];
  const sorts = (what) => [["", `${what} by account`], ["name", `${what} by name`], ["most", `${what} by how much`], ["power", `${what} by what matters`]];
  const counts = el("p", { id: "counts", role: "status" });
  const bar = el("div", { class: "filters" },
    el("div", { class: "line" },
      el("fieldset", {}, el("legend", {}, "Principals"), search("who", "Search principals by fragments", "search   /"),
        select("account", "Account of the principals", accounts(data.parties)), select("kind", "Kind of principals", kinds)),
      el("fieldset", {}, el("legend", {}, "Repositories"), search("what", "Search repositories by fragments", "search"),
        select("owner", "Account of the repositories", accounts(data.columns)), check("public", "public only", "Anyone can pull from these")),
      el("fieldset", {}, el("legend", {}, "Permissions"),
        select("verdict", "Verdict", [["", "all verdicts"], ["allowed", "allowed in every request"], ["conditional", "under a condition"]]),
        check("cross", "across accounts", "Principals of another account than the repository's, or of none"), check("writes", "writes only", "Everything but pull and describe")),
    ),
    el("div", { class: "line legend" }, capabilityToggles(data),
      el("button", { type: "button", class: "quiet", id: "clear", onclick: () => clearFilters() }, "Clear filters"), counts),
  );
  const corner = [select("sort", "Order of rows", sorts("rows")), select("columns", "Order of columns", sorts("columns")),
    el("span", { class: "key" }, el("b", { class: "letter" }, "P"), "always"),
    el("span", { class: "key" }, el("i", { class: "letter" }, "P"), "under a condition"),
    el("span", { class: "key" }, el("b", { class: "letter" }, "p"), "only through a role")];
  return { bar, counts, corner };
}

const FILTERS = ["who", "what", "account", "owner", "kind", "verdict", "cross", "public", "writes", "hide", "sort", "columns"];

function clearFilters() {
  State.set(Object.fromEntries(FILTERS.map((key) => [key, ""])));
  for (const key of FILTERS) {
    const input = byId(`filter-${key}`);
    if (input?.type === "checkbox") input.checked = false;
    else if (input) input.value = "";
  }
  document.querySelectorAll(".capability").forEach((one) => one.setAttribute("aria-pressed", "true"));
}

function capabilityToggles(data) {
  return data.capabilities.map((name) => el("button", {
    type: "button", class: `capability level${LEVELS[name]}`, title: MEANINGS[name], "data-capability": name,
    "aria-pressed": String(!State.get("hide").split(",").includes(name)),
    onclick: (event) => {
      const hidden = new Set(State.get("hide").split(",").filter(Boolean));
      if (!hidden.delete(name)) hidden.add(name);
      event.currentTarget.setAttribute("aria-pressed", String(!hidden.has(name)));
      State.set({ hide: [...hidden].join(",") });
    },
  }, el("b", { class: "letter" }, LETTERS[name]), name));
}
