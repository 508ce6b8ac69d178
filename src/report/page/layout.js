// Where nodes stand: a band for each account, in it a column for each layer; what is connected stands at the same height.
const NODE = { width: 220, height: 30, gap: 10, between: 150, room: 26 };
const SHOWN = 24;

/** The part of the graph that open accounts show: their nodes, and of other accounts one node for each side of it. */
function opened(graph, open, all) {
  const nodes = new Map();
  const edges = new Map();
  const isOpen = (node) => open.has(node.account?.id ?? OUTSIDE) || !node.account;
  const stand = (node) => {
    const id = node.account?.id ?? OUTSIDE;
    const side = node.kind === "repository" ? "repositories" : "principals";
    const key = isOpen(node) ? `n${node.id}` : `${id} ${side}`;
    if (!nodes.has(key)) {
      nodes.set(key, isOpen(node) ? { key, nodes: [node], account: node.account, band: id, layer: node.layer, kind: node.kind, label: node.label, isPublic: node.isPublic }
        : { key, nodes: [], account: node.account, band: `elsewhere`, layer: side === "repositories" ? graph.last : 0, kind: "elsewhere", label: accountName(node.account), side });
    }
    const found = nodes.get(key);
    if (!isOpen(node) && !found.nodes.includes(node)) found.nodes.push(node);
    return found;
  };
  for (const id of open) for (const node of graph.accounts.get(id)?.nodes ?? []) if (node.out.length + node.in.length > 0 || all) stand(node);
  for (const edge of graph.edges) {
    const inside = (node) => open.has(node.account?.id ?? OUTSIDE);
    if (!inside(edge.from) && !inside(edge.to)) continue;
    const [from, to] = [stand(edge.from), stand(edge.to)];
    if (from === to) continue;
    const key = `${from.key}>${to.key}`;
    if (!edges.has(key)) edges.set(key, { key, from, to, level: 0, sure: false, assume: false, of: [] });
    const drawn = edges.get(key);
    drawn.of.push(edge);
    drawn.level = Math.max(drawn.level, edge.level);
    drawn.sure ||= edge.allowed.length > 0;
    drawn.assume ||= edge.assume && edge.level === 0;
  }
  return { nodes: [...nodes.values()], edges: [...edges.values()] };
}

function layout({ nodes, edges }, spread) {
  for (const node of nodes) Object.assign(node, { out: [], in: [] });
  for (const edge of edges) {
    edge.from.out.push(edge);
    edge.to.in.push(edge);
  }
  const bands = new Map();
  for (const node of nodes) {
    if (!bands.has(node.band)) bands.set(node.band, { id: node.band, account: node.account, layers: new Map(), hidden: [] });
    const { layers } = bands.get(node.band);
    if (!layers.has(node.layer)) layers.set(node.layer, []);
    layers.get(node.layer).push(node);
  }
  const rank = (id) => (id === OUTSIDE ? "0" : id === "elsewhere" ? "2" : `1${id}`);
  const sorted = [...bands.values()].sort((one, other) => (rank(one.id) < rank(other.id) ? -1 : 1));
  for (const band of sorted) {
    for (const [layer, column] of band.layers) {
      column.sort((one, other) => other.out.length + other.in.length - one.out.length - one.in.length);
      if (column.length > SHOWN + 1 && !spread.has(`${band.id} ${layer}`)) {
        const rest = column.splice(SHOWN);
        rest.forEach((node) => { node.hidden = true; });
        column.push({ key: `more ${band.id} ${layer}`, kind: "more", label: `${rest.length} more`, band: band.id, layer, nodes: [], out: [], in: [], spreads: `${band.id} ${layer}` });
      }
    }
  }
  place(sorted);
  const used = [...new Set(sorted.flatMap((band) => [...band.layers.keys()]))].sort((one, other) => one - other);
  for (let round = 0; round < 6; round++) {
    for (const layer of round % 2 === 0 ? used : [...used].reverse()) {
      for (const band of sorted) {
        const column = band.layers.get(layer);
        if (!column) continue;
        const centre = (node) => {
          const near = [...node.in.map((edge) => edge.from), ...node.out.map((edge) => edge.to)].filter((other) => !other.hidden && other.y !== undefined);
          return node.kind === "more" ? Infinity : near.length === 0 ? node.y : near.reduce((sum, other) => sum + other.y, 0) / near.length;
        };
        const centres = new Map(column.map((node) => [node, centre(node)]));
        column.sort((one, other) => centres.get(one) - centres.get(other) || (one.label < other.label ? -1 : 1));
      }
    }
    place(sorted);
  }
  used.forEach((layer, at) => sorted.forEach((band) => band.layers.get(layer)?.forEach((node) => { node.x = 24 + at * (NODE.width + NODE.between); })));
  const width = 48 + used.length * NODE.width + (used.length - 1) * NODE.between;
  const height = Math.max(...sorted.map((band) => band.y + band.height), 100) + 20;
  const shown = [...sorted.flatMap((band) => [...band.layers.values()].flat())];
  return { bands: sorted, nodes: shown, edges: edges.filter((edge) => !edge.from.hidden && !edge.to.hidden), width, height, layers: used };
}

function place(bands) {
  let top = 46;
  for (const band of bands) {
    const step = NODE.height + NODE.gap;
    const rows = Math.max(...[...band.layers.values()].map((column) => column.length));
    band.y = top;
    band.height = NODE.room + rows * step + 8;
    for (const column of band.layers.values()) {
      const start = top + NODE.room + ((rows - column.length) * step) / 2;
      column.forEach((node, at) => { node.y = start + at * step; });
    }
    top += band.height + 22;
  }
}

/** All accounts at a glance: those that others reach, or that reach others, first. */
function overview(graph) {
  const tiles = [...graph.accounts.values()].map((one) => ({ ...one, key: one.id, near: new Map() }));
  const byId = new Map(tiles.map((tile) => [tile.id, tile]));
  for (const edge of graph.edges) {
    const [from, to] = [byId.get(edge.from.account?.id ?? OUTSIDE), byId.get(edge.to.account?.id ?? OUTSIDE)];
    if (from === to) continue;
    const key = to.id;
    const known = from.near.get(key) ?? { from, to, level: 0, sure: false, count: 0, assume: true };
    known.level = Math.max(known.level, edge.level);
    known.sure ||= edge.allowed.length > 0;
    known.assume &&= edge.assume && edge.level === 0;
    known.count += edge.from.names.length;
    from.near.set(key, known);
  }
  const edges = tiles.flatMap((tile) => [...tile.near.values()]);
  const degree = new Map(tiles.map((tile) => [tile, 0]));
  for (const edge of edges) for (const end of [edge.from, edge.to]) degree.set(end, degree.get(end) + 1);
  tiles.sort((one, other) => (other.id === OUTSIDE) - (one.id === OUTSIDE) || degree.get(other) - degree.get(one) || (one.id < other.id ? -1 : 1));
  const across = Math.min(7, Math.max(2, Math.ceil(Math.sqrt(tiles.length * 0.9))));
  tiles.forEach((tile, at) => Object.assign(tile, {
    ins: edges.filter((edge) => edge.to === tile).length, outs: edges.filter((edge) => edge.from === tile).length,
    most: Math.max(0, ...edges.filter((edge) => edge.to === tile).map((edge) => edge.level)),
    x: 20 + (at % across) * 250, y: 20 + Math.floor(at / across) * 118, width: 210, height: 76 }));
  return { tiles, edges, width: 40 + across * 250 - 40, height: 40 + Math.ceil(tiles.length / across) * 118 - 42, isBusy: edges.length > 30 };
}
