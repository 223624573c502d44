/* The audit trail: who did what, when and from where. */

import { listAudit } from "./api.js";
import { h } from "./dom.js";
import { DAY, duration, exact, now, relativeTime, toIso } from "./time.js";

const ACTIONS = {
    "user.sign_in": "Signed in",
    "user.sign_in_failed": "Failed to sign in",
    "user.sign_out": "Signed out",
    "user.password_change": "Changed their password",
    "user.create": "Created a user",
    "user.disable": "Disabled a user",
    "user.enable": "Enabled a user",
    "user.set_password": "Set a user's password",
    "key.create": "Created key",
    "key.rotate": "Rotated key",
    "key.revoke": "Revoked key",
    "key.update": "Edited key",
    "org.create": "Created the organisation",
    "org.set_plan": "Changed the plan",
};
const LABELS = {
    grace_seconds: "grace",
    previous: "former prefix",
    previous_expires_at: "which works until",
    expires_at: "expires",
    os_user: "system user",
};
const TIMES = [
    ["", "Any time"],
    ["1", "Last 24 hours"],
    ["7", "Last 7 days"],
    ["30", "Last 30 days"],
    ["dates", "Between dates…"],
];
const FORMER = /^(former|previous)_/;
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

function words(value) {
    if (value === null) {
        return "none";
    }
    if (Array.isArray(value)) {
        return value.map(words).join(", ");
    }
    if (typeof value === "object") {
        return Object.entries(value)
            .map(([name, one]) => `${name.replaceAll("_", " ")} ${words(one)}`)
            .join(", ");
    }
    return ISO.test(value) ? exact(value) : String(value);
}

/* What the sentence has not said yet, and of former values those that are different now. */
function makeDetails(details) {
    const isSame = (name, value) =>
        FORMER.test(name) && details[name.replace(FORMER, "")] === value;
    const entries = Object.entries(details).filter(
        ([name, value]) => name !== "name" && !isSame(name, value),
    );
    return entries.length === 0
        ? ""
        : h(
              "dl",
              { class: "details" },
              entries.map(([name, value]) =>
                  h(
                      "div",
                      {},
                      h(
                          "dt",
                          {},
                          LABELS[name] ?? name.replace(FORMER, "former ").replaceAll("_", " "),
                      ),
                      h("dd", {}, name === "grace_seconds" ? duration(value) : words(value)),
                  ),
              ),
          );
}

function makeRow(entry) {
    const bad = entry.action === "user.sign_in_failed";
    const { name } = entry.details;
    const action = ACTIONS[entry.action] ?? entry.action;
    const cell = (label, ...content) =>
        h("td", { role: "cell", "data-label": label }, h("div", {}, content));
    return h(
        "tr",
        { role: "row" },
        cell("When", relativeTime(entry.at), h("span", { class: "second" }, exact(entry.at))),
        cell("Who", entry.actor),
        cell(
            "What",
            h("strong", { class: bad ? "soon" : "" }, action),
            name ? ` “${name}”` : "",
            entry.subject &&
                entry.subject !== entry.actor &&
                h("span", { class: "second" }, h("code", {}, entry.subject)),
            makeDetails(entry.details),
        ),
        cell(
            "From",
            entry.address
                ? h("code", {}, entry.address)
                : h("span", { class: "muted" }, "the server itself"),
        ),
    );
}

function dayStart(value, days) {
    const day = new Date(`${value}T00:00:00`);
    day.setDate(day.getDate() + days);
    return toIso(day.getTime());
}

