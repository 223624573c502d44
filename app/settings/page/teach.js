/* What the view of keys says where there are none, or where the plan does not include them. */

import { h, icon } from "./dom.js";
import { curl } from "./scopes.js";

export function makeBanner(session) {
    return h(
        "section",
        { class: "banner plan", "aria-label": "Your plan" },
        h("h2", {}, `The ${session.organisation.plan} plan does not include integrations`),
        h(
            "p",
            {},
            "So keys cannot be created or rotated, and the API answers calls with 403 ",
            h("code", {}, "plan_required"),
            ". The Team and Business plans include it: ask an owner of your organisation, or " +
                "Kabaido, to change the plan.",
        ),
        h(
            "p",
            {},
            "Nothing is lost meanwhile. Keys that you have stay listed here and can be " +
                "revoked; those that are still active work again from the first call after the " +
                "change.",
        ),
    );
}

export function makeEmpty(session, create) {
    const step = (title, text) => h("li", {}, h("strong", {}, title), h("span", {}, text));
    return h(
        "section",
        { class: "card empty" },
        h("h2", {}, "No keys yet"),
        h(
            "p",
            {},
            "An API key lets a program of yours, such as a shop, an ERP or a script, read and " +
                "write your organisation's data without a person signing in.",
        ),
        h(
            "ol",
            { class: "steps" },
            step("Create a key", "One for each integration, with only the scopes that it needs."),
            step(
                "Store it",
                "It is shown once. Kabaido keeps a hash of it and cannot show it again.",
            ),
            step("Call the API", "Send it with every request:"),
        ),
        h(
            "pre",
            { tabindex: "0", "aria-label": "A call" },
            h("code", {}, curl("/api/v1/key", "kbd_live_…")),
        ),
        session.organisation.integrations &&
            h(
                "div",
                { class: "buttons" },
                h(
                    "button",
                    { type: "button", class: "primary", click: create },
                    icon("plus"),
                    "Create your first key",
                ),
                h("a", { class: "button", href: "/docs" }, "Read the reference"),
            ),
    );
}
