/*
 * Shows a key the one time that it can be shown. Nothing but the elements of this dialog holds it:
 * no variable that outlives the call, no address, no storage; when the dialog goes, so does it.
 */

import { makeCopyButton } from "./copy.js";
import { openDialog } from "./dialog.js";
import { h } from "./dom.js";
import { curl, firstCall, isLoopback } from "./scopes.js";
import { exact, now } from "./time.js";

function warnLeaving(event) {
    event.preventDefault();
}

function makeCall(key, secret, status) {
    const command = h(
        "pre",
        { id: "call", tabindex: "0", "aria-label": "First call" },
        h("code", {}, curl(firstCall(key.scopes), secret)),
    );
    return [
        h(
            "div",
            { class: "label-row" },
            h("h3", {}, "Try it"),
            makeCopyButton({
                id: "copy-call",
                label: "Copy command",
                className: "quiet small",
                element: command,
                status,
            }),
        ),
        command,
        isLoopback &&
            h(
                "p",
                { class: "hint" },
                "--insecure is there because this server, on your own machine, has a " +
                    "certificate that only it vouches for.",
            ),
    ];
}

function lead(key, what) {
    if (what === "created") {
        return (
            `“${key.name}” is ready. This is the only time that its key is shown: Kabaido ` +
            `keeps a hash of it, ` +
            "from which nobody can get it back."
        );
    }
    const former =
        key.previous && Date.parse(key.previous.expires_at) > now()
            ? `The former one, ${key.previous.prefix}, works until ` +
              `${exact(key.previous.expires_at)}.`
            : "The former one has stopped working.";
    return `“${key.name}” has a new secret, shown only this time. ${former}`;
}

/* answer: {key, secret}. what: "created" or "rotated". */
export function openReveal({ key, secret }, what, returnTo) {
    const status = h("p", { class: "hidden", role: "status" });
    const code = h(
        "code",
        { id: "secret", class: "secret", tabindex: "0", "aria-label": "The key" },
        secret,
    );
    const ask = h("div", { class: "ask", hidden: true });
    let copied = false;

    function keep() {
        copied = true;
        window.removeEventListener("beforeunload", warnLeaving);
    }

    function mayLeave() {
        if (copied || !ask.hidden) {
            return copied;
        }
        ask.hidden = false;
        ask.replaceChildren(
            h(
                "p",
                { role: "alert" },
                "The key has not been copied here. Have you stored it? It cannot be shown again.",
            ),
            h(
                "div",
                { class: "buttons" },
                h(
                    "button",
                    {
                        type: "button",
                        class: "danger",
                        click() {
                            copied = true;
                            dialog.leave();
                        },
                    },
                    "I have stored it, close",
                ),
                h(
                    "button",
                    {
                        id: "back",
                        type: "button",
                        click() {
                            ask.hidden = true;
                            ask.replaceChildren();
                            dialog.querySelector("#copy").focus();
                        },
                    },
                    "Back to the key",
                ),
            ),
        );
        ask.querySelector("#back").focus();
        return false;
    }

    window.addEventListener("beforeunload", warnLeaving);
    const dialog = openDialog({
        title: "Copy your key now",
        className: "reveal",
        mayLeave,
        returnTo: [returnTo],
        onBeforeClose() {
            window.removeEventListener("beforeunload", warnLeaving);
            dialog.querySelectorAll("code, pre").forEach((element) => element.replaceChildren());
        },
        body: [
            h("p", {}, lead(key, what)),
            h(
                "div",
                { class: "ticket" },
                code,
                makeCopyButton({
                    id: "copy",
                    label: "Copy key",
                    className: "primary",
                    element: code,
                    status,
                    onCopied: keep,
                }),
                status,
            ),
            h(
                "p",
                { class: "banner" },
                "Put it into your integration's secret store now. Whoever has it can do all " +
                    "that its scopes allow.",
            ),
            makeCall(key, secret, status),
            ask,
            h(
                "div",
                { class: "buttons" },
                h("button", { id: "done", type: "button", click: () => dialog.leave() }, "Done"),
            ),
        ],
    });
    // By hand, too: with the mouse and Ctrl+C, or from the selection that the button leaves.
    dialog.addEventListener("copy", () => {
        if (document.getSelection().toString().includes(code.textContent)) {
            keep();
        }
    });
    dialog.querySelector("#copy").focus();
}
