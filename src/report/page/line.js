// All that one row or one column holds, as a list: where a matrix is mostly empty, that is shorter than looking for it.
function showLine(data, choice, entry, of) {
  const isRow = of === "rows";
  const others = isRow ? choice.columns : choice.rows;
  const name = entry.one.names[entry.member < 0 ? entry.chosen[0] : entry.member];
  const held = others.filter((other) => other.member < 0 || other.first || other.one.names.length === 1)
    .map((other) => ({ other, cells: isRow ? choice.at(entry, other) : choice.at(other, entry) })).filter(({ cells }) => cells.length > 0);
  const told = ({ one, member }) => (member < 0 && one.names.length > 1 ? one.label : bare(one.names[Math.max(0, member)]));
  const line = ({ other, cells }) => el("button", { type: "button", class: "held-line", onclick: () => (isRow ? showCell(data, entry, other) : showCell(data, other, entry)) },
    el("span", {}, el("code", {}, told(other)), el("small", {}, ` ${accountName(other.one.account)}`)), el("span", { class: "under" }, cellWords(cells, data)));
  Panel.show(el("code", { title: name }, isRow ? short(name) : bare(name)), `${entry.one.kind} · ${accountWords(entry.one.account)}`,
    entry.one.isPublic && el("p", { class: "note public" }, "This repository is public: anyone can pull from it, with or without an identity."),
    el("p", { class: "under" }, isRow ? `holds something on ${count(held.length, "column")} of those that the filters leave` : `${count(held.length, "row")} of those that the filters leave hold something on it`),
    some(held, line, 100));
}
