// The panel beside the page: what somebody holds on something, and by what.
const Panel = {
  from: null,

  show(title, under, ...content) {
    const panel = byId("panel");
    if (panel.hidden) Panel.from = document.activeElement;
    panel.hidden = false;
    panel.replaceChildren(
      el("header", {}, el("div", {}, el("h2", { id: "panel-title", tabindex: "-1" }, title), under && el("p", { class: "under" }, under)),
        el("button", { type: "button", class: "quiet close", "aria-label": "Close", onclick: () => Panel.close() }, "✕")),
      el("div", { class: "content" }, ...content));
    panel.setAttribute("aria-labelledby", "panel-title");
    panel.scrollTop = 0;
    byId("panel-title").focus({ preventScroll: true });
  },
  close() {
    const panel = byId("panel");
    if (panel.hidden) return false;
    panel.hidden = true;
    panel.replaceChildren();
    State.set({ cell: "" });
    if (Panel.from?.isConnected) Panel.from.focus({ preventScroll: true });
    else byId("main").focus({ preventScroll: true });
    return true;
  },
};

function statementBox(statement, isOpen = false) {
  const { policy, layer, effect, sid, file, line, text } = statement;
  return el("details", { class: `statement ${effect.toLowerCase()}`, open: isOpen },
    el("summary", {}, el("span", { class: "effect" }, effect), sid && el("code", {}, sid), " in ", el("span", { class: "policy", title: policy }, short(policy)),
      el("span", { class: "layer" }, layer), el("span", { class: "place" }, `${file}:${line}`)),
    el("pre", {}, pretty(text)));
}

/** The statement on lines of its own where it is JSON; else as it stands. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function routeBox(route, at, all) {
  // What one way asks for stands above it already.
  const isOnly = all.length === 1 && route.through.length === 0;
  const way = route.through.length === 0 ? "by its own permissions" : "by becoming ";
  return el("li", { class: "way" },
    el("p", {}, !isOnly && [badge(route.verdict), " "], way, route.through.map((role, at) => [at > 0 ? ", then " : "", el("code", { title: role }, short(role)), at === 0 && role.includes(":") ? ` of ${role.split(":")[4]}` : ""])),
    route.demands.map((demand) => el("div", { class: "demand" },
      !isOnly && el("p", {}, demand.role ? ["to become ", el("code", { title: demand.role }, short(demand.role)), ", when "] : "when ", demand.residual),
      demand.witness && el("p", { class: "example" }, "for example ", demand.witness.map(([key, values], at) => [at > 0 ? ", " : "", el("code", {}, `${key} = ${values.length === 0 ? "absent" : values.join(", ")}`)])))),
    route.statements.map((statement) => statementBox(statement)));
}

const badge = (verdict) => el("span", { class: `badge ${verdict === 0 ? "allowed" : "conditional"}` }, verdict === 0 ? "allowed" : "conditional");
const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** Everything about one cell of the matrix. Of those who are told together, one is proved. */
function showCell(data, row, column) {
  const member = row.member < 0 ? row.chosen[0] : row.member;
  const repository = column.member < 0 ? column.chosen[0] : column.member;
  const [principal, resource] = [row.one.names[member], column.one.names[repository]];
  const cells = [];
  for (let cell = 0; cell < data.cells.count; cell++) {
    if (data.cells.party[cell] === row.one.number && data.cells.column[cell] === column.one.number) cells.push(cell);
  }
  State.set({ cell: `${row.one.number}.${row.member}.${column.one.number}.${column.member}` });
  const alike = [
    row.member < 0 && row.one.names.length > 1 && `${row.one.names.length} principals hold the same here. The proof is that of ${short(principal)}.`,
    column.one.names.length > 1 && `${column.one.names.length} repositories are alike here. Statements are cited as for ${bare(column.one.names[0])}; where another has a policy of its own, they stand there.`,
  ].filter(Boolean);
  Panel.show(el("span", {}, el("code", { title: principal }, short(principal)), " on ", el("code", { title: resource }, bare(resource))),
    `${accountWords(row.one.account)} → ${accountWords(column.one.account)}`,
    alike.map((note) => el("p", { class: "note" }, note)),
    column.one.isPublic && el("p", { class: "note public" }, "This repository is public: anyone can pull from it, with or without an identity."),
    cells.length === 0 && el("p", { class: "nothing" }, "Nothing is held here. To see what stands in the way: ", el("code", {}, `grantlog why ${quoted(principal)} push ${quoted(resource)}`)),
    alikeCells(data, cells).map((group) => capabilityBox(data, group, member)),
    cells.length > 0 && el("p", { class: "command" }, "Layer by layer: ", el("code", {}, `grantlog why ${quoted(principal)} ${data.capabilities[data.cells.capability[cells[0]]]} ${quoted(resource)}`)),
    members("principals alike", row.one.names), members("repositories alike", column.one.names));
}

function members(title, names) {
  return names.length > 1 && el("details", { class: "members" }, el("summary", {}, `${names.length} ${title}`), some(names, (name) => el("div", {}, el("code", {}, name)), 200));
}

/** Capabilities that are held by the same ways, together. */
function alikeCells(data, cells) {
  const groups = new Map();
  for (const cell of cells) {
    const key = ["verdict", "own", "condition", "proof"].map((name) => data.cells[name][cell]).join(" ");
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(cell);
  }
  return [...groups.values()];
}

function capabilityBox(data, cells, member) {
  const [cell] = cells;
  const names = cells.map((one) => data.capabilities[data.cells.capability[one]]);
  const condition = data.text(data.cells.condition[cell]);
  const variants = data.variants[data.cells.proof[cell]] ?? [];
  const [, number] = variants.find(([members]) => members.length === 0 || members.includes(member)) ?? [];
  const proof = number === undefined ? null : data.proofs[number];
  return el("section", { class: `proof level${Math.max(...names.map((name) => LEVELS[name]))}` },
    el("h3", {}, names.map((name) => el("span", { class: `held level${LEVELS[name]}` }, el("b", { class: "letter" }, LETTERS[name]), name)), badge(data.cells.verdict[cell]), data.cells.own[cell] === BY_ROLES_ONLY && el("span", { class: "badge through" }, "only through a role")),
    condition && el("p", { class: "condition" }, "when ", condition),
    proof && el("ol", { class: "ways" }, proof.routes.map(routeBox)),
    proof?.doubts.map((rule) => el("p", { class: "doubt" }, `In doubt: AWS's documentation leaves rule ${rule} open.`)),
    proof?.supposed.map((gap) => el("p", { class: "gap" }, `Taken to allow it: ${gap}`)),
    proof?.incomplete.filter((gap) => !proof.supposed.includes(gap)).map((gap) => el("p", { class: "gap" }, `The input lacks: ${gap}`)));
}
