/* Requests an hour over the last 24 hours: a small picture, and the same as a table. */

import { h, plural, svg } from "./dom.js";
import { clock, dayAndClock } from "./time.js";

const STEP = 4;
const BAR = 3;

function bar(hour, index, most, height, isLast) {
    // An hour with one request among thousands is still seen.
    const size = hour.requests === 0 ? 1 : Math.max(2, Math.round((hour.requests / most) * height));
    const kind = hour.requests === 0 ? "bar-none" : isLast ? "bar bar-running" : "bar";
    return svg(
        "rect",
        {
            class: kind,
            x: index * STEP,
            y: height - size,
            width: BAR,
            height: size,
            rx: 0.5,
        },
        svg("title", {}, `${clock(hour.hour)}: ${plural(hour.requests, "request")}`),
    );
}

export function summary(key) {
    if (key.requests_24h === 0) {
        return "No requests in the last 24 hours";
    }
    const busiest = key.hours.reduce((most, hour) => (hour.requests > most.requests ? hour : most));
    return (
        `${plural(key.requests_24h, "request")} in the last 24 hours, ` +
        `at most ${busiest.requests.toLocaleString("en-GB")} in an hour, from ` +
        `${clock(busiest.hour)}`
    );
}

export function makeChart(key, height = 28) {
    const most = Math.max(1, ...key.hours.map((hour) => hour.requests));
    const width = key.hours.length * STEP - (STEP - BAR);
    return svg(
        "svg",
        {
            class: key.requests_24h > 0 ? "chart" : "chart is-idle",
            role: "img",
            "aria-label": summary(key),
            viewBox: `0 0 ${width} ${height}`,
            preserveAspectRatio: "none",
        },
        key.hours.map((hour, index) =>
            bar(hour, index, most, height, index === key.hours.length - 1),
        ),
    );
}

/* The newest hour first: it is the one that people look for. */
export function makeChartTable(key) {
    return h(
        "table",
        { class: "hours" },
        h("caption", { class: "hidden" }, "Requests in each of the last 24 hours"),
        h(
            "thead",
            {},
            h(
                "tr",
                {},
                h("th", { scope: "col" }, "Hour from"),
                h("th", { scope: "col" }, "Requests"),
            ),
        ),
        h(
            "tbody",
            {},
            [...key.hours]
                .reverse()
                .map(({ hour, requests }) =>
                    h(
                        "tr",
                        {},
                        h("td", {}, h("time", { datetime: hour }, dayAndClock(hour))),
                        h("td", {}, requests.toLocaleString("en-GB")),
                    ),
                ),
        ),
    );
}
