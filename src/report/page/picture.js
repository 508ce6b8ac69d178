// The picture in the document: nearer, farther, aside; what is looked at stays bright, with all ways to and from it.
class Picture {
  constructor() {
    this.scene = svg("g");
    this.element = svg("svg", { class: "picture", role: "group", "aria-label": "The graph: principals at the left, roles between, repositories at the right" }, this.scene);
    this.view = { x: 0, y: 0, scale: 1 };
    // Whoever moved the picture wants it where it is.
    this.isMoved = false;
    let drag = null;
    this.element.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY / 500), event.offsetX, event.offsetY);
    }, { passive: false });
    this.element.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX - this.view.x, y: event.clientY - this.view.y, moved: false, from: [event.clientX, event.clientY] };
    });
    addEventListener("pointermove", (event) => {
      if (!drag) return;
      if (Math.hypot(event.clientX - drag.from[0], event.clientY - drag.from[1]) > 4) drag.moved = true;
      if (!drag.moved) return;
      this.isMoved = true;
      this.move(event.clientX - drag.x, event.clientY - drag.y);
    });
    addEventListener("pointerup", () => {
      this.dragged = drag?.moved ?? false;
      drag = null;
    });
    this.element.addEventListener("keydown", (event) => {
      const centre = [this.element.clientWidth / 2, this.element.clientHeight / 2];
      const keys = {
        "+": () => this.zoom(1.25, ...centre), "=": () => this.zoom(1.25, ...centre), "-": () => this.zoom(0.8, ...centre), 0: () => this.fit(),
        ArrowLeft: () => this.move(this.view.x + 60, this.view.y), ArrowRight: () => this.move(this.view.x - 60, this.view.y),
        ArrowUp: () => this.move(this.view.x, this.view.y + 60), ArrowDown: () => this.move(this.view.x, this.view.y - 60),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      event.stopPropagation();
      keys[event.key]();
    });
  }

  move(x, y) {
    Object.assign(this.view, { x, y });
    this.scene.setAttribute("transform", `translate(${this.view.x} ${this.view.y}) scale(${this.view.scale})`);
  }
  zoom(factor, x, y) {
    this.isMoved = true;
    const scale = Math.min(4, Math.max(0.08, this.view.scale * factor));
    const real = scale / this.view.scale;
    this.view.scale = scale;
    this.move(x - (x - this.view.x) * real, y - (y - this.view.y) * real);
  }
  fit() {
    const { width, height } = this.size;
    const { clientWidth, clientHeight } = this.element;
    if (!clientWidth) return;
    this.isMoved = false;
    // Small type is no use: what is too high for the window begins at its top.
    const whole = Math.min(clientWidth / width, clientHeight / height);
    this.view.scale = Math.min(1.25, Math.max(whole, Math.min(0.72, clientWidth / width)));
    this.move(Math.max(0, (clientWidth - width * this.view.scale) / 2), Math.max(0, (clientHeight - height * this.view.scale) / 2));
  }

  show(size, ...content) {
    this.size = size;
    this.scene.replaceChildren(...content.flat(Infinity).filter(Boolean));
    this.fit();
  }

  /** Dims what is on no way to or from a node. */
  highlight(key, graph, mark) {
    const bright = new Set([key]);
    const edges = new Set();
    const walk = (start, next, end) => {
      const queue = [start];
      const seen = new Set(queue);
      while (queue.length > 0) {
        for (const edge of queue.pop()[next]) {
          edges.add(edge.key);
          bright.add(edge[end].key);
          if (!seen.has(edge[end])) {
            seen.add(edge[end]);
            queue.push(edge[end]);
          }
        }
      }
    };
    const node = graph.nodes.find((one) => one.key === key);
    if (node) {
      walk(node, "out", "to");
      walk(node, "in", "from");
    }
    for (const one of this.scene.querySelectorAll(".node")) one.classList.toggle(mark, Boolean(node) && !bright.has(one.dataset.key));
    for (const one of this.scene.querySelectorAll(".edge")) {
      one.classList.toggle(mark, Boolean(node) && !edges.has(one.dataset.key));
      one.classList.toggle("bright", Boolean(node) && edges.has(one.dataset.key));
    }
  }
}

const curve = (from, to) => {
  const right = from.x + (from.width ?? NODE.width);
  const [y1, y2] = [from.y + (from.height ?? NODE.height) / 2, to.y + (to.height ?? NODE.height) / 2];
  if (to.x > from.x) {
    const bend = Math.max(40, (to.x - right) / 2);
    return `M${right} ${y1}C${right + bend} ${y1} ${to.x - bend} ${y2} ${to.x} ${y2}`;
  }
  // Back, or within one column: around the right side.
  const end = to.x + (to.width ?? NODE.width);
  const out = 46 + Math.min(60, Math.abs(y2 - y1) / 6);
  return `M${right} ${y1}C${right + out} ${y1} ${end + out} ${y2} ${end} ${y2}`;
};

const clip = (text, most) => (text.length > most ? `${text.slice(0, Math.ceil(most * 0.6) - 1)}…${text.slice(text.length - Math.floor(most * 0.4))}` : text);
