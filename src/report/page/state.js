// What is looked at, and which filters are set: all of it stands in the fragment of the address, so that a link can be
// handed on. Nothing is kept anywhere else.
const State = {
  values: new URLSearchParams(),
  listeners: [],

  read() {
    State.values = new URLSearchParams(location.hash.slice(1));
  },
  get(name, otherwise = "") {
    return State.values.get(name) ?? otherwise;
  },
  set(changes) {
    for (const [name, value] of Object.entries(changes)) {
      if (value === "" || value === null || value === false || value === undefined) State.values.delete(name);
      else State.values.set(name, value === true ? "1" : value);
    }
    const fragment = `#${State.values.toString()}`;
    try {
      history.replaceState(null, "", fragment);
    } catch {
      location.hash = fragment;
    }
    State.tell();
  },
  tell() {
    State.listeners.forEach((listener) => listener());
  },
};
