// What the review screen says of assignments: when a conversation is due, for how long it is kept, whose it is by now.
import { clockOf, dayOf } from "./times.mjs";

const NO_LONGER = {
  lapsed: "no longer yours: your time for it ran out and somebody else took it",
  reassigned: "no longer yours: it was given to somebody else",
  "handed back": "no longer yours: you handed it back",
  replaced: "no longer in the sample: it was replaced",
};

/** "2026-03-10T23:59:59.999+00:00" is a whole day: "Tue 10 Mar 2026"; other times say when on it. */
function dueWhen(iso) {
  const clock = clockOf(iso);
  return clock === "23:59" ? dayOf(iso) : `${dayOf(iso)}, ${clock} UTC`;
}

/** What is to be known of an assignment, in words: when it is due, until when it is kept; "" where nothing is. */
export function assignmentText(assignment) {
  if (!assignment) return "";
  const { state, due_at: due, overdue, lease_until: lease } = assignment;
  if (NO_LONGER[state]) return NO_LONGER[state];
  if (state === "done" || state === "skipped") return "";
  const date = due && `${overdue ? "OVERDUE since" : "due"} ${dueWhen(due)}`;
  const kept = lease && `kept for you until ${clockOf(lease)} UTC`;
  return [date, kept].filter(Boolean).join(" · ");
}

/** "3 conversations taken from the pool" */
export const takenText = (number) => `${number} conversation${number === 1 ? "" : "s"} taken from the pool`;
