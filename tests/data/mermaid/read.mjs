// Reads a flowchart as Mermaid does, and prints what it understood: what people see, with entities undone.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const modules = createRequire(`${process.argv[2]}/`);
const { JSDOM } = modules("jsdom");
const page = new JSDOM("");
globalThis.window = page.window;
globalThis.document = page.window.document;

const mermaid = (await import(modules.resolve("mermaid"))).default;
const text = readFileSync(0, "utf8");
const { config } = await mermaid.parse(text);
const { db } = await mermaid.mermaidAPI.getDiagramFromText(text);

// Mermaid hides entities from its grammar in this way.
const shown = (words) => {
  const entities = String(words).replace(/ﬂ°°(\d+)¶ß/g, "&#$1;").replace(/ﬂ°(\w+)¶ß/g, "&$1;");
  return entities.replace(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)));
};
console.log(
  JSON.stringify({
    config,
    nodes: [...db.getVertices().values()].map((one) => ({ id: one.id, text: shown(one.text), class: one.classes[0] })),
    edges: db.getEdges().map((one) => ({ from: one.start, to: one.end, text: shown(one.text), stroke: one.stroke })),
    frames: db.getSubGraphs().map((one) => ({ title: shown(one.title), nodes: one.nodes })),
  }),
);
