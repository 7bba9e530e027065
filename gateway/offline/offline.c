#include "gateway/offline/offline.h"

#include "gateway/ledger/inspect.h"
#include "gateway/records/audit_copy.h"
#include "gateway/terminal/terminal.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void print_inspection(const char *path, const struct ledger_inspection *found)
{
    char newest[40] = "never";
    time_t seconds = (time_t)(found->newest / 1000);
    struct tm local;
    if (found->newest && localtime_r(&seconds, &local))
        strftime(newest, sizeof newest, "%F %T %z", &local);
    terminal_print(stdout,
                   "%s is whole: tables of version %d, %" PRIu64 " accounts, %" PRIu64 " bookings, %" PRIu64
                   " records of the audit, the newest of %s",
                   path, found->version, found->accounts, found->bookings, found->audit_records, newest);
}

int offline_inspect(const char *state, const char *file)
{
    struct ledger_inspection found;
    char path[PATH_MAX], why[256] = "";
    snprintf(path, sizeof path, "%s/ledger.sqlite", state);
    if (!file)
        file = path;
    if (ledger_inspect(file, &found, why, sizeof why) != LEDGER_OK) {
        terminal_print(stderr, "labgate: checking %s: %s", file, why);
        return 1;
    }
    print_inspection(file, &found);
    return 0;
}

int offline_restore(const char *state, const char *file)
{
    struct ledger_inspection found;
    char why[256] = "";
    if (ledger_restore(state, file, &found, why, sizeof why) != LEDGER_OK) {
        terminal_print(stderr, "labgate: bringing %s back: %s; the ledger is as it was", file, why);
        return 1;
    }
    print_inspection(file, &found);
    terminal_print(stdout, "it is the ledger now; the one before is %s/ledger.sqlite.before", state);
    return 0;
}

int offline_print_key(const char *state, const char *file)
{
    (void)file;
    struct crypto *crypto = NULL;
    char why[256] = "", text[CRYPTO_CHECK_KEY_MAX], path[PATH_MAX];
    snprintf(path, sizeof path, "%s/keys", state);
    if (access(path, R_OK) != 0) {
        terminal_print(
            stderr,
            "labgate: reading %s: %s; run this as the gateway's user, once the gateway has been started",
            path, strerror(errno));
        return 1;
    }
    if (crypto_open(state, &crypto, why, sizeof why) != CRYPTO_OK) {
        terminal_print(stderr, "labgate: reading %s: %s", path, why);
        return 1;
    }
    crypto_check_key(crypto, text);
    puts(text);
    crypto_wipe(text, sizeof text);
    crypto_close(crypto);
    return 0;
}

int offline_verify(const char *copy, const char *key_file, const char *head)
{
    static const int statuses[] = {
        [AUDIT_COPY_JUDGED] = OFFLINE_JUDGED,
        [AUDIT_COPY_WRONG_FILE] = OFFLINE_WRONG_FILE,
        [AUDIT_COPY_UNREADABLE] = OFFLINE_UNREADABLE,
    };
    struct audit_copy_report report;
    char why[600] = "";
    enum audit_copy_result result = audit_copy_verify(copy, key_file, head, &report, why, sizeof why);
    if (result == AUDIT_COPY_JUDGED)
        printf("%d %d %" PRIu64 " %s\n", report.intact, report.compared, report.records, report.text);
    else
        puts(why);
    return statuses[result];
}
