// The first view: what was read, how many hold what, what deserves a look, what the input lacks.
function summaryView(data) {
  return el("div", { class: "page" },
    el("h1", {}, data.title),
    el("dl", { class: "about" }, data.about.map(([label, value]) => el("div", {}, el("dt", {}, label), el("dd", {}, value)))),
    data.hasFindings && severityTiles(data),
    data.hasMatrix && capabilityTiles(data),
    data.notes.length > 0 && el("ul", { class: "notes" }, data.notes.map((note) => el("li", {}, note))),
    data.summary.length > 0 && accountsTable(data),
    data.errors.length > 0 && el("section", {}, el("h2", {}, `What is wrong with the input (${data.errors.length})`),
      el("p", { class: "under" }, "What AWS would reject is left out."), some(data.errors, (error) => el("p", { class: "gap" }, error), 20)),
    data.gaps.length > 0 && el("section", { id: "gaps" }, el("h2", {}, `What the input lacks (${data.gaps.length})`),
      el("p", { class: "under" }, "Answers that may depend on it say so."), some(data.gaps, (gap) => el("p", { class: "gap" }, gap), 20)));
}

function severityTiles(data) {
  const of = (severity) => data.findings.filter((one) => one.severity === severity && one.suppressed === null).length;
  return el("section", {}, el("h2", {}, "Findings"), el("div", { class: "tiles" }, SEVERITIES.map((severity) =>
    el("button", { type: "button", class: `tile severity ${severity}`, disabled: of(severity) === 0, onclick: () => State.set({ view: "findings", severity, find: "", finding: "" }) },
      el("strong", {}, of(severity).toLocaleString("en")), severity))));
}

function capabilityTiles(data) {
  const { cells } = data;
  const totals = data.capabilities.map((name, number) => {
    const holders = new Map();
    const repositories = new Set();
    for (let cell = 0; cell < cells.count; cell++) {
      if (cells.capability[cell] !== number) continue;
      holders.set(cells.party[cell], Math.min(holders.get(cells.party[cell]) ?? 1, cells.verdict[cell]));
      repositories.add(cells.column[cell]);
    }
    let [allowed, conditional] = [0, 0];
    for (const [party, verdict] of holders) {
      if (verdict === ALLOWED) allowed += data.parties[party].names.length;
      else conditional += data.parties[party].names.length;
    }
    const resources = [...repositories].reduce((sum, one) => sum + data.columns[one].names.length, 0);
    return { name, allowed, conditional, resources };
  });
  const most = Math.max(1, ...totals.map((one) => one.allowed + one.conditional));
  return el("section", {}, el("h2", {}, "Who can do what, on anything here"), el("p", { class: "under" }, "Principals that hold a capability on at least one repository, by themselves or through roles; hatched: only under a condition."),
    el("div", { class: "bars" }, totals.map(({ name, allowed, conditional, resources }) =>
      el("button", { type: "button", class: `bar-row level${LEVELS[name]}`, title: MEANINGS[name], onclick: () => State.set({ view: "matrix", hide: data.capabilities.filter((other) => other !== name).join(",") }) },
        el("span", { class: "what" }, el("b", { class: "letter" }, LETTERS[name]), name),
        el("span", { class: "track" }, el("span", { class: "fill", style: { width: `${(100 * allowed) / most}%` } }), el("span", { class: "fill hatched", style: { width: `${(100 * conditional) / most}%` } })),
        el("span", { class: "figure" }, el("strong", {}, (allowed + conditional).toLocaleString("en")), conditional > 0 && ` (${conditional.toLocaleString("en")} conditional)`, ` on ${resources.toLocaleString("en")}`)))));
}

/** Accounts in rows, permissions in columns: how many principals, and how many of them from elsewhere. */
function accountsTable(data) {
  const permissions = [...new Set(data.summary.map((line) => line.permission))];
  permissions.sort((one, other) => order(one) - order(other));
  const byAccount = new Map();
  for (const line of data.summary) {
    if (!byAccount.has(line.account)) byAccount.set(line.account, new Map());
    byAccount.get(line.account).set(line.permission, line);
  }
  const rows = [...byAccount.entries()];
  const line = ([account, lines]) => el("tr", {}, el("th", { scope: "row" }, el("span", {}, accountName(account)), account.name && el("small", {}, account.id)),
    permissions.map((permission) => {
      const found = lines.get(permission);
      if (!found) return el("td", { class: "none" }, "·");
      const title = `${found.allowed} allowed, ${found.conditional} conditional, ${found.outside} of both from outside of the account, on ${found.resources} resources`;
      return el("td", { title }, found.allowed + found.conditional, found.outside > 0 && el("small", {}, `${found.outside} outside`));
    }));
  const body = el("tbody", {});
  const more = el("button", { type: "button", class: "more" });
  const next = () => {
    const done = body.children.length;
    body.append(...rows.slice(done, done + 25).map(line));
    more.hidden = body.children.length >= rows.length;
    more.textContent = `Show more of ${count(rows.length - body.children.length, "other account")}`;
  };
  more.addEventListener("click", next);
  next();
  return el("section", {}, el("h2", {}, "By account"), el("p", { class: "under" }, "Principals that hold a permission on a repository of the account (assume: on a role) themselves; what comes through a role counts for the role."),
    el("div", { class: "wide" }, el("table", { class: "figures" }, el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "account"), permissions.map((one) => el("th", { scope: "col" }, one)))), body)), more);
}

const order = (permission) => {
  const place = Object.keys(LETTERS).indexOf(permission);
  return place < 0 ? 99 : place;
};
