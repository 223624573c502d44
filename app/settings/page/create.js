/* The dialog that makes a key: a name, what it may do, how long and how much. */

import { createKey } from "./api.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { makeChoice, makeField, makeForm, makeGroup } from "./form.js";
import { openReveal } from "./reveal.js";
import { scopesOfResources } from "./scopes.js";
import { DAY, exact, now, relative, toIso } from "./time.js";

const EXPIRIES = [
    ["30", "30 days"],
    ["90", "90 days"],
    ["365", "1 year"],
    ["date", "A date…"],
    ["never", "Never"],
];

/* What was typed when the dialog went away without a key: {user, values, interrupted}. */
let draft = null;

/* True when the session ended over the open dialog, and the same person is back. */
export function wasInterrupted(session) {
    return draft?.interrupted === true && draft.user === session.user.id;
}

function initialValues(session) {
    if (draft?.user === session.user.id) {
        return draft.values;
    }
    return { name: "", scopes: [], expiry: "90", date: "", limit: String(session.limits.default) };
}

function readValues(form) {
    const data = new FormData(form);
    return {
        name: data.get("name"),
        scopes: data.getAll("scope"),
        expiry: data.get("expiry"),
        date: data.get("date"),
        limit: data.get("limit"),
    };
}

function localDate(milliseconds) {
    const at = new Date(milliseconds);
    return [at.getFullYear(), at.getMonth() + 1, at.getDate()]
        .map((part) => String(part).padStart(2, "0"))
        .join("-");
}

/* Milliseconds; null for never; NaN without a date. A date is good to the end of its day. */
function expiryMoment({ expiry, date }) {
    if (expiry === "never") {
        return null;
    }
    return expiry === "date" ? Date.parse(`${date}T23:59:59`) : now() + Number(expiry) * DAY;
}

function expirySentence(values) {
    const moment = expiryMoment(values);
    if (moment === null) {
        return (
            "The key works until somebody revokes it. Choose this only where nobody could " +
            "replace it in time."
        );
    }
    if (Number.isNaN(moment)) {
        return "The key works to the end of the day that you choose.";
    }
    const iso = toIso(moment);
    const distance = relative(iso);
    return `Stops working ${exact(iso)}${distance.startsWith("in ") ? `, ${distance}` : ""}.`;
}

function makeScopes(session, chosen) {
    const boxes = session.scopes.map((scope) =>
        h("input", {
            type: "checkbox",
            id: `scope-${scope.name}`,
            name: "scope",
            value: scope.name,
            checked: chosen.includes(scope.name),
            "aria-describedby": `allows-${scope.name}`,
        }),
    );
    const boxOf = (scope) => boxes[session.scopes.indexOf(scope)];
    const choose = (text, want) =>
        h(
            "button",
            {
                type: "button",
                class: "link",
                click: () =>
                    boxes.forEach((box) => {
                        box.checked = want(box.value);
                    }),
            },
            text,
        );

    return makeGroup(
        "scopes",
        "Scopes",
        "What the key may do. Grant only what this integration needs.",
        h(
            "div",
            { class: "presets" },
            choose("All that read", (name) => name.endsWith(":read")),
            choose("All", () => true),
            choose("None", () => false),
        ),
        h(
            "div",
            { class: "scope-groups" },
            [...scopesOfResources(session.scopes)].map(([resource, scopes]) =>
                h(
                    "div",
                    { class: "scope-group", role: "group", "aria-label": resource },
                    h("p", { class: "scope-resource", "aria-hidden": "true" }, resource),
                    h(
                        "div",
                        {},
                        scopes.map((scope) =>
                            h(
                                "label",
                                { class: "check" },
                                boxOf(scope),
                                h(
                                    "span",
                                    {},
                                    h("code", {}, scope.name),
                                    h(
                                        "span",
                                        { class: "hint", id: `allows-${scope.name}` },
                                        scope.allows,
                                    ),
                                ),
                            ),
                        ),
                    ),
                ),
            ),
        ),
    );
}

function makeExpiry(values) {
    const date = h("input", {
        id: "date",
        name: "date",
        type: "date",
        "aria-label": "Expires at the end of",
        value: values.date,
        min: localDate(now() + DAY),
    });
    const sentence = h("p", { id: "expiry-sentence", class: "hint", role: "status" });
    const group = makeGroup(
        "expiry",
        "Expires",
        null,
        makeChoice("expiry", EXPIRIES, values.expiry),
        date,
        sentence,
    );

    function update() {
        const { form } = date;
        const current = form ? readValues(form) : values;
        date.hidden = current.expiry !== "date";
        sentence.textContent = expirySentence(current);
    }
    group.element.addEventListener("input", update);
    update();
    return group;
}

export function openCreate(session, onCreated) {
    const values = initialValues(session);
    const fields = {
        name: makeField(
            h("input", {
                id: "name",
                name: "name",
                type: "text",
                maxlength: 100,
                autocomplete: "off",
                required: true,
                value: values.name,
            }),
            "Name",
            "What uses it, and where: “Shop sync, production”. Names can be changed later.",
        ),
        scopes: makeScopes(session, values.scopes),
        expires_at: makeExpiry(values),
        limit: makeField(
            h("input", {
                id: "limit",
                name: "limit",
                type: "number",
                inputmode: "numeric",
                required: true,
                min: 1,
                max: session.limits.most,
                step: 1,
                value: values.limit,
            }),
            "Requests a minute",
            `From 1 to ${session.limits.most}. Beyond it the API answers 429, and the key goes on.`,
        ),
    };

    function check() {
        const current = readValues(form);
        const moment = expiryMoment(current);
        if (!current.name.trim()) {
            return [
                "name",
                "Give the key a name, so that you know later what breaks when you revoke it.",
            ];
        }
        if (current.scopes.length === 0) {
            return [
                "scopes",
                "Choose at least one scope: a key without any could read only about itself.",
            ];
        }
        if (Number.isNaN(moment)) {
            return ["expires_at", "Choose the last day on which the key is to work."];
        }
        if (moment !== null && moment <= now()) {
            return ["expires_at", "That day is over. Choose one that is to come."];
        }
        return fields.limit.control.checkValidity()
            ? null
            : ["limit", `Enter a whole number from 1 to ${session.limits.most}.`];
    }

    async function work() {
        const current = readValues(form);
        const moment = expiryMoment(current);
        const answer = await createKey({
            name: current.name.trim(),
            scopes: current.scopes,
            expires_at: moment === null ? null : toIso(moment),
            limit: Number(current.limit),
        });
        dialog.finish();
        draft = null;
        onCreated(answer.key);
        openReveal(answer, "created", `key-${answer.key.id}`);
    }

    function explain(error) {
        return error.status !== 0
            ? error.message
            : "No answer came, so the key may have been made or not. Look at the list before " +
                  "you try again: if it is there, revoke it, since its secret can no longer be " +
                  "shown.";
    }

    const form = makeForm({
        fields,
        check,
        work,
        explain,
        children: Object.values(fields).map((field) => field.element),
        submit: h("button", { class: "primary" }, "Create key"),
        buttons: h(
            "button",
            {
                type: "button",
                click() {
                    dialog.finish(true);
                    draft = null;
                },
            },
            "Cancel",
        ),
    });
    draft = null;
    const dialog = openDialog({
        title: "Create API key",
        className: "large",
        body: form,
        onBeforeClose: (left) => {
            draft = { user: session.user.id, values: readValues(form), interrupted: !left };
        },
    });
    fields.name.control.focus();
}
