#include "gateway/identity/accounts_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *accounts_result_text(int result)
{
    static const struct {
        int result;
        const char *text;
    } texts[] = {
        {ACCOUNTS_OK,           "done"                                                                  },
        {ACCOUNTS_NO_MEMORY,    "the gateway is out of memory"                                          },
        {ACCOUNTS_INVALID,      "this is not a token of this gateway: log in again"                     },
        {ACCOUNTS_EXPIRED,      "the login has expired: log in again"                                   },
        {ACCOUNTS_VOID,
         "the login is not valid any more (logged out, new password, or account disabled): log in again"},
        {ACCOUNTS_BAD_NAME,
         "a name has 1 to 63 bytes, no control characters, no characters that hide or reorder text, and "
         "no space at either end"                                                                       },
        {ACCOUNTS_BAD_PASSWORD,
         "a password has at least 8 characters and at most 256 bytes, and is not the name"              },
        {ACCOUNTS_FULL,         "too many logouts are remembered"                                       },
        {ACCOUNTS_WAIT,         "too many failed logins: wait a little and try again"                   },
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].result == result)
            return texts[i].text;
    return "unknown";
}

/* ---- the table ----------------------------------------------------------------------------------------- */

static struct account *make_account(const struct ledger_account *row)
{
    size_t name = strlen(row->name) + 1, title = strlen(row->title) + 1, hash = strlen(row->hash) + 1;
    size_t email = strlen(row->email) + 1;
    struct account *account = malloc(sizeof *account + name + title + hash + email);
    if (account == NULL)
        return NULL;
    char *texts = (char *)(account + 1);
    memcpy(texts, row->name, name);
    memcpy(texts + name, row->title, title);
    memcpy(texts + name + title, row->hash, hash);
    memcpy(texts + name + title + hash, row->email, email);
    *account = (struct account){
        .id = row->id,
        .name = texts,
        .title = texts + name,
        .hash = texts + name + title,
        .email = texts + name + title + hash,
        .role = (enum rig_role)row->role,
        .disabled = row->disabled,
        .no_mail = row->no_mail,
        .password_version = row->password_version,
    };
    return account;
}

static void free_account(struct account *account)
{
    crypto_wipe((char *)account->hash, strlen(account->hash));
    free(account);
}

static uint32_t *name_slot(const struct accounts *accounts, const char *name)
{
    uint64_t place = crypto_short_hash(accounts->hash_key, name, strlen(name));
    for (;; place++) {
        uint32_t *slot = &accounts->names[place & (accounts->name_slots - 1)];
        if (*slot == 0 || strcmp(accounts->list[*slot - 1]->name, name) == 0)
            return slot;
    }
}

static void index_names(struct accounts *accounts)
{
    memset(accounts->names, 0, accounts->name_slots * sizeof *accounts->names);
    for (size_t i = 0; i < accounts->count; i++)
        *name_slot(accounts, accounts->list[i]->name) = (uint32_t)i + 1;
}

static bool grow(struct accounts *accounts)
{
    if (accounts->count < accounts->room)
        return true;
    size_t room = accounts->room > 0 ? 2 * accounts->room : 64;
    struct account **list = realloc(accounts->list, room * sizeof *list);
    if (list == NULL)
        return false;
    accounts->list = list;
    uint32_t *names = calloc(2 * room, sizeof *names);
    if (names == NULL)
        return false;
    free(accounts->names);
    accounts->names = names;
    accounts->name_slots = 2 * room;
    accounts->room = room;
    index_names(accounts);
    return true;
}

