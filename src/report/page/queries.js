// Saved queries that were asked: each a table.
function queriesView(data) {
  return el("div", { class: "page" }, el("h1", {}, "Questions"), data.queries.map((query) => el("section", { class: "query" },
    el("h2", {}, query.title, " ", el("span", { class: "layer" }, query.name)),
    query.notes.map((note) => el("p", { class: "note" }, note)),
    el("p", { class: "under" }, count(query.rows.length, "row")),
    query.rows.length > 0 && queryTable(query))));
}

function queryTable(query) {
  const body = el("tbody");
  const more = el("button", { type: "button", class: "more" });
  const next = () => {
    const done = body.children.length;
    body.append(...query.rows.slice(done, done + 50).map((row) => el("tr", {}, row.map((value) => el("td", { title: value }, short(value ?? ""))))));
    more.hidden = body.children.length >= query.rows.length;
    more.textContent = `Show more of ${count(query.rows.length - body.children.length, "other row")}`;
  };
  more.addEventListener("click", next);
  next();
  return el("div", { class: "wide" }, el("table", { class: "figures text" }, el("thead", {}, el("tr", {}, query.columns.map((name) => el("th", { scope: "col" }, name)))), body), more);
}
