/* The list of the organisation's keys: sorted, filtered, and with what can be done to each. */

import { listKeys } from "./api.js";
import { makeChart } from "./chart.js";
import { openCreate, wasInterrupted } from "./create.js";
import { openDetails } from "./details.js";
import { announce, focusFirst, h, icon, plural } from "./dom.js";
import { openEdit } from "./edit.js";
import { openRevoke } from "./revoke.js";
import { openRotate } from "./rotate.js";
import { curl, scopeChips } from "./scopes.js";
import { DAY, dateTime, now, relativeTime } from "./time.js";

const SOON = 7 * DAY;
const STATES = { active: "Active", expired: "Expired", revoked: "Revoked" };

/* What a column sorts by; null comes last whichever way. first: the way that people want first. */
const COLUMNS = [
    { id: "name", label: "Key", value: (key) => key.name.toLowerCase(), first: "ascending" },
    { id: "scopes", label: "Scopes" },
    { id: "created", label: "Created", value: (key) => key.created_at, first: "descending" },
    { id: "used", label: "Last used", value: (key) => key.last_used_at, first: "descending" },
    { id: "requests", label: "Last 24 hours", value: (key) => key.requests_24h, first: "descending" },
    { id: "expires", label: "Expires", value: (key) => key.expires_at, first: "ascending" },
    { id: "state", label: "State", value: (key) => key.state, first: "ascending" },
    { id: "actions", label: "Actions", hidden: true },
];

/* How the list is looked at stays as it is until the page is loaded anew. */
const view = { column: "created", direction: "descending", ended: false };

function compare(a, b) {
    const { value } = COLUMNS.find((column) => column.id === view.column);
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) {
        return (x === null) - (y === null);
    }
    const order = x < y ? -1 : x > y ? 1 : 0;
    return view.direction === "ascending" ? order : -order;
}

function prefix(text) {
    const split = text.lastIndexOf("_") + 1;
    return h("code", { class: "prefix" }, h("span", { class: "prefix-form" }, text.slice(0, split)), text.slice(split));
}

function expiry(key) {
    if (!key.expires_at) {
        return h("span", { class: "muted" }, "Never");
    }
    const left = Date.parse(key.expires_at) - now();
    const soon = key.state === "active" && left < SOON;
    return [dateTime(key.expires_at), key.state === "active" && left < 32 * DAY &&
        h("span", { class: soon ? "second soon" : "second" }, relativeTime(key.expires_at))];
}

function state(key) {
    return [h("span", { class: `state is-${key.state}` }, STATES[key.state]),
        key.revoked_at && h("span", { class: "second" }, relativeTime(key.revoked_at))];
}

function showFailure(part, error, retry) {
    part.replaceChildren(h("div", { class: "card notice", role: "alert" },
        h("h2", {}, "The keys could not be loaded"),
        h("p", {}, error.message),
        error.requestId && h("p", { class: "hint" }, "Request ", h("code", {}, error.requestId)),
        h("button", { type: "button", class: "primary", click: retry }, "Try again")));
}

function makeBanner(session) {
    return h("section", { class: "banner plan", "aria-label": "Your plan" },
        h("h2", {}, `The ${session.organisation.plan} plan does not include integrations`),
        h("p", {}, "So keys cannot be created or rotated, and the API answers calls with 403 ", h("code", {}, "plan_required"),
            ". The Team and Business plans include it: ask an owner of your organisation, or Kabaido, to change the plan."),
        h("p", {}, "Nothing is lost meanwhile. Keys that you have stay listed here and can be revoked; those that are " +
            "still active work again from the first call after the change."));
}

