/* The dialog that changes a key's name and limit. */

import { updateKey } from "./api.js";
import { openDialog } from "./dialog.js";
import { announce, h } from "./dom.js";
import { makeField, makeForm } from "./form.js";

export function openEdit(session, key, onChanged) {
    const fields = {
        name: makeField(
            h("input", {
                id: "edit-name",
                name: "name",
                type: "text",
                maxlength: 100,
                autocomplete: "off",
                required: true,
                value: key.name,
            }),
            "Name",
        ),
        limit: makeField(
            h("input", {
                id: "edit-limit",
                name: "limit",
                type: "number",
                inputmode: "numeric",
                required: true,
                min: 1,
                max: session.limits.most,
                step: 1,
                value: key.limit,
            }),
            "Requests a minute",
            `From 1 to ${session.limits.most}. It holds from the next request on.`,
        ),
    };

    function check() {
        if (!fields.name.control.value.trim()) {
            return ["name", "A key needs a name."];
        }
        return fields.limit.control.checkValidity()
            ? null
            : ["limit", `Enter a whole number from 1 to ${session.limits.most}.`];
    }

    async function work() {
        const answer = await updateKey(key.id, {
            name: fields.name.control.value.trim(),
            limit: Number(fields.limit.control.value),
        });
        dialog.finish();
        onChanged(answer.key);
        announce(`Saved “${answer.key.name}”.`);
    }

    const dialog = openDialog({
        title: "Edit key",
        returnTo: [`edit-${key.id}`],
        body: makeForm({
            fields,
            check,
            work,
            children: [
                fields.name.element,
                fields.limit.element,
                h(
                    "p",
                    { class: "hint" },
                    "Scopes and expiry stay as they were created: for others, create another key.",
                ),
            ],
            submit: h("button", { class: "primary" }, "Save"),
            buttons: h("button", { type: "button", click: () => dialog.leave() }, "Cancel"),
        }),
    });
    fields.name.control.focus();
}
