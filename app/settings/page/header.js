/* The head of the page: organisation, views, and the account's menu. */

import { signOut } from "./api.js";
import { announce, h, icon, mark } from "./dom.js";
import { openPassword } from "./password.js";
import { tellSignedOut } from "./session.js";

const header = document.getElementById("header");

function viewLink(name, text, current) {
    return h("a", { href: `#${name}`, "aria-current": name === current ? "page" : null }, text);
}

async function leave(onSignedOut) {
    try {
        await signOut();
    } catch (error) {
        if (error.code !== "signed_out") {
            announce(`You are still signed in: ${error.message}`);
        }
        return;
    }
    tellSignedOut();
    onSignedOut();
}

function makeMenu(session, onSignedOut) {
    const menu = h(
        "div",
        { id: "account", class: "menu", popover: "auto" },
        h(
            "p",
            { class: "menu-who" },
            h("strong", {}, session.user.email),
            h(
                "span",
                {},
                `${session.user.role} of ${session.organisation.name}, ` +
                    `${session.organisation.plan} plan`,
            ),
        ),
        h(
            "button",
            {
                type: "button",
                click() {
                    menu.hidePopover();
                    openPassword(session);
                },
            },
            "Change password",
        ),
        h("button", { type: "button", click: () => leave(onSignedOut) }, "Sign out"),
    );
    return menu;
}

export function showHeader(session, current, onSignedOut) {
    header.hidden = false;
    header.replaceChildren(
        h(
            "div",
            { class: "header-row" },
            mark(),
            h(
                "p",
                { class: "crumbs" },
                h("strong", {}, session.organisation.name),
                h("span", {}, "Settings"),
                h("span", {}, "Integrations"),
            ),
            h(
                "button",
                { type: "button", class: "quiet account", popovertarget: "account" },
                h(
                    "span",
                    { class: "avatar", "aria-hidden": "true" },
                    session.user.email[0].toUpperCase(),
                ),
                h("span", { class: "account-email" }, session.user.email),
                icon("down"),
            ),
            makeMenu(session, onSignedOut),
        ),
        session.may_manage_keys
            ? h(
                  "nav",
                  { "aria-label": "Integrations" },
                  viewLink("keys", "API keys", current),
                  viewLink("audit", "Audit trail", current),
                  h("a", { class: "elsewhere", href: "/docs" }, "Reference"),
              )
            : "",
    );
}

export function hideHeader() {
    header.hidden = true;
    header.replaceChildren();
}
