/* The dialog that gives a key a new secret and lets the former one go on for a while. */

import { rotateKey } from "./api.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { makeChoice, makeForm, makeGroup } from "./form.js";
import { openReveal } from "./reveal.js";
import { exact, now, toIso } from "./time.js";

const HOUR = 3600;
const GRACES = [
    [0, "None"],
    [HOUR, "1 hour"],
    [24 * HOUR, "24 hours"],
    [7 * 24 * HOUR, "7 days"],
];

export function openRotate(session, key, onRotated) {
    const choices = GRACES.filter(([seconds]) => seconds <= session.grace_seconds_most).map(
        ([seconds, text]) => [String(seconds), text],
    );
    const sentence = h("p", { class: "hint", role: "status" });
    const grace = makeGroup(
        "grace",
        "The former secret goes on working for",
        null,
        makeChoice("grace", choices, String(24 * HOUR)),
        sentence,
    );
    const chosen = () => Number(grace.element.querySelector("input:checked").value);

    function update() {
        const seconds = chosen();
        sentence.textContent =
            seconds === 0
                ? "It stops at once: for a key that has leaked. Calls fail with 401 until the " +
                  "new secret is in place."
                : `Until ${exact(toIso(now() + seconds * 1000))}: put the new secret in place ` +
                  `before then, and no call fails.`;
    }
    grace.element.addEventListener("input", update);
    update();

    async function work() {
        const answer = await rotateKey(key.id, chosen());
        dialog.finish();
        onRotated(answer.key);
        openReveal(answer, "rotated", `rotate-${key.id}`);
    }

    const dialog = openDialog({
        title: "Rotate the key’s secret",
        returnTo: [`rotate-${key.id}`],
        body: makeForm({
            fields: { grace_seconds: grace },
            work,
            explain: (error) =>
                error.status !== 0
                    ? error.message
                    : "No answer came, so the secret may have been rotated or not. Reload the " +
                      "list: if the prefix is a new one, rotate once more.",
            children: [
                h(
                    "p",
                    {},
                    "“",
                    h("strong", {}, key.name),
                    "” (",
                    h("code", {}, key.prefix),
                    ") keeps its name, scopes, limit, " +
                        "expiry and history, and gets a new secret that is shown once.",
                ),
                grace.element,
            ],
            submit: h("button", { class: "primary" }, "Rotate"),
            buttons: h("button", { type: "button", click: () => dialog.leave() }, "Cancel"),
        }),
    });
    grace.control.focus();
}
