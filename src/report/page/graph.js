// The graph: who can become whom, and do what on what. Nodes stand for all that have the same edges, as in the matrix.
const DRAWN = ["pull", "push", "delete", "tag", "administer"];
const OUTSIDE = "outside";

class Graph {
  constructor(data) {
    this.data = data;
    this.nodes = [];
    this.edges = [];
    this.accounts = new Map();
    const of = new Map();
    data.parties.forEach((party) => party.names.forEach((name) => of.set(name, party)));
    const known = data.steps.filter((step) => of.has(step.caller) && of.has(step.role));
    const around = new Map();
    const note = (name, what) => around.set(name, `${around.get(name) ?? ""}\n${what}`);
    for (const step of known) {
      note(step.caller, `>${step.role} ${step.verdict}`);
      note(step.role, `<${step.caller} ${step.verdict}`);
    }
    const nodeOf = new Map();
    const byParty = new Map();
    for (const party of data.parties) {
      const groups = new Map();
      for (const name of party.names) {
        const key = around.get(name) ?? "";
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(name);
      }
      byParty.set(party.number, [...groups.values()].map((names) => {
        const node = this.node(party.kind, party.account, names, names.length === party.names.length ? party.label : alike(names, party.kind));
        names.forEach((name) => nodeOf.set(name, node));
        return node;
      }));
    }
    const columns = data.columns.map((column) => (column.kind === "repository" ? this.node("repository", column.account, column.names, column.names.length === 1 ? bare(column.names[0]) : column.label, column.isPublic) : null));
    const joined = new Map();
    const { party, column, capability, verdict, own, count: total } = data.cells;
    for (let cell = 0; cell < total; cell++) {
      const name = data.capabilities[capability[cell]];
      if (own[cell] === BY_ROLES_ONLY || !columns[column[cell]] || !DRAWN.includes(name)) continue;
      for (const from of byParty.get(party[cell])) this.join(joined, from, columns[column[cell]], name, own[cell]);
    }
    for (const step of known) this.join(joined, nodeOf.get(step.caller), nodeOf.get(step.role), "assume", step.verdict);
    const touched = new Set(this.edges.flatMap((edge) => [edge.from, edge.to]));
    this.nodes = this.nodes.filter((node) => touched.has(node) || node.kind === "repository");
    this.layers();
    for (const node of this.nodes) {
      const id = node.account?.id ?? OUTSIDE;
      if (!this.accounts.has(id)) this.accounts.set(id, { id, account: node.account, nodes: [] });
      this.accounts.get(id).nodes.push(node);
    }
  }

  node(kind, account, names, label, isPublic = false) {
    const node = { id: this.nodes.length, kind, account, names, label, isPublic, out: [], in: [], layer: 0 };
    this.nodes.push(node);
    return node;
  }

  join(joined, from, to, name, verdict) {
    if (from === to) return;
    const key = from.id * 1e6 + to.id;
    let edge = joined.get(key);
    if (!edge) {
      edge = { from, to, allowed: [], conditional: [], level: 0, assume: false };
      joined.set(key, edge);
      this.edges.push(edge);
      from.out.push(edge);
      to.in.push(edge);
    }
    const side = verdict === ALLOWED ? edge.allowed : edge.conditional;
    if (!side.includes(name)) side.push(name);
    if (name === "assume") edge.assume = true;
    else edge.level = Math.max(edge.level, LEVELS[name]);
  }

  /** Users and others at the left, then roles by how many roles lead to them, repositories at the right. */
  layers() {
    const isRole = (node) => node.kind === "role" || node.kind === "session";
    for (const node of this.nodes) node.layer = isRole(node) ? 1 : 0;
    for (let round = 0; round < 2; round++) {
      for (const node of this.nodes.filter(isRole)) {
        const before = node.in.filter((edge) => isRole(edge.from) && !edge.to.out.some((back) => back.to === edge.from)).map((edge) => edge.from.layer);
        node.layer = Math.min(2, Math.max(1, ...before.map((layer) => layer + 1)));
      }
    }
    const last = Math.max(1, ...this.nodes.map((node) => node.layer)) + 1;
    for (const node of this.nodes) if (node.kind === "repository") node.layer = last;
    this.last = last;
  }
}

/** `12 roles like ci-*`: what names have in common at their beginning. */
function alike(names, kind) {
  const plain = names.map(bare);
  if (plain.length === 1) return short(names[0]);
  let length = 0;
  while (plain.every((name) => length < name.length && name[length] === plain[0][length])) length++;
  return `${names.length} ${kind}s${length > 1 ? ` like ${plain[0].slice(0, length)}*` : `: ${plain[0]}, …`}`;
}

const edgeWords = (edge) => [edge.allowed.join(", "), edge.conditional.length > 0 && `under conditions: ${edge.conditional.join(", ")}`].filter(Boolean).join("; ");
