// Keys: which are for the screen, which are text, and which JupyterLab may see.

const TYPED = new Set(["text", "search", "email", "url", "tel", "number", "password"]);

/** Whether keys pressed at `node` are text that somebody types. */
export const isTyping = (node) => Boolean(node?.tagName)
  && (node.tagName === "TEXTAREA" || node.isContentEditable || (node.tagName === "INPUT" && TYPED.has(node.type)));

/** Whether a screen may take the keys: nobody is writing elsewhere, and it is in sight. */
export function mayTakeFocus(root) {
  const { top, bottom } = root.getBoundingClientRect();
  const inSight = bottom > 0 && top < window.innerHeight / 2;
  return !isTyping(document.activeElement) && (inSight || root.contains(document.activeElement));
}

/** Whether JupyterLab may see this key: Tab, to leave, and Ctrl or Cmd with S, to save the notebook. */
export function isForLab(event) {
  if (event.key === "Tab") return !event.ctrlKey && !event.metaKey && !event.altKey;
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "s";
}

/** The plain key that was pressed, or null where it is part of a chord or of an input method. */
export function plainKey(event) {
  const altGraph = event.getModifierState?.("AltGraph");
  if (event.isComposing || event.metaKey || ((event.ctrlKey || event.altKey) && !altGraph)) return null;
  return event.key;
}

/**
 * Keep every key inside `root` from JupyterLab, whose shortcuts delete cells; `pressed` hears those of keydown.
 * Notebook 7 takes a key on its way down, before `root` has it, unless the element that it goes to has the attribute.
 */
export function guardKeys(root, pressed, signal) {
  let marked = null;
  const mark = (event) => {
    marked?.removeAttribute("data-lm-suppress-shortcuts");
    marked = root.contains(event.target) && !isForLab(event) ? event.target : null;
    marked?.setAttribute("data-lm-suppress-shortcuts", "");
  };
  window.addEventListener("keydown", mark, { capture: true, signal });
  for (const type of ["keydown", "keypress", "keyup"]) {
    const guard = (event) => {
      if (isForLab(event)) return;
      event.stopPropagation();
      if (type === "keydown") pressed(event);
    };
    root.addEventListener(type, guard, { signal });
  }
}
