/* The dialog with all that is known of a key: its facts, scopes, and requests by the hour. */

import { makeChart, makeChartTable, summary } from "./chart.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { exactTime, relativeTime } from "./time.js";

function fact(name, ...value) {
    return h("div", {}, h("dt", {}, name), h("dd", {}, value));
}

function facts(key) {
    return h(
        "dl",
        { class: "facts" },
        fact("Prefix", h("code", {}, key.prefix)),
        key.previous &&
            fact(
                "Former prefix",
                h("code", {}, key.previous.prefix),
                " works until ",
                exactTime(key.previous.expires_at),
            ),
        fact("Created", exactTime(key.created_at), ` by ${key.created_by}`),
        fact(
            "Last used",
            key.last_used_at
                ? [relativeTime(key.last_used_at), ", ", exactTime(key.last_used_at)]
                : "Never",
        ),
        key.revoked_at && fact("Revoked", exactTime(key.revoked_at)),
        fact(
            key.state === "expired" ? "Expired" : "Expires",
            key.expires_at ? exactTime(key.expires_at) : "Never",
        ),
        fact("Limit", `${key.limit} requests a minute`),
    );
}

export function openDetails(session, key) {
    const allows = new Map(session.scopes.map((scope) => [scope.name, scope.allows]));
    const dialog = openDialog({
        title: key.name,
        className: "large",
        returnTo: [`key-${key.id}`],
        body: [
            facts(key),
            h("h3", {}, "Scopes"),
            h(
                "dl",
                { class: "allowed" },
                key.scopes.map((name) => fact(h("code", {}, name), allows.get(name) ?? "")),
            ),
            h("h3", {}, "Requests by the hour"),
            h("p", { class: "hint" }, `${summary(key)}.`),
            h(
                "div",
                { class: "big-chart" },
                makeChart(key, 96),
                h(
                    "p",
                    { class: "chart-axis hint", "aria-hidden": "true" },
                    h("span", {}, "24 hours ago"),
                    h("span", {}, "Now"),
                ),
            ),
            h(
                "div",
                {
                    class: "hours-scroll",
                    tabindex: "0",
                    role: "region",
                    "aria-label": "Requests by the hour, as a table",
                },
                makeChartTable(key),
            ),
            h(
                "div",
                { class: "buttons" },
                h("button", { type: "button", click: () => dialog.leave() }, "Close"),
            ),
        ],
    });
    dialog.querySelector("h2").focus();
}
