// Keys that work everywhere; those of the matrix are in the grid.
const KEYS = [
  ["/", "search"], ["1 … 5", "the parts of the report"], ["Tab, Shift+Tab", "from one control to the next"],
  ["arrows", "in the matrix: from cell to cell"], ["Page Up, Page Down, Home, End", "in the matrix: further; with Ctrl to the corners"],
  ["Ctrl + arrows", "in the matrix: to the next cell in which something is held"], ["Enter", "in the matrix: open the proof; on a name: list who is alike, or what it holds"], ["Escape", "close the proof"],
  ["+, -, 0", "in the graph: nearer, farther, all of it"], ["?", "these keys"],
];

function startKeyboard(tabs) {
  const dialog = byId("keys");
  dialog.append(el("h2", { id: "keys-title" }, "Keys"), el("dl", {}, KEYS.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)])),
    el("form", { method: "dialog" }, el("button", { type: "button", onclick: () => dialog.close() }, "Close")));
  byId("help").addEventListener("click", () => dialog.showModal());
  document.addEventListener("keydown", (event) => {
    const typing = event.target.closest?.("input, select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape" && !dialog.open && Panel.close()) event.preventDefault();
    else if (typing) return;
    else if (event.key === "/") {
      const search = document.querySelector("#main input[type=search]");
      if (!search) return;
      event.preventDefault();
      search.focus();
      search.select();
    } else if (event.key === "?") dialog.showModal();
    else if (/^[1-9]$/.test(event.key) && tabs[event.key - 1]) State.set({ view: tabs[event.key - 1] });
  });
}
