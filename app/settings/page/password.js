/* The dialog in which people change their own password. */

import { changePassword } from "./api.js";
import { openDialog } from "./dialog.js";
import { announce, h } from "./dom.js";
import { makeField, makeForm, makePassword } from "./form.js";

const LEAST = 12;

function byteCount(text) {
    return new TextEncoder().encode(text).length;
}

export function openPassword(session) {
    const old = makePassword("current-password", "current_password", "current-password");
    const fresh = makePassword("new-password", "new_password", "new-password");
    const fields = {
        current_password: makeField(old.control, "Current password", null, old.button),
        new_password: makeField(
            fresh.control,
            "New password",
            `At least ${LEAST} characters. A few words that only you would put together are good.`,
            fresh.button,
        ),
    };

    function check() {
        if (!old.control.value) {
            return ["current_password", "Enter the password that you sign in with now."];
        }
        if (byteCount(fresh.control.value) < LEAST) {
            return ["new_password", `That is too short: at least ${LEAST} characters.`];
        }
        return null;
    }

    async function work() {
        try {
            await changePassword(old.control.value, fresh.control.value);
        } catch (error) {
            if (error.code === "wrong_password") {
                error.field = "current_password";
            }
            throw error;
        }
        dialog.finish();
        announce("Password changed. Your sessions elsewhere have ended.");
    }

    const dialog = openDialog({
        title: "Change password",
        body: makeForm({
            fields,
            check,
            work,
            children: [
                // So that a password manager knows whose password this is.
                h("input", {
                    class: "hidden",
                    type: "text",
                    name: "username",
                    autocomplete: "username",
                    value: session.user.email,
                    readonly: true,
                    tabindex: "-1",
                    "aria-hidden": "true",
                }),
                fields.current_password.element,
                fields.new_password.element,
                h(
                    "p",
                    { class: "hint" },
                    "Every other session of yours ends; this one goes on. API keys are not " +
                        "touched.",
                ),
            ],
            submit: h("button", { class: "primary" }, "Change password"),
            buttons: h("button", { type: "button", click: () => dialog.leave() }, "Cancel"),
        }),
    });
    old.control.focus();
}
