// The matrix: a grid of any size, of which only what is visible (and little around it) is in the document.
const ROW = 28;
const COLUMN = 58;
const HEAD = 168;
const AROUND = 4;

class Grid {
  constructor(choice, open, list) {
    this.choice = choice;
    this.open = open;
    this.list = list;
    this.active = { row: 0, column: 0 };
    this.rows = new Map();
    this.heads = new Map();
    // Until it is in the document, it cannot be scrolled.
    this.isFresh = true;
    this.range = null;
    this.spacer = el("div", { class: "spacer", role: "presentation" });
    this.head = el("div", { class: "heads", role: "row" });
    this.size = el("span", { class: "size" });
    this.corner = el("div", { class: "corner", role: "columnheader" }, this.size);
    this.head.append(this.corner);
    this.element = el("div", { id: "grid", class: "grid", role: "grid", tabindex: "0", "aria-label": "Who holds what: principals in rows, repositories in columns" }, this.head, this.spacer);
    let asked = false;
    this.element.addEventListener("scroll", () => {
      if (asked) return;
      asked = true;
      requestAnimationFrame(() => { asked = false; this.draw(); });
    }, { passive: true });
    this.element.addEventListener("keydown", (event) => this.key(event));
    this.element.addEventListener("click", (event) => this.click(event));
    new ResizeObserver(() => this.draw()).observe(this.element);
  }

  /** As wide as the names are, within bounds. */
  get side() {
    return Math.min(390, Math.max(230, Math.floor(this.element.clientWidth * 0.34)));
  }

  refresh() {
    const { rows, columns, counts } = this.choice;
    this.range = null;
    for (const row of this.rows.values()) row.remove();
    for (const head of this.heads.values()) head.remove();
    this.rows.clear();
    this.heads.clear();
    this.element.setAttribute("aria-rowcount", rows.length + 1);
    this.element.setAttribute("aria-colcount", columns.length + 1);
    this.size.textContent = `${count(counts.principals, "principal")} × ${count(counts.repositories, "repository", "repositories")}`;
    this.begins = { rows: this.choice.filters.sort === "account", columns: this.choice.filters.columnSort === "account" };
    this.active.row = Math.min(this.active.row, Math.max(0, rows.length - 1));
    this.active.column = Math.min(this.active.column, Math.max(0, columns.length - 1));
    this.draw();
  }

  draw() {
    const { rows, columns } = this.choice;
    if (this.element.clientHeight === 0) return;
    const began = performance.now();
    const side = this.side;
    this.element.style.setProperty("--side", `${side}px`);
    const width = `${side + columns.length * COLUMN + 110}px`;
    this.spacer.style.height = `${rows.length * ROW}px`;
    this.spacer.style.width = width;
    this.head.style.width = width;
    if (this.isFresh) this.begin();
    const { scrollTop, scrollLeft, clientHeight, clientWidth } = this.element;
    const range = {
      top: Math.max(0, Math.floor(scrollTop / ROW) - AROUND),
      bottom: Math.min(rows.length, Math.ceil((scrollTop + clientHeight - HEAD) / ROW) + AROUND),
      left: Math.max(0, Math.floor(scrollLeft / COLUMN) - AROUND),
      right: Math.min(columns.length, Math.ceil((scrollLeft + clientWidth - side) / COLUMN) + AROUND),
    };
    const hadFocus = this.element.contains(document.activeElement) && document.activeElement !== this.element;
    const old = this.range;
    const shifted = !old || old.left !== range.left || old.right !== range.right;
    for (const [at, row] of this.rows) {
      if (at >= range.top && at < range.bottom) {
        if (shifted) this.fillRow(row, at, range, old);
      } else {
        row.remove();
        this.rows.delete(at);
      }
    }
    for (let at = range.top; at < range.bottom; at++) {
      if (this.rows.has(at)) continue;
      const row = this.makeRow(at);
      this.rows.set(at, row);
      this.fillRow(row, at, range, null);
      this.spacer.append(row);
    }
    if (shifted) this.drawHeads(range);
    this.range = range;
    this.mark(hadFocus);
    Grid.lastStep = performance.now() - began;
  }

  drawHeads({ left, right }) {
    for (const [at, head] of this.heads) {
      if (at >= left && at < right) continue;
      head.remove();
      this.heads.delete(at);
    }
    for (let at = left; at < right; at++) {
      if (this.heads.has(at)) continue;
      const { one, member, chosen } = this.choice.columns[at];
      const name = member < 0 ? one.label : bare(one.names[member]);
      const changes = this.begins.columns && (at === 0 || this.choice.columns[at - 1].one.account !== one.account);
      const head = el("div", {
        class: `head${changes ? " begins" : ""}${one.isPublic ? " public" : ""}${member >= 0 ? " member" : ""}`, role: "columnheader", tabindex: "-1",
        "aria-colindex": at + 2, "data-column": at, style: { left: `calc(var(--side) + ${at * COLUMN}px)` },
        title: `${chosen.length > 1 && member < 0 ? `${count(chosen.length, "repository", "repositories")} alike; click to list them\n` : ""}${listed(one, member, chosen)}\naccount ${accountWords(one.account)}${one.isPublic ? "\npublic: anyone can pull" : ""}`,
      }, el("span", { class: "turned" }, el("span", { class: "name" }, one.isPublic ? "◍ " : "", name), el("small", {}, accountName(one.account))));
      this.heads.set(at, head);
      this.head.append(head);
    }
  }

