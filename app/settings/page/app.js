/* Starts the page: asks who is signed in, and shows what that person may see. */

import { listen, readSession } from "./api.js";
import { showAudit } from "./audit.js";
import { closeDialogs } from "./dialog.js";
import { h } from "./dom.js";
import { hideHeader, showHeader } from "./header.js";
import { showKeys } from "./keys.js";
import { onElsewhere, stopWatching, touchSession, watchSession } from "./session.js";
import { showSignIn } from "./sign_in.js";
import { keepTimesTrue } from "./time.js";

const main = document.getElementById("main");
let session = null;

function showMember() {
    main.replaceChildren(
        h(
            "section",
            { class: "card notice" },
            h("h1", { id: "title", tabindex: "-1" }, "Keys are managed by owners and admins"),
            h(
                "p",
                {},
                `You are a member of ${session.organisation.name}. API keys open all of an ` +
                    "organisation's data that their scopes name, so members do not see them " +
                    "or make them.",
            ),
            h(
                "p",
                {},
                "If you need one for an integration, ask an owner or an admin of your " +
                    "organisation: tell them what it is to read or write, and they can create a " +
                    "key with just those scopes.",
            ),
            h("p", {}, h("a", { href: "/docs" }, "What the API can do")),
        ),
    );
}

function showView() {
    if (!session) {
        return;
    }
    const audit = location.hash === "#audit";
    const view = audit ? "Audit trail" : "API keys";
    document.title = `${view} · ${session.organisation.name} · Kabaido`;
    showHeader(session, audit ? "audit" : "keys", signedOutHere);
    if (!session.may_manage_keys) {
        showMember();
    } else if (audit) {
        showAudit(main);
    } else {
        showKeys(main, session);
    }
}

function showFailure(error) {
    main.replaceChildren(
        h(
            "section",
            { class: "card notice" },
            h("h1", { id: "title", tabindex: "-1" }, "Settings cannot be shown"),
            h("p", { role: "alert" }, error.message),
            error.requestId &&
                h("p", { class: "hint" }, "Request ", h("code", {}, error.requestId)),
            h("button", { type: "button", class: "primary", click: start }, "Try again"),
        ),
    );
}

function begin(answer) {
    session = answer;
    watchSession(session, () =>
        end("Your session has ended because nothing was done for a while. Sign in to go on."),
    );
    showView();
}

/* Nothing of the organisation stays on the page. */
function end(message) {
    stopWatching();
    closeDialogs();
    session = null;
    hideHeader();
    document.title = "Sign in · Kabaido";
    showSignIn(main, message, (answer) => {
        begin(answer);
        document.getElementById("title").focus();
    });
}

function signedOutHere() {
    end("You are signed out.");
}

async function start() {
    try {
        begin(await readSession());
    } catch (error) {
        if (error.status === undefined) {
            throw error;
        }
        if (error.code !== "signed_out") {
            showFailure(error);
        }
    }
}

listen({
    activity: touchSession,
    signedOut: () => end(session && "Your session has ended. Sign in to go on where you were."),
});
onElsewhere({ signedIn: start, signedOut: () => session && signedOutHere() });

// Not by its address: that says which view is shown.
document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault();
    main.focus();
});

window.addEventListener("hashchange", () => {
    if (session) {
        showView();
        document.getElementById("title").focus();
    }
});

// A browser may keep the page as it stands, and bring it back to another person who goes "back".
window.addEventListener("pagehide", () => {
    closeDialogs();
    hideHeader();
    main.replaceChildren();
});
window.addEventListener("pageshow", (event) => event.persisted && start());

keepTimesTrue();
start();
