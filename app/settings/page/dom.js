/* Makes elements. Text only ever goes in as text: nothing on this page is parsed as HTML. */

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes)) {
        if (value === null || value === undefined || value === false) {
            continue;
        }
        if (typeof value === "function") {
            element.addEventListener(name, value);
        } else {
            element.setAttribute(name, value === true ? "" : value);
        }
    }
    element.append(
        ...children
            .flat(Infinity)
            .filter((child) => child !== null && child !== undefined && child !== false),
    );
    return element;
}

/* An attribute that is a function listens for the event of its name. */
export function h(tag, attributes = {}, ...children) {
    return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
    return fill(document.createElementNS(SVG, tag), attributes, children);
}

const ICONS = {
    check: "M3.5 8.5 6.5 11.5 12.5 4.5",
    close: "M4 4 12 12M12 4 4 12",
    copy: "M6 5.5h6.5v8H6zM10 5.5v-3H3.5v8H6",
    down: "M4.5 6.5 8 10l3.5-3.5",
    plus: "M8 3v10M3 8h10",
    refresh: "M13 8a5 5 0 1 1-1.6-3.7M13 2.5v3h-3",
};

/* A picture beside words that say the same. */
export function icon(name) {
    return svg(
        "svg",
        { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" },
        svg("path", { d: ICONS[name] }),
    );
}

export function mark() {
    return svg(
        "svg",
        { class: "mark", viewBox: "0 0 32 32", "aria-hidden": "true" },
        svg("rect", { width: 32, height: 32, rx: 7 }),
        svg("path", { d: "M9 7v18M23 7 11 16l12 9" }),
    );
}

/* Says it to everybody: on the page for a few seconds, and to a screen reader. */
let toastTimer = null;
export function announce(text) {
    const status = document.getElementById("status");
    clearTimeout(toastTimer);
    status.textContent = text;
    toastTimer = setTimeout(() => status.replaceChildren(), 8000);
}

/* Where the keyboard goes on when what held it is gone. */
export function focusFirst(...ids) {
    for (const id of ids) {
        const element = id && document.getElementById(id);
        if (element) {
            element.focus();
            return;
        }
    }
}

export function plural(count, one, many = `${one}s`) {
    return `${count.toLocaleString("en-GB")} ${count === 1 ? one : many}`;
}
