// Everything begins here.
async function start() {
  startTheme();
  State.read();
  const data = Data.read(await Data.unpack(byId("data").textContent.trim()));
  document.title = `${data.title} · grantlog`;
  byId("title").textContent = data.title;
  const matrix = data.hasMatrix ? matrixView(data) : null;
  const views = { summary: () => ({ element: summaryView(data) }) };
  if (data.hasFindings) views.findings = () => findingsView(data);
  if (matrix) {
    views.matrix = () => matrix;
    views.graph = () => graphView(data);
  }
  if (data.queries.length > 0) views.questions = () => ({ element: queriesView(data) });
  const names = Object.keys(views);
  const tabs = names.map((name, at) => el("button", { type: "button", "data-view": name, title: `${at + 1}`, onclick: () => State.set({ view: name }) }, name));
  byId("tabs").append(...tabs);
  const made = {};
  let shown = null;
  const draw = () => {
    const wanted = names.includes(State.get("view")) ? State.get("view") : names[0];
    made[wanted] ??= views[wanted]();
    if (shown !== wanted) {
      shown = wanted;
      byId("main").replaceChildren(made[wanted].element);
      byId("main").dataset.view = wanted;
      tabs.forEach((tab) => (tab.dataset.view === wanted ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current")));
    }
    made[wanted].refresh?.();
  };
  State.listeners.push(draw);
  addEventListener("hashchange", () => { State.read(); draw(); });
  startKeyboard(names);
  draw();
  matrix?.opened();
  addEventListener("beforeprint", () => byId("print").replaceChildren(...printed(data, matrix?.choice)));
  addEventListener("afterprint", () => byId("print").replaceChildren());
  document.documentElement.dataset.ready = "1";
}

start().catch((error) => {
  byId("main").replaceChildren(el("p", { class: "nothing" }, `This page cannot be shown: ${error.message}`));
  throw error;
});
