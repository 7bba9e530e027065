#include "gateway/control/lockouts.h"

#include "gateway/control/request_value.h"

#include <stdio.h>
#include <string.h>

bool lockouts_has(const struct control_rig *rig, uint64_t account)
{
    const struct rig_durable *durable = rig_durable(rig->core);
    for (size_t i = 0; i < durable->lockout_count; i++)
        if (durable->lockouts[i] == account)
            return true;
    return false;
}

void lockouts_keep_reason(struct control_rig *rig, uint64_t account, const char *reason)
{
    struct durable_reason *place = NULL;
    for (size_t i = 0; i < RIG_LOCKOUTS_MAX; i++) {
        struct durable_reason *here = &rig->lockout_reasons[i];
        if (here->used && here->account == account) {
            place = here;
            break;
        }
        if (!here->used || !lockouts_has(rig, here->account))
            place = here;
    }
    if (!place) /* the core has no place for it either */
        return;
    *place = (struct durable_reason){.used = true, .account = account};
    request_copy_text(place->text, sizeof place->text, reason);
}

static const char *name_of(const struct control *control, uint64_t account, char number[24])
{
    const struct account *found = accounts_get(control->accounts, account);
    if (found)
        return found->name;
    snprintf(number, 24, "%llu", (unsigned long long)account);
    return account ? number : "operator";
}

void lockouts_list(const struct control *control, const struct control_rig *rig, bool names, char *text,
                   size_t size)
{
    const struct rig_durable *durable = rig_durable(rig->core);
    size_t at = 0;
    text[0] = '\0';
    for (size_t i = 0; i < durable->lockout_count; i++) {
        const char *reason = durable_reason(rig->lockout_reasons, durable->lockouts[i]);
        char number[24], entry[LEDGER_NAME_MAX + DURABLE_REASON_MAX + 8];
        if (names)
            snprintf(entry, sizeof entry, "%s%s: %s", at ? "; " : "",
                     name_of(control, durable->lockouts[i], number), reason);
        else
            snprintf(entry, sizeof entry, "%s%s", at ? "; " : "", reason);
        size_t left = durable->lockout_count - i;
        if (at + strlen(entry) + (left > 1 ? strlen("; and 8 more") : 0) >= size) {
            snprintf(text + at, size - at, "%sand %zu more", at ? "; " : "", left);
            return;
        }
        at += (size_t)snprintf(text + at, size - at, "%s", entry);
    }
}

bool lockouts_find(const struct control *control, const struct control_rig *rig, const char *name,
                   uint64_t *account)
{
    const struct rig_durable *durable = rig_durable(rig->core);
    for (int by_number = 0; by_number < 2; by_number++)
        for (size_t i = 0; i < durable->lockout_count; i++) {
            char number[24], decimal[24];
            snprintf(decimal, sizeof decimal, "%llu", (unsigned long long)durable->lockouts[i]);
            *account = durable->lockouts[i];
            if (!strcmp(name, by_number ? decimal : name_of(control, *account, number)))
                return true;
        }
    return false;
}
