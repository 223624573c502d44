/* The table of keys: its columns, what it is sorted by, and a row a key. */

import { makeChart } from "./chart.js";
import { h, icon } from "./dom.js";
import { scopeChips } from "./scopes.js";
import { DAY, dateTime, now, relativeTime } from "./time.js";

const SOON = 7 * DAY;
const STATES = { active: "Active", expired: "Expired", revoked: "Revoked" };

/* What a column sorts by; null comes last whichever way. first: the way that people want first. */
const COLUMNS = [
    { id: "name", label: "Key", value: (key) => key.name.toLowerCase(), first: "ascending" },
    { id: "scopes", label: "Scopes" },
    { id: "created", label: "Created", value: (key) => key.created_at, first: "descending" },
    { id: "used", label: "Last used", value: (key) => key.last_used_at, first: "descending" },
    {
        id: "requests",
        label: "Last 24 hours",
        value: (key) => key.requests_24h,
        first: "descending",
    },
    { id: "expires", label: "Expires", value: (key) => key.expires_at, first: "ascending" },
    { id: "state", label: "State", value: (key) => key.state, first: "ascending" },
    { id: "actions", label: "Actions", hidden: true },
];

/* The order stays as it is until the page is loaded anew. */
const order = { column: "created", direction: "descending" };

function compare(a, b) {
    const { value } = COLUMNS.find((column) => column.id === order.column);
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) {
        return (x === null) - (y === null);
    }
    const difference = x < y ? -1 : x > y ? 1 : 0;
    return order.direction === "ascending" ? difference : -difference;
}

function prefix(text) {
    const split = text.lastIndexOf("_") + 1;
    return h(
        "code",
        { class: "prefix" },
        h("span", { class: "prefix-form" }, text.slice(0, split)),
        text.slice(split),
    );
}

function expiry(key) {
    if (!key.expires_at) {
        return h("span", { class: "muted" }, "Never");
    }
    const left = Date.parse(key.expires_at) - now();
    const soon = key.state === "active" && left < SOON;
    return [
        dateTime(key.expires_at),
        key.state === "active" &&
            left < 32 * DAY &&
            h("span", { class: soon ? "second soon" : "second" }, relativeTime(key.expires_at)),
    ];
}

function state(key) {
    return [
        h("span", { class: `state is-${key.state}` }, STATES[key.state]),
        key.revoked_at && h("span", { class: "second" }, relativeTime(key.revoked_at)),
    ];
}

/* open: what opens for a key, by the action's name; what is not there is not offered. */
function makeActions(key, open) {
    const action = (name, text, className = "quiet small") =>
        open[name] &&
        h(
            "button",
            {
                id: `${name}-${key.id}`,
                type: "button",
                class: className,
                click: () => open[name](key),
            },
            text,
            h("span", { class: "hidden" }, ` ${key.name}`),
        );
    return h(
        "div",
        { class: "row-actions" },
        action("edit", "Edit"),
        action("rotate", "Rotate"),
        action("revoke", "Revoke", "quiet small revoke"),
    );
}

function makeRow(key, scopes, open) {
    const cells = {
        name: [
            h(
                "button",
                {
                    id: `key-${key.id}`,
                    type: "button",
                    class: "key-name",
                    click: () => open.details(key),
                },
                key.name,
                h("span", { class: "hidden" }, ", details"),
            ),
            prefix(key.prefix),
            key.previous &&
                h(
                    "span",
                    { class: "second" },
                    "former ",
                    prefix(key.previous.prefix),
                    " ends ",
                    relativeTime(key.previous.expires_at),
                ),
        ],
        scopes: scopeChips(key.scopes, scopes),
        created: [
            dateTime(key.created_at),
            h("span", { class: "second who", title: key.created_by }, `by ${key.created_by}`),
        ],
        used: key.last_used_at
            ? relativeTime(key.last_used_at)
            : h("span", { class: "muted" }, "Never"),
        requests: h(
            "div",
            { class: "usage" },
            makeChart(key),
            h(
                "p",
                {},
                h("strong", {}, key.requests_24h.toLocaleString("en-GB")),
                h("span", { class: "second" }, `limit ${key.limit}/min`),
            ),
        ),
        expires: expiry(key),
        state: state(key),
        actions: key.state === "active" ? makeActions(key, open) : "",
    };
    return h(
        "tr",
        { role: "row", class: `is-${key.state}` },
        COLUMNS.map((column) =>
            h(
                column.id === "name" ? "th" : "td",
                {
                    role: column.id === "name" ? "rowheader" : "cell",
                    scope: column.id === "name" ? "row" : null,
                    class: `cell-${column.id}`,
                    "data-label": column.label,
                },
                h("div", {}, cells[column.id]),
            ),
        ),
    );
}

/* Sorts by it, or the other way round if it is sorted by it. */
function turn(column) {
    const ascending = order.column === column.id && order.direction === "ascending";
    const turned = ascending ? "descending" : "ascending";
    order.direction = order.column === column.id ? turned : column.first;
    order.column = column.id;
}

function makeHeading(column, onSorted) {
    if (!column.value) {
        return h(
            "th",
            { role: "columnheader", scope: "col", class: `cell-${column.id}` },
            h("span", { class: column.hidden ? "hidden" : "" }, column.label),
        );
    }
    const id = `sort-${column.id}`;
    return h(
        "th",
        {
            role: "columnheader",
            scope: "col",
            class: `cell-${column.id}`,
            "aria-sort": order.column === column.id ? order.direction : null,
        },
        h(
            "button",
            {
                id,
                type: "button",
                class: "sort",
                click() {
                    turn(column);
                    onSorted(id);
                },
            },
            column.label,
            icon("down"),
        ),
    );
}

/* Where the list is cards there are no headings to sort by. onSorted(id): as of makeTable(). */
export function makeSortChoice(onSorted) {
    const options = COLUMNS.filter((column) => column.value);
    return h(
        "label",
        { class: "sort-choice" },
        h("span", {}, "Sort by"),
        h(
            "select",
            {
                id: "sort-choice",
                change(event) {
                    const column = options[event.target.selectedIndex];
                    order.column = column.id;
                    order.direction = column.first;
                    onSorted("sort-choice");
                },
            },
            options.map((column) =>
                h("option", { selected: column.id === order.column }, column.label),
            ),
        ),
    );
}

/*
 * scopes: all that there are, in their order. open: functions of a key: details, edit, revoke, and
 * rotate where the plan has it. onSorted(id) is to draw the keys anew and give the keyboard back to
 * id.
 */
export function makeTable(keys, scopes, open, onSorted) {
    return h(
        "table",
        { class: "keys", role: "table", "aria-label": "API keys" },
        h(
            "thead",
            { role: "rowgroup" },
            h(
                "tr",
                { role: "row" },
                COLUMNS.map((column) => makeHeading(column, onSorted)),
            ),
        ),
        h(
            "tbody",
            { role: "rowgroup" },
            [...keys].sort(compare).map((key) => makeRow(key, scopes, open)),
        ),
    );
}