function makeEmpty(session, create) {
    const step = (title, text) => h("li", {}, h("strong", {}, title), h("span", {}, text));
    return h("section", { class: "card empty" },
        h("h2", {}, "No keys yet"),
        h("p", {}, "An API key lets a program of yours, such as a shop, an ERP or a script, read and write your organisation's " +
            "data without a person signing in."),
        h("ol", { class: "steps" },
            step("Create a key", "One for each integration, with only the scopes that it needs."),
            step("Store it", "It is shown once. Kabaido keeps a hash of it and cannot show it again."),
            step("Call the API", "Send it with every request:")),
        h("pre", { tabindex: "0", "aria-label": "A call" }, h("code", {}, curl("/api/v1/key", "kbd_live_…"))),
        session.organisation.integrations && h("div", { class: "buttons" },
            h("button", { type: "button", class: "primary", click: create }, icon("plus"), "Create your first key"),
            h("a", { class: "button", href: "/docs" }, "Read the reference")));
}

/* The id of what the keyboard is on in there, if it is. */
function keyboardIn(element) {
    return element.contains(document.activeElement) ? [document.activeElement.id] : [];
}

/* Shows the view in main, and loads the keys. */
export function showKeys(main, session) {
    let keys = null;
    let loadedAt = 0;
    const list = h("div", { class: "list", "aria-busy": "true" }, makeSkeleton());
    const canMake = session.organisation.integrations;
    const createButton = canMake && h("button", { id: "create", type: "button", class: "primary", hidden: true, click: create },
        icon("plus"), "Create key");

    function makeSkeleton() {
        return h("div", { class: "card skeleton", role: "status" }, h("span", { class: "hidden" }, "Loading the keys…"),
            [1, 2, 3].map(() => h("div", { "aria-hidden": "true" })));
    }

    /* Puts the key in place of what it was, or in front. */
    function put(key) {
        const at = keys.findIndex((one) => one.id === key.id);
        if (at < 0) {
            keys.unshift(key);
        } else {
            keys[at] = key;
        }
        draw(document.activeElement.id, `key-${key.id}`);
    }

    function create() {
        openCreate(session, put);
    }

    function rowActions(key) {
        if (key.state !== "active") {
            return "";
        }
        const action = (name, text, open, className = "quiet small") => h("button", {
            id: `${name}-${key.id}`, type: "button", class: className, click: open,
        }, text, h("span", { class: "hidden" }, ` ${key.name}`));
        return h("div", { class: "row-actions" },
            action("edit", "Edit", () => openEdit(session, key, put)),
            canMake && action("rotate", "Rotate", () => openRotate(session, key, put)),
            action("revoke", "Revoke", () => openRevoke(key, put), "quiet small revoke"));
    }

    function makeRow(key) {
        const cells = {
            name: [
                h("button", { id: `key-${key.id}`, type: "button", class: "key-name", click: () => openDetails(session, key) },
                    key.name, h("span", { class: "hidden" }, ", details")),
                prefix(key.prefix),
                key.previous && h("span", { class: "second" }, "former ", prefix(key.previous.prefix), " ends ",
                    relativeTime(key.previous.expires_at)),
            ],
            scopes: scopeChips(key.scopes, session.scopes),
            created: [dateTime(key.created_at), h("span", { class: "second who", title: key.created_by }, `by ${key.created_by}`)],
            used: key.last_used_at ? relativeTime(key.last_used_at) : h("span", { class: "muted" }, "Never"),
            requests: h("div", { class: "usage" }, makeChart(key),
                h("p", {}, h("strong", {}, key.requests_24h.toLocaleString("en-GB")),
                    h("span", { class: "second" }, `limit ${key.limit}/min`))),
            expires: expiry(key),
            state: state(key),
            actions: rowActions(key),
        };
        return h("tr", { role: "row", class: `is-${key.state}` }, COLUMNS.map((column) =>
            h(column.id === "name" ? "th" : "td", {
                role: column.id === "name" ? "rowheader" : "cell", scope: column.id === "name" ? "row" : null,
                class: `cell-${column.id}`, "data-label": column.label,
            }, h("div", {}, cells[column.id]))));
    }

    function sortBy(column, direction) {
        view.column = column.id;
        view.direction = direction;
        draw(`sort-${column.id}`);
    }

    function makeHeading(column) {
        const sorted = view.column === column.id;
        if (!column.value) {
            return h("th", { role: "columnheader", scope: "col", class: `cell-${column.id}` },
                h("span", { class: column.hidden ? "hidden" : "" }, column.label));
        }
        const turned = view.direction === "ascending" ? "descending" : "ascending";
        return h("th", {
            role: "columnheader", scope: "col", class: `cell-${column.id}`, "aria-sort": sorted ? view.direction : null,
        }, h("button", {
            id: `sort-${column.id}`, type: "button", class: "sort",
            click: () => sortBy(column, sorted ? turned : column.first),
        }, column.label, icon("down")));
    }

    /* Where the list is cards there are no headings to sort by. */
    function makeSortChoice() {
        const options = COLUMNS.filter((column) => column.value);
        return h("label", { class: "sort-choice" }, h("span", {}, "Sort by"),
            h("select", {
                id: "sort-choice",
                change: (event) => {
                    const column = options[event.target.selectedIndex];
                    sortBy(column, column.first);
                    document.getElementById("sort-choice").focus();
                },
            }, options.map((column) => h("option", { selected: column.id === view.column }, column.label))));
    }

    function makeFilter(active) {
        const choose = (ended, text) => h("button", {
            id: ended ? "show-all" : "show-active", type: "button", "aria-pressed": String(view.ended === ended),
            click() {
                view.ended = ended;
                draw(ended ? "show-all" : "show-active");
            },
        }, text);
        return h("div", { class: "segments", role: "group", "aria-label": "Which keys" },
            choose(false, `Active ${active}`), choose(true, `All ${keys.length}`));
    }

    function makeTable(shown) {
        return h("table", { class: "keys", role: "table", "aria-label": "API keys" },
            h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, COLUMNS.map(makeHeading))),
            h("tbody", { role: "rowgroup" }, shown.map(makeRow)));
    }

    /* focus: the ids that the keyboard may go on from, when what it was on is drawn anew. */
    function draw(...focus) {
        const active = keys.filter((key) => key.state === "active");
        list.setAttribute("aria-busy", "false");
        if (createButton) {
            createButton.hidden = keys.length === 0;
        }
        if (keys.length === 0) {
            list.replaceChildren(makeEmpty(session, create));
            return;
        }
        const shown = (view.ended ? [...keys] : active).sort(compare);
        list.replaceChildren(
            h("div", { class: "toolbar" }, makeFilter(active.length), makeSortChoice(),
                h("button", { id: "refresh", type: "button", class: "quiet small", click: refresh }, icon("refresh"), h("span", {}, "Refresh"))),
            shown.length > 0 ? makeTable(shown) : h("p", { class: "card nothing" },
                `No key is active: ${plural(keys.length, "key has", "keys have")} expired or been revoked.`));
        if (focus.length > 0 && document.activeElement === document.body) {
            focusFirst(...focus, "title");
        }
    }

    async function load() {
        try {
            ({ keys } = await listKeys());
            loadedAt = Date.now();
            draw(...keyboardIn(list));
            return true;
        } catch (error) {
            if (error.status === undefined) {
                throw error;
            }
            if (keys) {
                announce(`The list could not be refreshed: ${error.message}`);
            } else {
                showFailure(list, error, () => {
                    list.replaceChildren(makeSkeleton());
                    load();
                });
            }
            return false;
        }
    }

    async function refresh() {
        if (await load()) {
            announce("The list is up to date.");
        }
    }

    /* Whoever comes back to the page sees what is, if not from the second. */
    function comeBack() {
        if (!list.isConnected) {
            document.removeEventListener("visibilitychange", comeBack);
        } else if (!document.hidden && keys && Date.now() - loadedAt > 60_000 && !document.querySelector("dialog")) {
            load();
        }
    }
    document.addEventListener("visibilitychange", comeBack);

    main.replaceChildren(
        h("div", { class: "page-head" },
            h("div", {},
                h("h1", { id: "title", tabindex: "-1" }, "API keys"),
                h("p", { class: "lede" }, "Keys let your programs use the Kabaido API. Revoking one takes effect at once.")),
            createButton),
        canMake ? "" : makeBanner(session),
        list);
    load().then((loaded) => loaded && canMake && wasInterrupted(session) && create());
}
