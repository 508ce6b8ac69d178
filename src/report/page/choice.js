// Which rows, columns and cells the filters leave.
class Choice {
  constructor(data) {
    this.data = data;
    const { count: total, party } = data.cells;
    // Cells are sorted by row: where each row begins.
    this.starts = new Uint32Array(data.parties.length + 1);
    for (let cell = 0; cell < total; cell++) this.starts[party[cell] + 1]++;
    for (let row = 0; row < data.parties.length; row++) this.starts[row + 1] += this.starts[row];
    this.unfoldedRows = new Set();
    this.unfoldedColumns = new Set();
    this.of = new Map();
    this.lower = {
      rows: data.parties.map((one) => one.names.map((name) => name.toLowerCase())),
      columns: data.columns.map((one) => one.names.map((name) => name.toLowerCase())),
    };
    this.apply();
  }

  static filters() {
    const words = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);
    const hidden = State.get("hide") ? State.get("hide").split(",") : [];
    return {
      who: words(State.get("who")), what: words(State.get("what")), account: State.get("account"), owner: State.get("owner"),
      kind: State.get("kind"), verdict: State.get("verdict"), hidden,
      cross: State.get("cross") === "1", isPublic: State.get("public") === "1", writes: State.get("writes") === "1",
      sort: State.get("sort", "account"), columnSort: State.get("columns", "account"),
    };
  }

  apply() {
    const { data } = this;
    const filters = Choice.filters();
    this.filters = filters;
    const matching = (names, lower, words) =>
      words.length === 0 ? null : names.map((_, at) => at).filter((at) => words.every((word) => lower[at].includes(word)));
    const ids = (account) => account?.id ?? "-";
    // The members that are meant; `null`: all.
    this.rowMembers = data.parties.map((one, at) => matching(one.names, this.lower.rows[at], filters.who));
    this.columnMembers = data.columns.map((one, at) => matching(one.names, this.lower.columns[at], filters.what));
    const rowFits = data.parties.map((one, at) => this.rowMembers[at]?.length !== 0
      && (!filters.account || ids(one.account) === filters.account) && (!filters.kind || one.kind === filters.kind));
    const columnFits = data.columns.map((one, at) => this.columnMembers[at]?.length !== 0
      && (!filters.owner || one.account.id === filters.owner) && (!filters.isPublic || one.isPublic));
    const wanted = data.capabilities.map((name) => !filters.hidden.includes(name) && (!filters.writes || isWrite(name)));
    const wantedVerdict = { allowed: 0, conditional: 1 }[filters.verdict];
    const { party, column, capability, verdict, count: total } = data.cells;
    this.shown = new Uint8Array(total);
    const rowWeight = new Float64Array(data.parties.length);
    const columnWeight = new Float64Array(data.columns.length);
    const rowLevel = new Uint8Array(data.parties.length);
    const columnLevel = new Uint8Array(data.columns.length);
    const levels = data.capabilities.map((name) => LEVELS[name]);
    let told = 0;
    for (let cell = 0; cell < total; cell++) {
      const row = party[cell];
      const at = column[cell];
      if (!rowFits[row] || !columnFits[at] || !wanted[capability[cell]]) continue;
      if (wantedVerdict !== undefined && verdict[cell] !== wantedVerdict) continue;
      if (filters.cross && data.parties[row].account === data.columns[at].account) continue;
      this.shown[cell] = 1;
      told++;
      rowWeight[row] += this.size("columns", at);
      columnWeight[at] += this.size("rows", row);
      rowLevel[row] = Math.max(rowLevel[row], levels[capability[cell]]);
      columnLevel[at] = Math.max(columnLevel[at], levels[capability[cell]]);
    }
    this.cellsTold = told;
    const name = (one) => one.names[0];
    const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
    const orders = (weight, level) => ({
      account: (one, other) => one.number - other.number,
      name: (one, other) => compare(bare(name(one)).toLowerCase(), bare(name(other)).toLowerCase()) || one.number - other.number,
      most: (one, other) => weight[other.number] - weight[one.number] || one.number - other.number,
      power: (one, other) => level[other.number] - level[one.number] || weight[other.number] - weight[one.number] || one.number - other.number,
    });
    // Columns without anybody are told as long as nothing but names is asked for.
    const strict = filters.account || filters.kind || filters.verdict || filters.cross || filters.writes || filters.who.length > 0 || filters.hidden.length > 0;
    const rowOrder = orders(rowWeight, rowLevel);
    const columnOrder = orders(columnWeight, columnLevel);
    const rows = data.parties.filter((one) => rowWeight[one.number] > 0).sort(rowOrder[filters.sort] ?? rowOrder.account);
    const columns = data.columns.filter((one) => columnFits[one.number] && (!strict || columnWeight[one.number] > 0))
      .sort(columnOrder[filters.columnSort] ?? columnOrder.account);
    this.rows = this.unfold(rows, this.rowMembers, this.unfoldedRows);
    this.columns = this.unfold(columns, this.columnMembers, this.unfoldedColumns);
    const members = (list, of) => list.reduce((sum, one) => sum + this.size(of, one.number), 0);
    this.counts = { rows: rows.length, columns: columns.length, principals: members(rows, "rows"), repositories: members(columns, "columns") };
    this.of.clear();
  }

  size(of, at) {
    const [members, all] = of === "rows" ? [this.rowMembers, this.data.parties] : [this.columnMembers, this.data.columns];
    return members[at]?.length ?? all[at].names.length;
  }

  unfold(list, members, unfolded) {
    return list.flatMap((one) => {
      const chosen = members[one.number] ?? one.names.map((_, at) => at);
      if (!unfolded.has(one.number) && (chosen.length > 1 || one.names.length === 1)) return [{ one, member: -1, chosen }];
      return chosen.map((member, at) => ({ one, member, chosen, first: at === 0 }));
    });
  }

  toggle(of, number) {
    const set = of === "rows" ? this.unfoldedRows : this.unfoldedColumns;
    if (!set.delete(number)) set.add(number);
    this.apply();
  }

  /** The cells of a row, by column; those that the filters leave out are not among them. */
  row(party) {
    let found = this.of.get(party);
    if (!found) {
      found = new Map();
      for (let cell = this.starts[party]; cell < this.starts[party + 1]; cell++) {
        if (!this.shown[cell]) continue;
        const at = this.data.cells.column[cell];
        if (!found.has(at)) found.set(at, []);
        found.get(at).push(cell);
      }
      this.of.set(party, found);
    }
    return found;
  }

  at(row, column) {
    return this.row(row.one.number).get(column.one.number) ?? [];
  }
}
