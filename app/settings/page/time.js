/* Moments as people read them: in words beside now, and exactly, in the reader's own zone. */

import { h, plural } from "./dom.js";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const words = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const dateFormat = new Intl.DateTimeFormat("en-GB", {
    day: "numeric",
    month: "short",
    year: "numeric",
});
const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
});
const exactFormat = new Intl.DateTimeFormat("en-GB", {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
});

/* The server's clock less ours: keys expire by the server's. */
let skew = 0;

/* date: as an answer's header has it, or null. */
export function setNow(date) {
    skew = date === null ? 0 : Date.parse(date) - Date.now();
}

export function now() {
    return Date.now() + skew;
}

export function toIso(milliseconds) {
    return new Date(milliseconds).toISOString().replace(/\.\d+Z$/, "Z");
}

/* To the minute, and a date where "days ago" would no longer help. */
export function relative(iso) {
    const distance = Date.parse(iso) - now();
    const size = Math.abs(distance);
    // What has begun counts as past only when it is whole; 24 hours to come are not yet 23.
    const count = (unit) =>
        distance > 0 ? Math.round(distance / unit) : Math.trunc(distance / unit);
    if (size < MINUTE) {
        // The server tells its time in whole seconds, so what has just been seems to come.
        return distance > 2 * SECOND ? "in less than a minute" : "just now";
    }
    if (size < HOUR) {
        return words.format(count(MINUTE), "minute");
    }
    if (size < 2 * DAY) {
        return words.format(count(HOUR), "hour");
    }
    return size < 32 * DAY ? words.format(count(DAY), "day") : date(iso);
}

export function date(iso) {
    return dateFormat.format(new Date(iso));
}

export function clock(iso) {
    return clockFormat.format(new Date(iso));
}

export function dayAndClock(iso) {
    return dayFormat.format(new Date(iso));
}

export function exact(iso) {
    return exactFormat.format(new Date(iso));
}

function element(iso, text, attributes = {}) {
    return h("time", { datetime: iso, title: exact(iso), ...attributes }, text);
}

export function relativeTime(iso) {
    return element(iso, relative(iso), { "data-relative": true });
}

export function dateTime(iso) {
    return element(iso, date(iso));
}

export function exactTime(iso) {
    return h("time", { datetime: iso }, exact(iso));
}

/* "3 minutes ago" does not stay true by itself. */
export function keepTimesTrue() {
    setInterval(() => {
        for (const time of document.querySelectorAll("time[data-relative]")) {
            time.textContent = relative(time.dateTime);
        }
    }, 20_000);
}

/* "45 seconds", "2 minutes", "24 hours", "7 days": never less than it is. */
export function duration(seconds) {
    if (seconds < 90) {
        return plural(seconds, "second");
    }
    if (seconds < (2 * HOUR) / 1000 && seconds !== HOUR / 1000) {
        return plural(Math.ceil(seconds / 60), "minute");
    }
    return seconds < (2 * DAY) / 1000
        ? plural(Math.ceil((seconds * 1000) / HOUR), "hour")
        : plural(Math.ceil((seconds * 1000) / DAY), "day");
}
