/* The sign-in form. */

import { signIn } from "./api.js";
import { h, mark } from "./dom.js";
import { makeField, makeForm, makePassword } from "./form.js";
import { tellSignedIn } from "./session.js";
import { duration } from "./time.js";

function explain(error) {
    if (error.code === "sign_in_failed") {
        return "The e-mail address or the password is not right.";
    }
    if (error.status === 429) {
        const seconds = error.retryAfter ?? 60;
        const at = new Date(Date.now() + seconds * 1000).toLocaleTimeString("en-GB");
        return `Too many tries to sign in. Wait ${duration(seconds)}, until ${at}, and try again.`;
    }
    return error.message;
}

export function showSignIn(main, message, onSignedIn) {
    const email = makeField(
        h("input", {
            id: "email",
            name: "email",
            type: "email",
            autocomplete: "username",
            required: true,
            autocapitalize: "none",
            spellcheck: "false",
            maxlength: 254,
        }),
        "E-mail address",
    );
    const { control, button } = makePassword("password", "password", "current-password");
    const password = makeField(control, "Password", null, button);
    const fields = { email, password };

    function check() {
        if (!email.control.value.trim()) {
            return ["email", "Enter your e-mail address."];
        }
        if (!email.control.checkValidity()) {
            return ["email", "Enter a whole e-mail address, such as ada@example.com."];
        }
        return password.control.value ? null : ["password", "Enter your password."];
    }

    async function work() {
        const session = await signIn(email.control.value.trim(), password.control.value);
        tellSignedIn();
        onSignedIn(session);
    }

    const form = makeForm({
        fields,
        check,
        work,
        explain,
        children: [email.element, password.element],
        submit: h("button", { class: "primary wide" }, "Sign in"),
    });
    main.replaceChildren(
        h(
            "section",
            { class: "sign-in" },
            mark(),
            h("h1", { id: "title", tabindex: "-1" }, "Sign in to Kabaido"),
            h("p", { class: "lede" }, "Settings, Integrations: your organisation's API keys."),
            message && h("p", { class: "banner", role: "status" }, message),
            h("div", { class: "card" }, form),
            h(
                "p",
                { class: "hint" },
                "No account, or the password forgotten? Whoever runs Kabaido for your " +
                    "organisation makes accounts and sets passwords. ",
                h("a", { href: "/docs" }, "API reference"),
            ),
        ),
    );
    email.control.focus();
}
