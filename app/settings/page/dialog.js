/* Native dialogs that open one above the other, close with Escape and leave nothing behind. */

import { focusFirst, h, icon } from "./dom.js";

let count = 0;
const open = new Set();

/*
 * Shows a dialog and returns it, with leave(): what its close button and Escape do, which is to
 * close it unless mayLeave() says no. onClose(left) hears of the end; returnTo are ids to put
 * the keyboard on when the element that opened it is gone by then.
 */
export function openDialog({
    title,
    body,
    className = "",
    mayLeave = () => true,
    onBeforeClose = () => {},
    returnTo = [],
}) {
    const id = `dialog-${++count}`;
    const opener = document.activeElement;

    const dialog = h(
        "dialog",
        { class: className, "aria-labelledby": id },
        h(
            "div",
            { class: "dialog-head" },
            h("h2", { id, tabindex: "-1" }, title),
            h(
                "button",
                {
                    type: "button",
                    class: "quiet icon-button",
                    "aria-label": "Close",
                    click: () => dialog.leave(),
                },
                icon("close"),
            ),
        ),
        body,
    );
    // At once: what it shows may be a key, and the page may be on its way into a browser's memory.
    dialog.finish = (left = false) => {
        if (!open.delete(dialog)) {
            return;
        }
        onBeforeClose(left);
        dialog.close();
        dialog.remove();
        dialog.replaceChildren();
        if (open.size === 0 && (opener === document.body || !opener.isConnected)) {
            focusFirst(opener.id, ...returnTo, "title");
        }
    };
    dialog.leave = () => {
        if (mayLeave()) {
            dialog.finish(true);
        }
    };
    // Not left to the event "cancel": a browser lets that be refused only once.
    dialog.addEventListener("keydown", (event) => {
        if (event.key === "Escape" && !event.defaultPrevented) {
            event.preventDefault();
            dialog.leave();
        }
    });
    dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        dialog.leave();
    });
    dialog.addEventListener("close", () => dialog.finish());

    document.body.append(dialog);
    open.add(dialog);
    dialog.showModal();
    return dialog;
}

export function closeDialogs() {
    open.forEach((dialog) => dialog.finish());
}
