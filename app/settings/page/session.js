/* Knows when the session ends, also by what other tabs of the same browser do. */

// Tabs share the session's cookie, so they share what happens to it.
const tabs = new BroadcastChannel("kabaido-settings");

let timer = null;
let watched = null;

function restart() {
    clearTimeout(timer);
    if (!watched) {
        return;
    }
    const left = Math.min(
        watched.session.session.idle_seconds * 1000,
        Date.parse(watched.session.session.expires_at) - Date.now(),
    );
    timer = setTimeout(watched.onEnd, Math.max(left, 0));
}

/*
 * Calls onEnd when the session has been idle for too long or has reached its end. The server is
 * not asked: that would keep the session alive for as long as a page is open.
 */
export function watchSession(session, onEnd) {
    watched = { session, onEnd };
    restart();
}

export function stopWatching() {
    watched = null;
    clearTimeout(timer);
}

export function touchSession() {
    restart();
    tabs.postMessage("active");
}

export function tellSignedIn() {
    tabs.postMessage("signed-in");
}

export function tellSignedOut() {
    tabs.postMessage("signed-out");
}

export function onElsewhere({ signedIn, signedOut }) {
    tabs.addEventListener("message", ({ data }) => {
        if (data === "active") {
            restart();
        } else if (data === "signed-in") {
            signedIn();
        } else if (data === "signed-out") {
            signedOut();
        }
    });
}
