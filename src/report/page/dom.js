// Elements are made here and nowhere else. What is told goes in as text, never as markup: the page's policy forbids
// the browser to take markup from a string at all.
const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "style") for (const [property, what] of Object.entries(value)) element.style.setProperty(property, what);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);
const byId = (id) => document.getElementById(id);
const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const say = (text) => { byId("live").textContent = text; };

/** The part of a name that a person reads: what stands behind the account of an ARN. */
function short(name) {
  const parts = name.split(":");
  return parts[0] === "arn" && parts.length > 5 ? parts.slice(5).join(":") : name;
}
const bare = (name) => short(name).replace(/^(repository|user|role)\//, "");
const accountName = (account) => (account ? account.name ?? account.id : "outside");
const accountWords = (account) => (account ? (account.name ? `${account.name} (${account.id})` : account.id) : "no account");

/** So many of a long list, and a button for more. */
function some(items, make, step = 100) {
  const list = el("div", { class: "some" });
  const more = el("button", { type: "button", class: "more" });
  let shown = 0;
  const next = () => {
    list.append(...items.slice(shown, shown + step).map((item, at) => make(item, shown + at)));
    shown = Math.min(items.length, shown + step);
    more.hidden = shown >= items.length;
    more.textContent = `Show ${Math.min(step, items.length - shown)} more of ${count(items.length - shown, "other")}`;
  };
  more.addEventListener("click", next);
  next();
  return el("div", {}, list, more);
}
