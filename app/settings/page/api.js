/* Calls the JSON interface under /settings/api/; whatever goes wrong becomes one kind of error. */

import { setNow } from "./time.js";

const BASE = "/settings/api";

export class ApiError extends Error {
    /* status 0: no answer came, so nobody knows what the call did. */
    constructor(status, body, retryAfter) {
        super(body.error);
        this.status = status;
        this.code = body.code;
        this.field = body.field ?? null;
        this.requestId = body.request_id ?? null;
        this.retryAfter = retryAfter;
    }
}

let onActivity = () => {};
let onSignedOut = () => {};

/* activity: a call was answered to a session, which has its idle time anew. */
export function listen({ activity, signedOut }) {
    onActivity = activity;
    onSignedOut = signedOut;
}

async function readError(response) {
    const retryAfter = Number(response.headers.get("Retry-After")) || null;
    const body = await response.json().catch(() => ({}));
    return new ApiError(
        response.status,
        {
            error: `The server answered ${response.status}, and not what this page understands.`,
            ...body,
        },
        retryAfter,
    );
}

async function call(method, path, body) {
    let response;
    try {
        // Not mode "same-origin": with no referrer, a browser would send "Origin: null".
        response = await fetch(BASE + path, {
            method,
            headers: body === undefined ? {} : { "Content-Type": "application/json" },
            body: body === undefined ? undefined : JSON.stringify(body),
            credentials: "same-origin",
            cache: "no-store",
            redirect: "error",
        });
        setNow(response.headers.get("Date"));
        if (response.ok) {
            const answer = response.status === 204 ? null : await response.json();
            onActivity();
            return answer;
        }
    } catch {
        throw new ApiError(
            0,
            {
                error: "The server cannot be reached. Check your connection and try again.",
                code: "unreachable",
            },
            null,
        );
    }
    const error = await readError(response);
    if (error.code === "signed_out") {
        onSignedOut();
    }
    throw error;
}

const keyPath = (id, action = "") => `/keys/${encodeURIComponent(id)}${action}`;

export const readSession = () => call("GET", "/session");
export const signIn = (email, password) => call("POST", "/session", { email, password });
export const signOut = () => call("DELETE", "/session");
export const changePassword = (current_password, new_password) =>
    call("POST", "/password", { current_password, new_password });
export const listKeys = () => call("GET", "/keys");
export const createKey = (key) => call("POST", "/keys", key);
export const updateKey = (id, changes) => call("PATCH", keyPath(id), changes);
export const rotateKey = (id, grace_seconds) =>
    call("POST", keyPath(id, "/rotate"), { grace_seconds });
export const revokeKey = (id) => call("POST", keyPath(id, "/revoke"), {});

export function listAudit(filters) {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(filters)) {
        if (value) {
            query.set(name, value);
        }
    }
    return call("GET", query.size ? `/audit?${query}` : "/audit");
}
