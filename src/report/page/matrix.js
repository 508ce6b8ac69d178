// The matrix with its filters.
function matrixView(data) {
  const choice = new Choice(data);
  const grid = new Grid(choice, (row, column) => showCell(data, row, column), (entry, of) => showLine(data, choice, entry, of));
  const { bar, counts, corner } = filterBar(choice);
  grid.corner.prepend(...corner);
  const empty = el("p", { class: "nothing", hidden: true }, "Nothing is held that these filters leave.");
  let before = null;
  const refresh = () => {
    const key = FILTERS.map((name) => State.get(name)).join("\n");
    if (key === before) return;
    before = key;
    choice.apply();
    const { counts: told } = choice;
    empty.hidden = choice.rows.length > 0;
    counts.textContent = `${count(told.principals, "principal")} in ${count(told.rows, "row")}, ${count(told.repositories, "repository", "repositories")} in ${count(told.columns, "column")}, ${count(choice.cellsTold, "permission")}`;
    grid.isFresh = true;
    grid.refresh();
  };
  const element = el("div", { class: "matrix" }, bar, empty, grid.element);
  refresh();
  // A link to a cell opens it; it is sought among the rows that the filters leave.
  const opened = () => {
    const [party, member, column, other] = State.get("cell").split(".").map(Number);
    if (!State.get("cell") || !data.parties[party] || !data.columns[column]) return;
    const entry = (one, member) => (one.names[member] !== undefined ? { one, member, chosen: [member] } : { one, member: -1, chosen: one.names.map((_, at) => at) });
    showCell(data, entry(data.parties[party], member), entry(data.columns[column], other));
  };
  return { element, refresh, choice, grid, opened };
}