/* Where the id is or would be. */
static size_t find_id(const struct accounts *accounts, uint64_t id)
{
    size_t low = 0, high = accounts->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (accounts->list[middle]->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void insert(struct accounts *accounts, size_t at, struct account *account)
{
    bool last = at == accounts->count;
    memmove(accounts->list + at + 1, accounts->list + at, (accounts->count - at) * sizeof *accounts->list);
    accounts->list[at] = account;
    accounts->count++;
    if (last)
        *name_slot(accounts, account->name) = (uint32_t)at + 1;
    else
        index_names(accounts);
}

int accounts_stored(struct accounts *accounts, const struct ledger_account *row)
{
    struct account *account = make_account(row);
    if (account == NULL)
        return ACCOUNTS_NO_MEMORY;
    size_t at = find_id(accounts, row->id);
    if (at < accounts->count && accounts->list[at]->id == row->id) {
        struct account *old = accounts->list[at];
        if (account->password_version < old->password_version)
            account->password_version = old->password_version;
        bool renamed = strcmp(old->name, account->name) != 0;
        accounts->list[at] = account;
        free_account(old);
        if (renamed)
            index_names(accounts);
        return ACCOUNTS_OK;
    }
    if (!grow(accounts)) {
        free_account(account);
        return ACCOUNTS_NO_MEMORY;
    }
    insert(accounts, at, account);
    return ACCOUNTS_OK;
}

const struct account *accounts_find(const struct accounts *accounts, const char *name)
{
    uint32_t slot = *name_slot(accounts, name);
    return slot != 0 ? accounts->list[slot - 1] : NULL;
}

const struct account *accounts_get(const struct accounts *accounts, uint64_t id)
{
    size_t at = find_id(accounts, id);
    return at < accounts->count && accounts->list[at]->id == id ? accounts->list[at] : NULL;
}

size_t accounts_count(const struct accounts *accounts)
{
    return accounts->count;
}

const struct account *accounts_at(const struct accounts *accounts, size_t index)
{
    return accounts->list[index];
}

void accounts_row(const struct account *account, struct ledger_account *row)
{
    *row = (struct ledger_account){
        .id = account->id,
        .role = (int)account->role,
        .password_version = account->password_version,
        .disabled = account->disabled,
        .no_mail = account->no_mail,
    };
    snprintf(row->email, sizeof row->email, "%s", account->email);
    snprintf(row->name, sizeof row->name, "%s", account->name);
    snprintf(row->title, sizeof row->title, "%s", account->title);
    snprintf(row->hash, sizeof row->hash, "%s", account->hash);
}

/* ---- start and end ------------------------------------------------------------------------------------- */

static bool load(struct accounts *accounts, const struct ledger_contents *contents)
{
    for (size_t i = 0; i < contents->account_count; i++)
        if (accounts_stored(accounts, &contents->accounts[i]) != ACCOUNTS_OK)
            return false;
    for (size_t i = 0; i < contents->revocation_count; i++) {
        const struct ledger_revocation *revocation = &contents->revocations[i];
        if (!revoked_add(accounts->revoked, revocation->id, revocation->expires, contents->last_wall))
            return false;
    }
    return true;
}

int accounts_create(const struct crypto *crypto, const struct ledger_contents *contents,
                    const struct crypto_password_cost *dummy_cost, struct accounts **result)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    if (accounts == NULL)
        return ACCOUNTS_NO_MEMORY;
    accounts->crypto = crypto;
    crypto_random(accounts->hash_key, sizeof accounts->hash_key);
    accounts->revoked = revoked_create(contents->revocation_count);
    accounts->guessing = guessing_create();
    if (accounts->revoked == NULL || accounts->guessing == NULL || !grow(accounts) ||
        !load(accounts, contents) || crypto_dummy_hash(dummy_cost, accounts->dummy) != CRYPTO_OK) {
        accounts_destroy(accounts);
        return ACCOUNTS_NO_MEMORY;
    }
    *result = accounts;
    return ACCOUNTS_OK;
}

void accounts_destroy(struct accounts *accounts)
{
    if (accounts == NULL)
        return;
    for (size_t i = 0; i < accounts->count; i++)
        free_account(accounts->list[i]);
    free(accounts->list);
    free(accounts->names);
    revoked_destroy(accounts->revoked);
    guessing_destroy(accounts->guessing);
    free(accounts);
}
