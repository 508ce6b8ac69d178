// What the program wrote: one JSON value, deflated, in base64. Texts stand in it once and are called by number.
const Data = {
  async unpack(base64) {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  },

  read(raw) {
    if (raw.version !== 1) throw new Error(`the data has version ${raw.version}, the page reads version 1`);
    for (const [name, letter] of raw.capabilities) LETTERS[raw.texts[name]] = letter;
    const text = (number) => (number < 0 ? null : raw.texts[number]);
    const texts = (numbers) => numbers.map(text);
    const accounts = raw.accounts.map(([id, name]) => ({ id: text(id), name: text(name) }));
    const account = (number) => (number < 0 ? null : accounts[number]);
    const parties = raw.parties.map(([kind, owner, label, names], number) => ({
      number, kind: text(kind), account: account(owner), label: text(label), names: texts(names),
    }));
    const columns = raw.columns.map(([owner, kind, isPublic, label, names], number) => ({
      number, account: account(owner), kind: text(kind), isPublic: isPublic === 1, label: text(label), names: texts(names),
    }));
    const statements = raw.statements.map(([policy, layer, effect, sid, file, line, body]) => ({
      policy: text(policy), layer: text(layer), effect: text(effect), sid: text(sid), file: text(file), line, text: text(body),
    }));
    const witness = (pairs) => (pairs ? pairs.map(([key, values]) => [text(key), texts(values)]) : null);
    const routes = raw.routes.map(([through, verdict, demands, cited]) => ({
      through: texts(through), verdict,
      demands: demands.map(([role, residual, example]) => ({ role: text(role), residual: text(residual), witness: witness(example) })),
      statements: cited.map((number) => statements[number]),
    }));
    const proofs = raw.proofs.map(([ways, incomplete, supposed, doubts]) => ({
      routes: ways.map((number) => routes[number]), incomplete: texts(incomplete), supposed: texts(supposed), doubts: texts(doubts),
    }));
    const findings = raw.findings.map(([severity, name, message, hint, principals, actions, resources, spots, suppressed], number) => ({
      number, severity: text(severity), name: text(name), message: text(message), hint: text(hint),
      principals: texts(principals), actions: texts(actions), resources: texts(resources), suppressed: text(suppressed),
      spots: spots.map(([file, line, column, statement, hungOn, edit]) => ({
        file: text(file), line, column, statement: statement < 0 ? null : statements[statement], hungOn: texts(hungOn), edit: text(edit),
      })),
    }));
    const [party, column, capability, verdict, own, condition, proof] = raw.cells;
    return {
      title: text(raw.title), version: text(raw.program), about: raw.about.map(([label, value]) => [text(label), text(value)]),
      notes: texts(raw.notes), gaps: texts(raw.gaps), errors: texts(raw.errors), capabilities: raw.capabilities.map(([name]) => text(name)), hasMatrix: raw.sections.matrix,
      accounts, parties, columns, statements, proofs, findings, variants: raw.variants, text, hasFindings: raw.sections.findings,
      cells: { party, column, capability, verdict, own, condition, proof, count: party.length },
      summary: raw.summary.map(([owner, permission, resources, allowed, conditional, outside]) => ({
        account: accounts[owner], permission: text(permission), resources, allowed, conditional, outside,
      })),
      pages: new Map(raw.pages.map(([name, title, body]) => [text(name), { title: text(title), text: text(body) }])),
      steps: raw.steps[0].map((caller, at) => ({
        caller: text(caller), role: text(raw.steps[1][at]), verdict: raw.steps[2][at], condition: text(raw.steps[3][at]),
      })),
      queries: raw.queries.map(([name, title, heads, rows, notes]) => ({
        name: text(name), title: text(title), columns: texts(heads), rows: rows.map(texts), notes: texts(notes),
      })),
    };
  },
};
