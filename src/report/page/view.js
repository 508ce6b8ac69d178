// The graph's part of the page: an overview of accounts, and what is in those that are open.
const WHOLE = 70;
const ICONS = {
  user: "M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14a5.5 5.5 0 0 1 11 0z", role: "M8 1.5 13.5 4v4c0 3.4-2.3 5.6-5.5 6.5C4.8 13.6 2.5 11.400 2.500 8V4z",
  repository: "M2.500 4.500 8 1.500l5.500 3v7L8 14.500l-5.500-3z", other: "M8 1.500a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13z",
};

function graphView(data) {
  const graph = new Graph(data);
  const picture = new Picture();
  const drawable = graph.nodes.filter((node) => node.out.length + node.in.length > 0).length;
  const all = [...graph.accounts.keys()];
  const open = new Set(State.get("open") ? State.get("open").split(",").filter((id) => graph.accounts.has(id)) : drawable <= WHOLE ? all : []);
  const spread = new Set();
  let drawn = null;
  let focus = null;
  const search = el("input", { type: "search", placeholder: "mark names   /", "aria-label": "Mark nodes by fragments of their names", value: State.get("mark"), autocomplete: "off", spellcheck: "false" });
  const told = el("p", { role: "status", id: "graph-counts" });
  const home = el("button", { type: "button", class: "quiet", onclick: () => change(() => open.clear()) }, "All accounts");
  const button = (text, label, act) => el("button", { type: "button", class: "quiet", "aria-label": label, onclick: act }, text);
  const centre = () => [picture.element.clientWidth / 2, picture.element.clientHeight / 2];
  const element = el("div", { class: "graph" },
    el("div", { class: "filters" }, el("div", { class: "line" }, search, graph.accounts.size > 1 && home,
      button("+", "Nearer", () => picture.zoom(1.25, ...centre())), button("−", "Farther", () => picture.zoom(0.8, ...centre())), button("Fit", "All of it", () => picture.fit()), told,
      el("span", { class: "edge-key" }, el("i", { class: "level1" }), "pulls"), el("span", { class: "edge-key" }, el("i", { class: "level2" }), "writes"), el("span", { class: "edge-key" }, el("i", { class: "level3" }), "deletes, administers"),
      el("span", { class: "edge-key" }, el("i", { class: "assume" }), "becomes"), el("span", { class: "edge-key" }, el("i", { class: "dashed" }), "under a condition"))),
    picture.element);
  new ResizeObserver(() => picture.size && !picture.isMoved && picture.fit()).observe(picture.element);

  const mark = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const one of picture.scene.querySelectorAll(".node")) {
      const names = drawn.names(one.dataset.key);
      const hit = words.length > 0 && names.some((name) => words.every((word) => name.toLowerCase().includes(word)));
      one.classList.toggle("marked", hit);
      hits += hit;
    }
    if (words.length > 0) told.textContent = `${count(hits, "node")} marked`;
    else told.textContent = drawn.told;
  };
  search.addEventListener("input", mark);

  const redraw = () => {
    focus = null;
    drawn = open.size === 0 ? drawOverview(graph, picture, openAccount) : drawOpen(graph, picture, { open, spread, redraw, select, openAccount, shut: (id) => change(() => open.delete(id)) });
    mark();
  };
  const change = (act) => {
    act();
    redraw();
    State.set({ open: drawable <= WHOLE && open.size === all.length ? "" : [...open].join(",") });
  };
  const openAccount = (id) => {
    change(() => open.add(id));
    if (id !== OUTSIDE) say(`${accountName(graph.accounts.get(id).account)} opened`);
  };
  const select = (node) => {
    if (focus === node.key) {
      focus = null;
      picture.highlight(null, drawn, "dim");
      Panel.close();
      return;
    }
    focus = node.key;
    picture.highlight(node.key, drawn, "dim");
    nodePanel(node);
  };
  picture.element.addEventListener("click", (event) => {
    if (picture.dragged || event.target.closest(".node, .frame")) return;
    focus = null;
    picture.highlight(null, drawn, "dim");
  });
  const hover = (event) => {
    if (focus) return;
    const node = event.target.closest?.(".node");
    picture.highlight(node?.dataset.key ?? null, drawn, "faint");
  };
  for (const kind of ["pointerover", "focusin"]) picture.element.addEventListener(kind, hover);
  picture.element.addEventListener("pointerleave", () => focus || picture.highlight(null, drawn, "faint"));
  redraw();
  let isFirst = true;
  return { element, refresh: () => { if (isFirst) requestAnimationFrame(() => picture.fit()); isFirst = false; }, picture };
}

