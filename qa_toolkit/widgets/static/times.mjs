// Times as people read them, all in UTC.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const two = (number) => String(number).padStart(2, "0");

/** Milliseconds since 1970 of an ISO time (UTC where it names no zone), or null. */
function instant(iso) {
  if (!iso) return null;
  const at = Date.parse(/[zZ]|[+-]\d\d:?\d\d$/.test(iso) ? iso : `${iso}Z`);
  return Number.isNaN(at) ? null : at;
}

/** "Tue 10 Mar 2026" (UTC), or "" for no time. */
export function dayOf(iso) {
  const at = instant(iso);
  if (at === null) return "";
  const day = new Date(at);
  return `${DAYS[day.getUTCDay()]} ${day.getUTCDate()} ${MONTHS[day.getUTCMonth()]} ${day.getUTCFullYear()}`;
}

/** "07:52" (UTC), or "" for no time. */
export function clockOf(iso) {
  const at = instant(iso);
  return at === null ? "" : `${two(new Date(at).getUTCHours())}:${two(new Date(at).getUTCMinutes())}`;
}

/** "+ 7 h 26 min" from one ISO time to the next, or "" where one is missing. */
export function gapBetween(before, after) {
  const [start, end] = [instant(before), instant(after)];
  if (start === null || end === null) return "";
  const seconds = Math.round(Math.abs(end - start) / 1000);
  return `${end < start ? "−" : "+"} ${duration(seconds)}`;
}

function duration(seconds) {
  const [days, hours, minutes] = [seconds / 86400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor);
  if (days) return hours ? `${days} d ${hours} h` : `${days} d`;
  if (hours) return minutes ? `${hours} h ${minutes} min` : `${hours} h`;
  return minutes ? `${minutes} min` : `${seconds} s`;
}
