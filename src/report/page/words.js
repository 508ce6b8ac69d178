// Capabilities as letters, words and levels; severities.
/** Told by the data, so that all forms of a report have the same. */
const LETTERS = {};
/** How much harm it can do: 1 looks, 2 writes, 3 destroys or gives away. */
const LEVELS = { describe: 1, pull: 1, tag: 2, create: 2, push: 2, delete: 3, administer: 3 };
const MEANINGS = {
  pull: "fetch images", push: "upload images", describe: "see repositories and images", delete: "delete images",
  tag: "change resource tags", administer: "change the repository policy", create: "create repositories",
};
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const ALLOWED = 0;
const BY_ROLES_ONLY = 2;

const isWrite = (capability) => LEVELS[capability] > 1;

/** `push, pull; when conditions hold: delete`. */
function cellWords(cells, data) {
  const names = (verdict) => cells.filter((cell) => data.cells.verdict[cell] === verdict)
    .map((cell) => {
      const name = data.capabilities[data.cells.capability[cell]];
      return data.cells.own[cell] === BY_ROLES_ONLY ? `${name} (through a role)` : name;
    });
  const allowed = names(0).join(", ");
  const conditional = names(1).join(", ");
  return [allowed, conditional && `under conditions: ${conditional}`].filter(Boolean).join("; ") || "nothing";
}
