/** Small helpers: what is shown is text, never markup. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'class') made.className = value;
    else if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

export function byId(id) {
  return document.getElementById(id);
}

/** Writes only what differs: a selection in the text stays, and a screen reader reads out only what has changed. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function setData(node, name, value) {
  if (node.dataset[name] !== value) node.dataset[name] = value;
}

export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

/** Keeps one node for each item, by its key, in their order. */
export function keyed(parent, known, items, keyOf, make, update) {
  const seen = new Set();
  let before = null;
  for (const item of items) {
    const key = keyOf(item);
    seen.add(key);
    let node = known.get(key);
    if (!node) {
      node = make(item);
      known.set(key, node);
    }
    update(node, item);
    const next = before ? before.nextSibling : parent.firstChild;
    const first = node.first ?? node;
    if (next !== first) parent.insertBefore(first, next);
    before = first;
    if (node.second) {
      if (first.nextSibling !== node.second) parent.insertBefore(node.second, first.nextSibling);
      before = node.second;
    }
  }
  for (const [key, node] of known) {
    if (seen.has(key)) continue;
    (node.first ?? node).remove();
    node.second?.remove();
    known.delete(key);
  }
}
