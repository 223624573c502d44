/* The list of the organisation's keys: sorted, filtered, and with what can be done to each. */

import { listKeys } from "./api.js";
import { openCreate, wasInterrupted } from "./create.js";
import { openDetails } from "./details.js";
import { announce, focusFirst, h, icon, plural } from "./dom.js";
import { openEdit } from "./edit.js";
import { makeSortChoice, makeTable } from "./key_table.js";
import { openRevoke } from "./revoke.js";
import { openRotate } from "./rotate.js";
import { makeBanner, makeEmpty } from "./teach.js";

/* Whether keys that have ended are shown, too: it stays as it is until the page is loaded anew. */
let isEndedShown = false;

function showFailure(part, error, retry) {
    part.replaceChildren(
        h(
            "div",
            { class: "card notice", role: "alert" },
            h("h2", {}, "The keys could not be loaded"),
            h("p", {}, error.message),
            error.requestId &&
                h("p", { class: "hint" }, "Request ", h("code", {}, error.requestId)),
            h("button", { type: "button", class: "primary", click: retry }, "Try again"),
        ),
    );
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
    const createButton =
        canMake &&
        h(
            "button",
            { id: "create", type: "button", class: "primary", hidden: true, click: create },
            icon("plus"),
            "Create key",
        );

    function makeSkeleton() {
        return h(
            "div",
            { class: "card skeleton", role: "status" },
            h("span", { class: "hidden" }, "Loading the keys…"),
            [1, 2, 3].map(() => h("div", { "aria-hidden": "true" })),
        );
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

    const open = {
        details: (key) => openDetails(session, key),
        edit: (key) => openEdit(session, key, put),
        rotate: canMake ? (key) => openRotate(session, key, put) : null,
        revoke: (key) => openRevoke(key, put),
    };

    function makeFilter(active) {
        const choose = (ended, text) =>
            h(
                "button",
                {
                    id: ended ? "show-all" : "show-active",
                    type: "button",
                    "aria-pressed": String(isEndedShown === ended),
                    click() {
                        isEndedShown = ended;
                        draw(ended ? "show-all" : "show-active");
                    },
                },
                text,
            );
        return h(
            "div",
            { class: "segments", role: "group", "aria-label": "Which keys" },
            choose(false, `Active ${active}`),
            choose(true, `All ${keys.length}`),
        );
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
        const shown = isEndedShown ? keys : active;
        list.replaceChildren(
            h(
                "div",
                { class: "toolbar" },
                makeFilter(active.length),
                makeSortChoice(draw),
                h(
                    "button",
                    { id: "refresh", type: "button", class: "quiet small", click: refresh },
                    icon("refresh"),
                    h("span", {}, "Refresh"),
                ),
            ),
            shown.length > 0
                ? makeTable(shown, session.scopes, open, draw)
                : h(
                      "p",
                      { class: "card nothing" },
                      `No key is active: ${plural(keys.length, "key has", "keys have")} ` +
                          `expired or been revoked.`,
                  ),
        );
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
        } else if (
            !document.hidden &&
            keys &&
            Date.now() - loadedAt > 60_000 &&
            !document.querySelector("dialog")
        ) {
            load();
        }
    }
    document.addEventListener("visibilitychange", comeBack);

    main.replaceChildren(
        h(
            "div",
            { class: "page-head" },
            h(
                "div",
                {},
                h("h1", { id: "title", tabindex: "-1" }, "API keys"),
                h(
                    "p",
                    { class: "lede" },
                    "Keys let your programs use the Kabaido API. Revoking one takes effect at " +
                        "once.",
                ),
            ),
            createButton,
        ),
        canMake ? "" : makeBanner(session),
        list,
    );
    load().then((loaded) => loaded && canMake && wasInterrupted(session) && create());
}