/** A node that is a button: for the mouse and for the keyboard. */
function pressable(attributes, act, ...children) {
  return svg("g", { ...attributes, role: "button", tabindex: "0", onclick: act, onkeydown: (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    act(event);
  } }, ...children);
}

function drawOverview(graph, picture, openAccount) {
  const { tiles, edges, width, height, isBusy } = overview(graph);
  const nodes = tiles.map((tile) => ({ ...tile, out: [], in: [] }));
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  // One step is enough here: ways through accounts are no ways through roles.
  const links = edges.map((edge) => ({ ...edge, key: `${edge.from.key}>${edge.to.key}`, from: { key: edge.from.key, out: [], in: [] }, to: { key: edge.to.key, out: [], in: [] } }));
  for (const link of links) {
    byKey.get(link.from.key).out.push(link);
    byKey.get(link.to.key).in.push(link);
  }
  const size = (nodes, wanted) => nodes.filter((node) => (node.kind === "repository") === wanted).reduce((sum, node) => sum + node.names.length, 0);
  const held = (nodes, between) => [count(size(nodes, false), "principal"), count(size(nodes, true), "repository", "repositories")].join(between);
  picture.show({ width, height },
    svg("g", { class: `edges${isBusy ? " on-demand" : ""}` }, links.map((link) => {
      const [from, to] = [byKey.get(link.from.key), byKey.get(link.to.key)];
      const [x1, y1, x2, y2] = [from.x + 105, from.y + 38, to.x + 105, to.y + 38];
      const lift = Math.max(24, Math.hypot(x2 - x1, y2 - y1) / 5);
      return svg("path", { class: `edge level${link.level} ${link.assume ? "assume" : ""} ${link.sure ? "" : "dashed"}`, "data-key": link.key, d: `M${x1} ${y1}Q${(x1 + x2) / 2} ${(y1 + y2) / 2 - lift} ${x2} ${y2}`, "stroke-width": 1 + Math.min(4, Math.log2(1 + link.count) / 2) });
    })),
    nodes.map((tile) => pressable({ class: "node account", "data-key": tile.key, transform: `translate(${tile.x} ${tile.y})`, "aria-label": `${accountWords(tile.account)}: ${held(tile.nodes, ", ")}; ${tile.ins} other accounts reach it, it reaches ${tile.outs}; open` },
      () => picture.dragged || openAccount(tile.id),
      svg("rect", { width: tile.width, height: tile.height, rx: 10 }), svg("title", {}, accountWords(tile.account)),
      tile.most > 0 && svg("rect", { class: `strip level${tile.most}`, x: 0, y: 12, width: 4, height: tile.height - 24 }),
      svg("text", { class: "sub flow", x: tile.width - 12, y: 42, "text-anchor": "end" }, tile.ins > 0 && `← ${tile.ins} `, tile.outs > 0 && `→ ${tile.outs}`),
      svg("text", { class: "name", x: 14, y: 24 }, clip(tile.id === OUTSIDE ? "outside" : accountName(tile.account), 22)),
      svg("text", { class: "sub", x: 14, y: 42 }, tile.account?.name ? tile.account.id : ""),
      svg("text", { class: "sub", x: 14, y: 62 }, held(tile.nodes, " · ")))));
  return { nodes, names: (key) => [key, ...(graph.accounts.get(key)?.account?.name ? [graph.accounts.get(key).account.name] : []), ...(graph.accounts.get(key)?.nodes ?? []).flatMap((node) => node.names)],
    told: `${count(tiles.length, "account")}; choose one to open it` };
}