  makeRow(at) {
    const { one, member, chosen, first } = this.choice.rows[at];
    const several = one.names.length > 1;
    const changes = this.begins.rows && at > 0 && this.choice.rows[at - 1].one.account !== one.account;
    const plain = (text) => (text.startsWith(`${one.kind}/`) ? text.slice(one.kind.length + 1) : text);
    const name = plain(member < 0 ? (chosen.length < one.names.length ? `${chosen.length} of ${one.label}` : one.label) : short(one.names[member]));
    const title = `${listed(one, member, chosen)}\n${accountWords(one.account)}`;
    return el("div", { class: `row${changes ? " begins" : ""}${member >= 0 ? " member" : ""}`, role: "row", "aria-rowindex": at + 2, style: { top: `${at * ROW}px` } },
      el("div", { class: "side", role: "rowheader", tabindex: "-1", "data-row": at, "aria-expanded": several ? String(member >= 0) : null, title },
        el("span", { class: `fold${several ? "" : " none"}`, "aria-hidden": "true" }, several && (member < 0 || first) ? (member < 0 ? "▸" : "▾") : ""),
        el("span", { class: "name" }, name), el("small", { class: "kind" }, one.names.length > 1 && member < 0 ? "" : one.kind), el("small", {}, accountName(one.account))));
  }

  fillRow(row, at, range, old) {
    const kept = old && old.left < range.right && range.left < old.right ? old : null;
    if (kept) {
      for (const cell of [...row.children].slice(1)) {
        const column = Number(cell.dataset.column);
        if (column < range.left || column >= range.right) cell.remove();
      }
    } else {
      while (row.children.length > 1) row.lastChild.remove();
    }
    const entry = this.choice.rows[at];
    const fresh = document.createDocumentFragment();
    const before = document.createDocumentFragment();
    for (let column = range.left; column < range.right; column++) {
      if (kept && column >= kept.left && column < kept.right) continue;
      (kept && column < kept.left ? before : fresh).append(this.makeCell(entry, at, column));
    }
    row.firstChild.after(before);
    row.append(fresh);
  }

  makeCell(entry, row, column) {
    const { data } = this.choice;
    const there = this.choice.columns[column];
    const cells = this.choice.at(entry, there);
    const changes = this.begins.columns && (column === 0 || this.choice.columns[column - 1].one.account !== there.one.account);
    const cell = document.createElement("div");
    cell.className = changes ? "cell begins" : "cell";
    cell.setAttribute("role", "gridcell");
    cell.setAttribute("aria-colindex", column + 2);
    cell.tabIndex = -1;
    cell.dataset.row = row;
    cell.dataset.column = column;
    cell.style.left = `calc(var(--side) + ${column * COLUMN}px)`;
    if (cells.length === 0) return cell;
    const level = Math.max(...cells.map((one) => LEVELS[data.capabilities[data.cells.capability[one]]]));
    const sure = cells.some((one) => data.cells.verdict[one] === ALLOWED);
    cell.className += ` level${level}${sure ? "" : " conditional"}`;
    const words = cellWords(cells, data);
    cell.setAttribute("aria-label", words);
    cell.title = words;
    cell.append(...letters(cells, data));
    return cell;
  }

  /** One cell can be reached by Tab; the arrows go on from there. */
  mark(hadFocus) {
    this.element.querySelectorAll('[tabindex="0"]').forEach((one) => { one.tabIndex = -1; });
    const active = this.activeElement();
    this.element.tabIndex = active ? -1 : 0;
    if (active) active.tabIndex = 0;
    if (hadFocus && !this.element.contains(document.activeElement)) (active ?? this.element).focus({ preventScroll: true });
  }

  activeElement() {
    const { row, column } = this.active;
    if (row < 0) return this.heads.get(column);
    const element = this.rows.get(row);
    if (!element) return null;
    return column < 0 ? element.firstChild : element.querySelector(`[data-column="${column}"]`);
  }

  move(row, column) {
    const { rows, columns } = this.choice;
    const within = (value, length) => Math.max(-1, Math.min(length - 1, value));
    this.active = { row: within(row, rows.length), column: within(column, columns.length) };
    if (this.active.row < 0 && this.active.column < 0) this.active.column = 0;
    this.reveal();
    this.draw();
    this.mark(false);
    this.activeElement()?.focus({ preventScroll: true });
  }

