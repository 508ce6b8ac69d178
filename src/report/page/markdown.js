// The pages about findings: headings, paragraphs, lists, blocks and spans of code. Everything else stays text.
function markdown(text) {
  const blocks = [];
  let paragraph = [];
  let list = null;
  let code = null;
  const end = () => {
    if (paragraph.length > 0) blocks.push(el("p", {}, spans(paragraph.join(" "))));
    paragraph = [];
    list = null;
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("```")) {
      if (code) blocks.push(el("pre", {}, code.join("\n")));
      else end();
      code = code ? null : [];
    } else if (code) code.push(line);
    else if (line.startsWith("#")) {
      end();
      blocks.push(el("h4", {}, line.replace(/^#+ /, "")));
    } else if (/^[-*] /.test(line)) {
      if (!list) {
        end();
        list = el("ul");
        blocks.push(list);
      }
      list.append(el("li", {}, spans(line.slice(2))));
    } else if (list && /^ +\S/.test(line)) list.lastChild.append(" ", ...spans(line.trim()));
    else if (line.trim() === "") end();
    else paragraph.push(line.trim());
  }
  end();
  return blocks;
}

const spans = (text) => text.split(/(`[^`]+`)/).map((part) => (/^`.+`$/.test(part) ? el("code", {}, part.slice(1, -1)) : part));
