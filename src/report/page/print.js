// On paper: the summary, the findings that are chosen, and the matrix as it is filtered, as tables that fit a page.
const PRINTED = { rows: 300, columns: 120, across: 22, findings: 500 };

function printed(data, choice) {
  const severity = State.get("severity");
  const findings = data.findings.filter((one) => !severity || one.severity === severity);
  const parts = [summaryView(data)];
  if (findings.length > 0) {
    parts.push(el("section", {}, el("h2", {}, `Findings (${findings.length})`), findings.slice(0, PRINTED.findings).map((one) => el("div", { class: "printed-finding" },
      el("p", {}, el("strong", {}, one.severity), ": ", spans(one.message), " [", one.name, "]"),
      one.spots.slice(0, 5).map((spot) => el("p", { class: "under" }, `${spot.file}:${spot.line}:${spot.column}`, spot.statement && ` in ${short(spot.statement.policy)}`)),
      one.hint && el("p", { class: "under" }, spans(one.hint)))), left(findings.length, PRINTED.findings, "findings")));
  }
  if (data.hasMatrix) parts.push(el("section", {}, el("h2", {}, "Who holds what"), legendLine(data), tables(data, choice)));
  return parts;
}

const left = (all, most, what) => all > most && el("p", { class: "note" }, `${all - most} more ${what} are not printed; filter to print them.`);

const legendLine = (data) => el("p", { class: "under" }, data.capabilities.map((name) => `${LETTERS[name]} ${name}`).join(", "), ". Underlined: under a condition. Small: only through a role.");

function tables(data, choice) {
  const rows = choice.rows.slice(0, PRINTED.rows);
  const blocks = [];
  const columns = choice.columns.slice(0, PRINTED.columns);
  const name = ({ one, member }, long) => (member < 0 ? one.label : long(one.names[member]));
  for (let from = 0; from < columns.length; from += PRINTED.across) {
    const block = columns.slice(from, from + PRINTED.across);
    const told = rows.filter((row) => block.some((column) => choice.at(row, column).length > 0));
    if (told.length === 0) continue;
    blocks.push(el("table", { class: "printed" },
      el("thead", {}, el("tr", {}, el("th", {}, ""), block.map((column) => el("th", {}, el("span", { class: "turned" }, name(column, bare)))))),
      el("tbody", {}, told.map((row) => el("tr", {}, el("th", {}, name(row, short), el("small", {}, ` ${accountName(row.one.account)}`)),
        block.map((column) => el("td", {}, letters(choice.at(row, column), data))))))));
  }
  return [blocks, left(choice.rows.length, PRINTED.rows, "rows"), left(choice.columns.length, PRINTED.columns, "columns")];
}
