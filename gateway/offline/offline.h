/* offline.h - what labgate does with a ledger, or a copy of one, without a gateway. Each prints its result,
 * complains on standard error, and returns the exit status of labgate. */
#ifndef GATEWAY_OFFLINE_OFFLINE_H
#define GATEWAY_OFFLINE_OFFLINE_H

/* `state`: the folder of the laboratory's ledger. `file`: a copy; NULL: the ledger, which may be open. */
int offline_inspect(const char *state, const char *file);
/* No gateway may run. */
int offline_restore(const char *state, const char *file);
/* The key that checks copies elsewhere, of a gateway that was started once; `file`: NULL. */
int offline_print_key(const char *state, const char *file);

/* For labctl, which has read the words. One line, and the status says which: */
enum offline_verify {
    OFFLINE_JUDGED = 0,     /* intact and compared (0 or 1), how many records, and what is to be said */
    OFFLINE_WRONG_FILE = 1, /* why: the key or the copy is not what it was given as */
    OFFLINE_UNREADABLE = 3, /* why: the copy cannot be read to its end. 2 is a usage error's */
};
int offline_verify(const char *copy, const char *key_file, const char *head);

#endif
