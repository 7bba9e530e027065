#include "gateway/control/fingerprint.h"

#include "gateway/identity/crypto.h"
#include "gateway/matrix/matrix.h"

#include <stdlib.h>

struct printout {
    char *bytes;
    size_t length;
    FILE *file; /* NULL: no memory */
};

static void begin(struct printout *printout)
{
    *printout = (struct printout){0};
    printout->file = open_memstream(&printout->bytes, &printout->length);
}

static bool digest(struct printout *printout, bool printed, char text[FINGERPRINT_TEXT])
{
    uint8_t bytes[CRYPTO_DIGEST_SIZE];
    bool made = !fclose(printout->file) && printout->bytes && printed;
    if (made)
        crypto_digest(printout->bytes, printout->length, bytes);
    free(printout->bytes);
    return made && crypto_encode_hex(bytes, sizeof bytes, text, FINGERPRINT_TEXT);
}

bool fingerprint_make(const struct config_lab *lab, const struct config_rig *rig, char text[FINGERPRINT_TEXT])
{
    struct printout printout;
    begin(&printout);
    if (!printout.file)
        return false;
    matrix_fingerprint(lab, rig, printout.file);
    return digest(&printout, true, text);
}

bool fingerprint_sources(const struct config *config, char text[FINGERPRINT_TEXT])
{
    struct printout printout;
    begin(&printout);
    return printout.file && digest(&printout, config_print_sources(config, printout.file), text);
}
