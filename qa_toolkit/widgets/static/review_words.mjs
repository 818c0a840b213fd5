// What the review screen says about what is saved and what is not.
import { baseOf, RATING_NAMES, ratedBy } from "./review_model.mjs";

/** "1 act", "3 acts" */
const counted = (number, name) => `${number} ${name}${number === 1 ? "" : "s"}`;

/**
 * A text for each commandment that is not as saved as it looks: `typed` without a rating ([id, draft, rating]), refused
 * with its comment, or `failed` to be sent.
 */
export function statusesOf(typed, failed) {
  const open = typed.filter(([, draft, rating]) => !rating || draft.refused);
  const texts = open.map(([id, , rating]) => [id, rating ? "comment not saved: rate it again" : "rate it to save"]);
  return new Map([...texts, ...failed.flatMap(ratedBy).map((id) => [id, "not saved"])]);
}

/** What is not saved and why, or what else is wrong, or "". `lost` says why where the connection is. */
export function problemText(acts, { lost, id = null, outbox }) {
  if (!acts.length) return lost;
  const names = acts.map(({ shown: { name, conversation } }) => (conversation === id ? name : `${name} (conversation ${conversation})`));
  const refused = acts.find(({ error }) => error && !error.unheard)?.error.message;
  const why = lost || refused || "The kernel does not answer; if it was restarted, run the cell again.";
  const then = outbox.kept?.complete === false ? "Leave this page open: the browser keeps nothing." : "What is not saved is sent again by itself.";
  return `NOT SAVED: ${[...new Set(names)].join(", ")}. ${why} ${then}`;
}

/** What the corner of the screen says about saving: {text, state}, where the state is "saved", "saving" or "lost". */
export function savedText({ outbox, lost, wire, asking, typing, event }) {
  if (outbox.failed.length) return { text: "NOT SAVED", state: "lost" };
  if (lost) return { text: outbox.acts.length ? "NOT SAVED" : "Not connected", state: "lost" };
  if (outbox.acts.length) return { text: wire.isSlow ? "The kernel is slow; still saving…" : "Saving…", state: "saving" };
  if (asking && wire.isSlow) return { text: "The kernel is slow; still loading…", state: "saving" };
  if (typing) return { text: "Comment not saved yet", state: "saving" };
  return { text: event ? `Saved #${event.id}${event.at ? ` · ${localTime(event.at)}` : ""}` : "Nothing to save yet", state: "saved" };
}

function localTime(iso) {
  const at = new Date(iso);
  return [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => String(part).padStart(2, "0")).join(":");
}

/** "3 acts of before were sent again and saved" */
export function resentText(number) {
  return number ? `${counted(number, "act")} of before ${number === 1 ? "was" : "were"} sent again and saved` : "";
}

/** What an act that was refused was, and why it was: "Listen: Fail, comment “cold” (conversation c1). Changed elsewhere." */
export function refusedText({ shown: { name, conversation, values, good }, fields }, error) {
  const evidence = values?.evidence?.length ? `evidence ${messages(values.evidence)}` : "";
  const words = fields.comment ?? fields.text ?? fields.note ?? fields.reason ?? "";
  const what = [values && !("rest" in values) && rated(values.rating), evidence, words && `“${words}”`, good?.good === false && "taken back"];
  const said = what.filter(Boolean).join(", ");
  const why = error ? error.message : "It was not sent, since an act before it was refused.";
  return `${name}${said ? `: ${said}` : ""} (conversation ${conversation}). ${why}`;
}

const rated = (rating) => (rating === undefined ? "" : (RATING_NAMES[rating] ?? "not rated"));
const messages = (evidence) => `message ${[...new Set(evidence.map(({ position }) => position + 1))].join(", ")}`;

const FINISHED = { submitted: "submitted", skipped: "skipped" };

/** "Changed in another tab: Listen, the comment", or "" where nothing is. */
export function changedText(before, after, titles) {
  if (!before || before.revision === after.revision) return "";
  const names = [...titles].filter(([id]) => baseOf(before, id) !== baseOf(after, id)).map(([, title]) => title);
  if (before.comment !== after.comment) names.push("the comment on the conversation");
  const [was, is] = [before, after].map(({ status }) => FINISHED[status] ?? "open again");
  if (was !== is) names.push(`it is ${is}`);
  return names.length ? `Changed in another tab: ${names.join(", ")}` : "";
}