function drawOpen(graph, picture, { open, spread, redraw, select, openAccount, shut }) {
  const placed = layout(opened(graph, open, open.size === 1), spread);
  const { bands, nodes, edges, width, height, layers } = placed;
  const heads = layers.map((layer, at) => svg("text", { class: "layer-name", x: 24 + at * (NODE.width + NODE.between), y: 26 }, layer === 0 ? "principals" : layer === graph.last ? "repositories" : layer === 1 ? "roles" : "roles of roles"));
  const frames = bands.map((band) => svg("g", { class: `frame${band.id === "elsewhere" ? " elsewhere" : ""}` },
    svg("rect", { x: 8, y: band.y, width: width - 16, height: band.height, rx: 12 }),
    svg("text", { x: 24, y: band.y + 18 }, band.id === "elsewhere" ? "other accounts; choose one to open it too" : band.id === OUTSIDE ? "outside of all accounts" : accountWords(band.account)),
    open.size > 1 && band.account && band.id !== "elsewhere" && pressable({ class: "shut", transform: `translate(${width - 34} ${band.y + 13})`, "aria-label": `Close ${accountName(band.account)}` }, () => shut(band.id),
      svg("circle", { r: 9 }), svg("path", { d: "M-3.500 -3.500 3.500 3.500M3.500 -3.500 -3.500 3.500" }))));
  const paths = edges.map((edge) => svg("path", { class: `edge level${edge.level} ${edge.assume ? "assume" : ""} ${edge.sure ? "" : "dashed"}`, "data-key": edge.key, d: curve(edge.from, edge.to) }));
  const boxes = nodes.map((node) => pressable({ class: `node ${node.kind}${node.isPublic ? " public" : ""}`, "data-key": node.key, transform: `translate(${node.x} ${node.y})`, "aria-label": `${node.kind} ${node.label}` },
    () => { if (!picture.dragged) act(node); },
    svg("rect", { width: NODE.width, height: NODE.height, rx: node.kind === "repository" ? 5 : 15 }), svg("title", {}, node.nodes.flatMap((one) => one.names).slice(0, 12).join("\n") || node.label),
    svg("path", { class: "icon", d: node.kind === "more" || node.kind === "elsewhere" ? ICONS.other : ICONS[node.kind] ?? (node.kind === "session" ? ICONS.role : ICONS.other), transform: "translate(8 7)" }),
    svg("text", { x: 30, y: 19.500 }, clip(node.label.replace(/^(role|user)\//, ""), node.side ? 20 : 25) + (node.side ? ` · ${node.nodes.reduce((sum, one) => sum + one.names.length, 0)}` : ""))));
  const act = (node) => {
    if (node.kind === "more") {
      spread.add(node.spreads);
      redraw();
    } else if (node.kind === "elsewhere") openAccount(node.account.id);
    else select(node);
  };
  picture.show({ width, height }, frames, heads, svg("g", { class: "edges" }, paths), boxes);
  const byKey = new Map(nodes.map((node) => [node.key, node]));
  return { ...placed, names: (key) => (byKey.get(key)?.nodes ?? []).flatMap((node) => node.names), told: `${count(nodes.length, "node")}, ${count(edges.length, "edge")}` };
}

function nodePanel(node) {
  const [first] = node.nodes;
  const line = (edge, other) => el("li", {}, el("code", { title: other.names[0] }, other.label), other.account !== first.account && el("small", {}, ` ${accountName(other.account)}`), ": ", edgeWords(edge));
  const list = (title, edges, end) => edges.length > 0 && el("section", {}, el("h3", {}, title), el("ul", { class: "edge-list" }, edges.slice(0, 60).map((edge) => line(edge, edge[end]))), edges.length > 60 && el("p", { class: "note" }, `${edges.length - 60} more are in the matrix.`));
  const isRepository = first.kind === "repository";
  const filter = first.names.length === 1 ? first.names[0] : "";
  Panel.show(first.label, `${first.kind} · ${accountWords(first.account)}`,
    first.isPublic && el("p", { class: "note public" }, "Public: anyone can pull."),
    list("Can", first.out.filter((edge) => !edge.assume || edge.level > 0), "to"), list("Can become", first.out.filter((edge) => edge.assume), "to"),
    list(isRepository ? "Who can" : "Who can become it", first.in, "from"),
    filter && el("p", {}, el("button", { type: "button", onclick: () => showInMatrix(isRepository ? { what: filter } : { who: filter }) }, "Show in the matrix")),
    members("alike", first.names));
}
