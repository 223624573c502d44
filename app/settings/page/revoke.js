/* The dialog that asks before a key is ended for good, and says what will break. */

import { revokeKey } from "./api.js";
import { openDialog } from "./dialog.js";
import { announce, h, plural } from "./dom.js";
import { makeForm } from "./form.js";
import { relativeTime } from "./time.js";

function consequences(key) {
    if (!key.last_used_at) {
        return [h("strong", {}, "It has never been used"), ", so nothing should notice."];
    }
    const recent =
        key.requests_24h > 0
            ? `, with ${plural(key.requests_24h, "request")} in the last 24 hours. Whatever ` +
              `sends them will get 401 from its next call on.`
            : ". Whatever still holds it will get 401.";
    return [h("strong", {}, "It was last used ", relativeTime(key.last_used_at)), recent];
}

export function openRevoke(key, onRevoked) {
    async function work() {
        const answer = await revokeKey(key.id);
        dialog.finish();
        onRevoked(answer.key);
        announce(`Revoked “${answer.key.name}”. No request with it is served any more.`);
    }

    const cancel = h("button", { type: "button", click: () => dialog.leave() }, "Keep the key");
    const dialog = openDialog({
        title: `Revoke “${key.name}”?`,
        returnTo: [`key-${key.id}`],
        body: makeForm({
            fields: {},
            work,
            children: [
                h(
                    "p",
                    {},
                    "The key ",
                    h("code", {}, key.prefix),
                    " stops working at once and for good",
                    key.previous
                        ? [", and so does its former secret ", h("code", {}, key.previous.prefix)]
                        : "",
                    ".",
                ),
                h("p", { class: "banner" }, consequences(key)),
            ],
            submit: h("button", { class: "danger" }, "Revoke key"),
            buttons: cancel,
        }),
    });
    cancel.focus();
}
