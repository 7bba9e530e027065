/* lab.yaml's `mail`: how letters leave the machine. */
#include "gateway/config/lab.h"
#include "gateway/config/loader.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct mail_form {
    char *sendmail, *from;
    int64_t retry;
};

static const struct option mail_options[] = {
    {.name = "sendmail",
     .type = OPTION_TEXT,
     .offset = offsetof(struct mail_form, sendmail),
     .minimum = 1,
     .maximum = 400,
     .fallback = "/usr/sbin/sendmail",
     .help = "program that takes a letter on standard input, with sendmail's options -i, -f and --"},
    {.name = "from",
     .type = OPTION_TEXT,
     .offset = offsetof(struct mail_form, from),
     .minimum = 3,
     .maximum = 254,
     .help = "address that letters come from"},
    {.name = "retry",
     .type = OPTION_DURATION,
     .offset = offsetof(struct mail_form, retry),
     .minimum = 1,
     .maximum = 3600,
     .fallback = "1 min",
     .help = "time after which a letter that was not taken is tried again; then 5, 15 and 60 times as long"},
    {.name = NULL   },
};

const struct section section_mail = {
    .title = "mail",
    .where = "The `mail` of lab.yaml; without it nobody is written to.",
    .options = mail_options,
};

static bool is_address(const char *text)
{
    const char *at = strchr(text, '@');
    for (const char *c = text; *c; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"\\()<>[],;:", *c))
            return false;
    return at && at != text && at[1] && !strchr(at + 1, '@') && text[0] != '-';
}

void mail_read(struct loader *loader, const struct node *node, struct config_lab *lab)
{
    struct mail_form form = {0};
    struct stat status;
    if (!node || !section_fill(loader, &section_mail, node, &form))
        return;
    const struct node *sendmail = node_get(node, "sendmail");
    if (form.sendmail[0] != '/')
        report(loader, sendmail ? sendmail : node,
               "must be a program by its full path, like /usr/sbin/sendmail");
    else if (stat(form.sendmail, &status) != 0 || !S_ISREG(status.st_mode) ||
             access(form.sendmail, X_OK) != 0)
        report(loader, sendmail ? sendmail : node,
               "there is no program %s; install a mail server that has one, or correct the name",
               form.sendmail);
    if (!is_address(form.from))
        report(loader, node_get(node, "from"), "must be an address, like lab@example.edu");
    lab->mail =
        (struct config_mail){.sendmail = form.sendmail, .from = form.from, .retry = form.retry / 1000000};
}
