/* Addresses that are taken, and the domains that tell a company. */
#include "email.h"

#include <string.h>

#include "free_mail.h"
#include "unit.h"

static struct arena arena;

static int set_up(void **state)
{
    (void)state;
    return arena_init(&arena, 4096, 1 << 20) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static void a_domain_is_read_in_both_spellings(void **state)
{
    static const struct {
        const char *text;
        const char *ascii;
        const char *unicode;
    } cases[] = {
        {"info@acme.example",         "acme.example",          "acme.example"         },
        {"Bob.O'Neil+x@ACME.Example", "acme.example",          "acme.example"         },
        {"a@a.b-c.d1.example",        "a.b-c.d1.example",      "a.b-c.d1.example"     },
        {"a@m\xC3\xBCller.example",   "xn--mller-kva.example", "m\xC3\xBCller.example"},
        {"a@M\xC3\x9CLLER.EXAMPLE",   "xn--mller-kva.example", "m\xC3\xBCller.example"},
        {"a@mu\xCC\x88ller.example",  "xn--mller-kva.example", "m\xC3\xBCller.example"},
        {"a@XN--Mller-KVA.example",   "xn--mller-kva.example", "m\xC3\xBCller.example"},
        {"a@stra\xC3\x9F"
         "e.example",        "xn--strae-oqa.example",
         "stra\xC3\x9F"
         "e.example"                                                                  },
        {"\xC3\xA9@acme.example",     "acme.example",          "acme.example"         },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct email_domain domain = {"", ""};
        const char *rule = email_read(&arena, cases[i].text, strlen(cases[i].text), &domain);
        if (rule != NULL || strcmp(domain.ascii, cases[i].ascii) != 0 ||
            strcmp(domain.unicode, cases[i].unicode) != 0) {
            fail_msg("%s: %s %s %s", cases[i].text, rule, domain.ascii, domain.unicode);
        }
    }
}

static void what_is_no_address_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "@",
        "a",
        "a@",
        "@acme.example",
        "a@b@acme.example",
        "a b@acme.example",
        "a@acme .example",
        "a@acme.example ",
        "a\n@acme.example",
        "a\xC2\xA0@acme.example",
        "a\xE3\x80\x80@acme.example",
        "a@localhost",
        "a@.example",
        "a@acme..example",
        "a@acme.example.",
        "a@-acme.example",
        "a@acme-.example",
        "a@acme_x.example",
        "a@acme!.example",
        "a@acme.example>",
        "a@[192.0.2.1]",
        "a@192.0.2.1",
        "a@xn--a.example",
        "a@xn--kraa.example", /* U+02DD twice, which no domain may hold */
        "a@\xE2\x98\x83.example",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@acme.example",
        "a@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.example",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct email_domain domain = {"as", "it was"};
        if (email_read(&arena, cases[i], strlen(cases[i]), &domain) == NULL ||
            strcmp(domain.ascii, "as") != 0) {
            fail_msg("%s", cases[i]);
        }
    }
}

static void free_mail_is_known(void **state)
{
    static const char *const free_mail[] = {
        "gmail.com",   "googlemail.com", "outlook.com", "hotmail.co.uk",  "icloud.com",
        "yahoo.co.jp", "gmx.de",         "web.de",      "proton.me",      "qq.com",
        "163.com",     "naver.com",      "orange.fr",   "mailinator.com", "tuta.com"};
    static const char *const companies[] = {
        "acme.example", "example.com", "siemens.com", "com", "mail.gmail.com", "agmail.com", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(free_mail); i++) {
        assert_true(email_is_free_mail(free_mail[i]));
    }
    for (size_t i = 0; i < COUNT(companies); i++) {
        assert_false(email_is_free_mail(companies[i]));
    }
}

/* In either spelling: a few names of the list are not plain. */
static void free_mail_is_known_however_it_is_written(void **state)
{
    static const char *const addresses[] = {"a@xn--5nx.cc", "a@\xE7\x81\xB5.cc"};
    (void)state;
    for (size_t i = 0; i < COUNT(addresses); i++) {
        struct email_domain domain;
        assert_null(email_read(&arena, addresses[i], strlen(addresses[i]), &domain));
        assert_true(email_is_free_mail(domain.ascii));
    }
}

static void the_list_is_sorted_and_as_mail_servers_know_it(void **state)
{
    (void)state;
    assert_true(free_mail_domain_count > 10000);
    for (size_t i = 0; i < free_mail_domain_count; i++) {
        struct email_domain domain;
        const char *address = arena_print(&arena, "a@%s", free_mail_domains[i]);
        assert_true(i == 0 || strcmp(free_mail_domains[i - 1], free_mail_domains[i]) < 0);
        /* Some are of pictures, which IDNA2008 does not take: nobody can send those. */
        if (email_read(&arena, address, strlen(address), &domain) == NULL &&
            strcmp(domain.ascii, free_mail_domains[i]) != 0) {
            fail_msg("%s", free_mail_domains[i]);
        }
        arena_reset(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_domain_is_read_in_both_spellings, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_no_address_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(free_mail_is_known, set_up, tear_down),
        cmocka_unit_test_setup_teardown(free_mail_is_known_however_it_is_written, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_list_is_sorted_and_as_mail_servers_know_it, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
