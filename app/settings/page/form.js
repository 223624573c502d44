/* Fields with labels, hints and errors that belong to them, and forms that send once at a time. */

import { h } from "./dom.js";

function describe(control, ...ids) {
    control.setAttribute("aria-describedby", ids.filter(Boolean).join(" "));
}

function errorLine(id) {
    return h("p", { id: `${id}-error`, class: "field-error" });
}

/* A field is {element, control, setError}; the control's id names all of it. */
export function makeField(control, label, hint = null, beside = null) {
    const error = errorLine(control.id);
    const hintId = hint && `${control.id}-hint`;
    describe(control, hintId, error.id);
    return {
        element: h(
            "div",
            { class: "field" },
            h("label", { for: control.id }, label),
            beside ? h("div", { class: "with-button" }, control, beside) : control,
            hint && h("p", { id: hintId, class: "hint" }, hint),
            error,
        ),
        control,
        setError(text) {
            error.textContent = text ?? "";
            if (text) {
                control.setAttribute("aria-invalid", "true");
            } else {
                control.removeAttribute("aria-invalid");
            }
        },
    };
}

/* Several controls with one question. */
export function makeGroup(id, legend, hint, ...children) {
    const error = errorLine(id);
    const hintId = hint && `${id}-hint`;
    const element = h(
        "fieldset",
        { id, class: "field group" },
        h("legend", {}, legend),
        hint && h("p", { id: hintId, class: "hint" }, hint),
        children,
        error,
    );
    describe(element, hintId, error.id);
    return {
        element,
        get control() {
            return element.querySelector("input:checked, input");
        },
        setError(text) {
            error.textContent = text ?? "";
            element.classList.toggle("is-invalid", Boolean(text));
        },
    };
}

/* One of a few, shown side by side. choices: [value, words]. */
export function makeChoice(name, choices, chosen) {
    return h(
        "div",
        { class: "choices" },
        choices.map(([value, text]) =>
            h(
                "label",
                { class: "choice" },
                h("input", { type: "radio", name, value, checked: value === chosen }),
                h("span", {}, text),
            ),
        ),
    );
}

export function makePassword(id, name, autocomplete) {
    const control = h("input", {
        id,
        name,
        type: "password",
        autocomplete,
        required: true,
        maxlength: 1024,
        autocapitalize: "none",
        spellcheck: "false",
    });
    const button = h(
        "button",
        {
            type: "button",
            class: "quiet",
            "aria-pressed": "false",
            "aria-controls": id,
            click() {
                const shown = control.type === "text";
                control.type = shown ? "password" : "text";
                button.setAttribute("aria-pressed", String(!shown));
            },
        },
        "Show",
        h("span", { class: "hidden" }, " password"),
    );
    return { control, button };
}

function sayBusy(button, busy) {
    // Not disabled: the keyboard would lose its place.
    button.setAttribute("aria-disabled", String(busy));
    button.classList.toggle("is-busy", busy);
}

/*
 * Makes a form. fields: by the names that the server's errors give them. check() returns
 * [field, text] for what need not be asked of the server. work() does it; what it throws is said
 * at its field, or above the buttons.
 */
export function makeForm({
    fields,
    children,
    buttons = [],
    submit,
    check = () => null,
    work,
    explain = (error) => error.message,
}) {
    const alert = h("p", { class: "form-error", role: "alert" });
    let busy = false;

    function show(field, text) {
        fields[field].setError(text);
        fields[field].control.focus();
    }

    async function send(event) {
        event.preventDefault();
        if (busy) {
            return;
        }
        Object.values(fields).forEach((field) => field.setError(null));
        alert.textContent = "";
        const wrong = check();
        if (wrong) {
            show(...wrong);
            return;
        }
        busy = true;
        sayBusy(submit, true);
        try {
            await work();
        } catch (error) {
            if (error.status === undefined) {
                throw error;
            }
            if (fields[error.field]) {
                show(error.field, explain(error));
            } else if (error.code !== "signed_out") {
                alert.textContent = explain(error);
            }
        } finally {
            busy = false;
            sayBusy(submit, false);
        }
    }

    return h(
        "form",
        { novalidate: true, submit: send },
        children,
        alert,
        h("div", { class: "buttons" }, submit, buttons),
    );
}