  reveal() {
    const { element, active } = this;
    const room = { height: element.clientHeight - HEAD, width: element.clientWidth - this.side };
    const into = (from, size, start, length) => (from < start ? from : from + size > start + length ? from + size - length : start);
    if (active.row >= 0) element.scrollTop = into(active.row * ROW, ROW, element.scrollTop, room.height);
    if (active.column >= 0) element.scrollLeft = into(active.column * COLUMN, COLUMN, element.scrollLeft, room.width);
  }

  key(event) {
    const { row, column } = this.active;
    const { rows, columns } = this.choice;
    const page = Math.max(1, Math.floor((this.element.clientHeight - HEAD) / ROW) - 1);
    const all = event.ctrlKey || event.metaKey;
    const steps = {
      ArrowUp: [row - 1, column], ArrowDown: [row + 1, column], ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
      PageUp: [Math.max(0, row - page), column], PageDown: [row + page, column],
      Home: [all ? 0 : row, 0], End: [all ? rows.length - 1 : row, columns.length - 1],
    };
    const ways = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (event.altKey) return;
    if (all && ways[event.key]) {
      event.preventDefault();
      this.move(...this.next(row, column, ...ways[event.key]));
    } else if (steps[event.key]) {
      event.preventDefault();
      this.move(...steps[event.key]);
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.enter();
    }
  }

  /** The next cell in a direction in which something is held; where there is none, the last one. */
  next(row, column, down, right) {
    const { rows, columns } = this.choice;
    let [at, across] = [row + down, column + right];
    while (rows[at] && columns[across] && this.choice.at(rows[at], columns[across]).length === 0) [at, across] = [at + down, across + right];
    return [Math.max(0, Math.min(rows.length - 1, at)), Math.max(0, Math.min(columns.length - 1, across))];
  }

  /** Begins where the first row holds something: the corner of a large matrix is mostly empty. */
  begin() {
    this.isFresh = false;
    const { rows, columns } = this.choice;
    const first = rows.length > 0 ? columns.findIndex((column) => this.choice.at(rows[0], column).length > 0) : -1;
    this.active = { row: 0, column: Math.max(0, first) };
    this.element.scrollTop = 0;
    this.element.scrollLeft = Math.max(0, (first - 2) * COLUMN);
  }

  enter() {
    const { row, column } = this.active;
    if (row < 0) this.unfoldOrList("columns", column);
    else if (column < 0) this.unfoldOrList("rows", row);
    else this.open(this.choice.rows[row], this.choice.columns[column]);
  }

  /** A name that stands for several lists them, the first of those folds them again; any other tells what it holds. */
  unfoldOrList(of, at) {
    const entry = this.choice[of][at];
    if (entry && (entry.one.names.length < 2 || (entry.member >= 0 && !entry.first))) this.list(entry, of);
    else if (entry) this.unfold(of, entry);
  }

  unfold(of, entry) {
    this.choice.toggle(of, entry.one.number);
    // The place stays with what was folded, wherever its members begin now.
    const place = this.choice[of].findIndex((one) => one.one === entry.one);
    if (of === "rows") this.active.row = place;
    else this.active.column = place;
    this.refresh();
    this.move(this.active.row, this.active.column);
    say(this.choice[of][place].member < 0 ? "folded" : `${count(this.choice[of][place].chosen.length, "member")} listed`);
  }

  click(event) {
    const target = event.target.closest("[data-row],[data-column]");
    if (!target) return;
    this.active = { row: Number(target.dataset.row ?? -1), column: Number(target.dataset.column ?? -1) };
    this.mark(false);
    target.focus({ preventScroll: true });
    this.enter();
  }
}

/** The names of an entry, a line each, as far as a person reads them. */
function listed(one, member, chosen) {
  if (member >= 0) return one.names[member];
  return chosen.slice(0, 12).map((at) => one.names[at]).join("\n") + (chosen.length > 12 ? `\n… ${chosen.length - 12} more` : "");
}

/** A letter for each capability at its place: small where only a role leads there, underlined where it asks for something. */
function letters(cells, data) {
  const held = new Map(cells.map((cell) => [data.cells.capability[cell], cell]));
  return data.capabilities.map((name, number) => {
    const cell = held.get(number);
    if (cell === undefined) return null;
    const sure = data.cells.verdict[cell] === ALLOWED;
    const through = data.cells.own[cell] === BY_ROLES_ONLY;
    const letter = document.createElement(sure ? "b" : "i");
    letter.style.left = `${4 + number * 7}px`;
    letter.textContent = through ? LETTERS[name].toLowerCase() : LETTERS[name];
    return letter;
  }).filter(Boolean);
}