function makeFilters(onChange) {
    const actor = h("input", {
        id: "actor",
        name: "actor",
        type: "text",
        list: "actors",
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
        placeholder: "Anybody",
    });
    const actors = h("datalist", { id: "actors" });
    const action = h(
        "select",
        { id: "action", name: "action" },
        h("option", { value: "" }, "Anything"),
        Object.entries(ACTIONS).map(([value, text]) => h("option", { value }, text)),
    );
    const time = h(
        "select",
        { id: "time", name: "time" },
        TIMES.map(([value, text]) => h("option", { value }, text)),
    );
    const from = h("input", { id: "from", type: "date" });
    const to = h("input", { id: "to", type: "date" });
    const field = (control, text) =>
        h("div", { class: "filter" }, h("label", { for: control.id }, text), control);
    const dates = h(
        "div",
        { class: "filter-dates", hidden: true },
        field(from, "From"),
        field(to, "To and with"),
    );

    function read() {
        const filters = { actor: actor.value.trim(), action: action.value };
        if (time.value === "dates") {
            filters.since = from.value && dayStart(from.value, 0);
            filters.until = to.value && dayStart(to.value, 1);
        } else if (time.value) {
            filters.since = toIso(now() - Number(time.value) * DAY);
        }
        return filters;
    }

    const element = h(
        "form",
        {
            class: "filters",
            role: "search",
            "aria-label": "Filter the audit trail",
            submit(event) {
                event.preventDefault();
                onChange();
            },
            change() {
                dates.hidden = time.value !== "dates";
                onChange();
            },
        },
        field(actor, "Who"),
        actors,
        field(action, "What"),
        field(time, "When"),
        dates,
    );

    /* Offers those that were seen. */
    function offer(entries) {
        const known = new Set([...actors.children].map((option) => option.value));
        const fresh = new Set(entries.map((entry) => entry.actor).filter((one) => !known.has(one)));
        actors.append(...[...fresh].map((value) => h("option", { value })));
    }
    return { element, read, offer };
}

export function showAudit(main) {
    const filters = makeFilters(() => load());
    const body = h("tbody", { role: "rowgroup" });
    const count = h("p", { class: "hint", role: "status" });
    const more = h("button", { type: "button", click: () => loadMore() }, "Show older entries");
    const heading = (text) => h("th", { role: "columnheader", scope: "col" }, text);
    const table = h(
        "table",
        { class: "audit", role: "table", "aria-label": "Audit trail" },
        h(
            "thead",
            { role: "rowgroup" },
            h("tr", { role: "row" }, ["When", "Who", "What", "From"].map(heading)),
        ),
        body,
    );
    const list = h("div", { class: "list" });
    let cursor = null;
    let asked = {};
    let latest = 0;

    function show(entries) {
        const rows = entries.map(makeRow);
        body.append(...rows);
        filters.offer(entries);
        more.hidden = cursor === null;
        count.textContent =
            cursor === null
                ? `${body.rows.length} in all.`
                : `The newest ${body.rows.length} are shown.`;
        return rows[0];
    }

    function showFailure(error, retry) {
        list.replaceChildren(
            h(
                "div",
                { class: "card notice", role: "alert" },
                h("h2", {}, "The audit trail could not be loaded"),
                h("p", {}, error.message),
                h("button", { type: "button", class: "primary", click: retry }, "Try again"),
            ),
        );
    }

    /* Answers that a later question has overtaken are dropped. */
    async function ask(question, onAnswer, retry) {
        const turn = ++latest;
        list.setAttribute("aria-busy", "true");
        try {
            const answer = await listAudit(question);
            if (turn === latest) {
                cursor = answer.next_cursor;
                onAnswer(answer.entries);
            }
        } catch (error) {
            if (error.status === undefined) {
                throw error;
            }
            if (turn === latest) {
                showFailure(error, retry);
            }
        } finally {
            list.setAttribute("aria-busy", "false");
        }
    }

    function load() {
        asked = filters.read();
        return ask(
            asked,
            (entries) => {
                body.replaceChildren();
                show(entries);
                list.replaceChildren(
                    entries.length > 0
                        ? table
                        : h(
                              "p",
                              { class: "card nothing" },
                              "Nothing was found. Try another person, action or time.",
                          ),
                    count,
                    more,
                );
            },
            load,
        );
    }

    function loadMore() {
        return ask(
            { ...asked, cursor },
            (entries) => {
                const row = show(entries);
                row?.setAttribute("tabindex", "-1");
                row?.focus();
            },
            load,
        );
    }

    main.replaceChildren(
        h(
            "div",
            { class: "page-head" },
            h(
                "div",
                {},
                h("h1", { id: "title", tabindex: "-1" }, "Audit trail"),
                h(
                    "p",
                    { class: "lede" },
                    "Who did what, when and from where. Nobody can change or remove an entry.",
                ),
            ),
        ),
        filters.element,
        list,
    );
    load();
}
