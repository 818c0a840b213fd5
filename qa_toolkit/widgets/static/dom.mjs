// Elements made of text only.

/** Make an element. Text goes in as text nodes, never as markup. */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) setProp(node, name, value);
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

function setProp(node, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === "class") node.className = value;
  else if (name === "on") for (const [type, heard] of Object.entries(value)) node.addEventListener(type, heard);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "text") node.textContent = value;
  else node.setAttribute(name, value === true ? "" : String(value));
}

/** Write `text` only where it differs, so that screen readers and selections are left alone. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Scroll `child` into sight inside `pane`, without moving the notebook around it. */
export function reveal(pane, child, top = 0) {
  const outer = pane.getBoundingClientRect();
  const inner = child.getBoundingClientRect();
  if (inner.top < outer.top + top) pane.scrollTop -= outer.top + top - inner.top;
  else if (inner.bottom > outer.bottom)
    pane.scrollTop += Math.min(inner.bottom - outer.bottom, inner.top - outer.top - top);
  if (inner.left < outer.left) pane.scrollLeft -= outer.left - inner.left;
  else if (inner.right > outer.right) pane.scrollLeft += Math.min(inner.right - outer.right, inner.left - outer.left);
}
