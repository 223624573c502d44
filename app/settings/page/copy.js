/* Buttons that copy a text, and select it instead where a browser does not let them. */

import { h, icon } from "./dom.js";

function select(element) {
    const range = document.createRange();
    range.selectNodeContents(element);
    const selection = document.getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
}

async function copy(element) {
    try {
        await navigator.clipboard.writeText(element.textContent);
        return true;
    } catch {
        select(element);
        return false;
    }
}

/* Copies the element's text; status is a hidden line that says how it went. */
export function makeCopyButton({
    id,
    label,
    className = "",
    element,
    status,
    onCopied = () => {},
}) {
    let timer = null;
    const words = h("span", {}, label);
    const picture = h("span", { class: "button-icon" }, icon("copy"));
    const button = h(
        "button",
        {
            id,
            type: "button",
            class: className,
            async click() {
                const copied = await copy(element);
                status.classList.toggle("hidden", copied); // the button itself says it to the eye
                status.textContent = copied
                    ? "Copied to the clipboard."
                    : "This browser did not allow copying. The text is selected: press Ctrl+C " +
                      "or ⌘C.";
                if (!copied) {
                    return;
                }
                picture.replaceChildren(icon("check"));
                words.textContent = "Copied";
                clearTimeout(timer);
                timer = setTimeout(() => {
                    picture.replaceChildren(icon("copy"));
                    words.textContent = label;
                }, 2500);
                onCopied();
            },
        },
        picture,
        words,
    );
    return button;
}
