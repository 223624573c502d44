/* Scopes by resource: for choosing, for reading at a glance, and for a first call with them. */

import { h } from "./dom.js";

const verb = (scope) => scope.slice(scope.indexOf(":") + 1);
const resource = (scope) => scope.slice(0, scope.indexOf(":"));

/* Map from resource to what resourceOf() finds there, in the order in which they come. */
function byResource(items, resourceOf) {
    const groups = new Map();
    for (const item of items) {
        const name = resourceOf(item);
        groups.set(name, [...(groups.get(name) ?? []), item]);
    }
    return groups;
}

export function scopesOfResources(scopes) {
    return byResource(scopes, (scope) => scope.resource);
}

export function scopeChips(names, all) {
    if (names.length === all.length) {
        return h("span", { class: "chip", title: names.join(", ") }, "All scopes");
    }
    const held = all.map((scope) => scope.name).filter((name) => names.includes(name));
    return h(
        "ul",
        { class: "chips", role: "list" },
        [...byResource(held, resource)].map(([name, scopes]) =>
            h(
                "li",
                { class: "chip" },
                name,
                h("span", { class: "chip-verbs" }, ` ${scopes.map(verb).join(", ")}`),
            ),
        ),
    );
}

const FIRST_CALLS = [
    ["products:read", "/api/v1/products?limit=1"],
    ["quotes:read", "/api/v1/quotes?limit=1"],
    ["orders:read", "/api/v1/orders?limit=1"],
    ["customers:read", "/api/v1/customers?limit=1"],
    ["requests:read", "/api/v1/requests?limit=1"],
];

/* A call that only reads, of something that the key may read; any key may read about itself. */
export function firstCall(scopes) {
    const found = FIRST_CALLS.find(([scope]) => scopes.includes(scope));
    return found ? found[1] : "/api/v1/key";
}

/* On this machine the certificate is one that no program trusts by itself. */
export const isLoopback = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(location.hostname);

export function curl(path, key) {
    return (
        `curl ${isLoopback ? "--insecure " : ""}"${location.origin}${path}" \\\n` +
        `  -H "Authorization: Bearer ${key}"`
    );
}
