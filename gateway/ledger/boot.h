/* boot.h - the lock that keeps a second labgate out, and the boot counter (promise S4).
 *
 * The counter lies in DIRECTORY/boot, beside the database and not in it, so that bringing the database back
 * from a backup cannot take it back; the database holds it too, and the larger one counts. */
#ifndef GATEWAY_LEDGER_BOOT_H
#define GATEWAY_LEDGER_BOOT_H

#include <stddef.h>
#include <stdint.h>

/* Makes the directory (0700) when it is not there. 0 or a negative ledger_result. */
int boot_open_directory(const char *path, int *directory, char *why, size_t why_size);
/* LEDGER_LOCKED when another process holds it. Closing *lock gives it up. */
int boot_lock(int directory, const char *path, int *lock, char *why, size_t why_size);
/* Makes the file `name` (0600, empty) when it is not there and takes others' rights away when it is. */
int boot_private_file(int directory, const char *name, char *why, size_t why_size);
/* The counter of the last start; 0: there was none. A damaged file is LEDGER_STORAGE. */
int boot_read(int directory, uint64_t *counter, char *why, size_t why_size);
/* Stores this start's, and syncs it. */
int boot_write(int directory, uint64_t counter, char *why, size_t why_size);

#endif
