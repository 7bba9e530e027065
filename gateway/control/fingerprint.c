#include "gateway/control/fingerprint.h"

#include "gateway/identity/crypto.h"
#include "gateway/matrix/matrix.h"

#include <stdlib.h>

bool fingerprint_make(const struct config_lab *lab, const struct config_rig *rig, char text[FINGERPRINT_TEXT])
{
    char *bytes = NULL;
    size_t length = 0;
    uint8_t digest[CRYPTO_DIGEST_SIZE];
    FILE *file = open_memstream(&bytes, &length);
    if (!file)
        return false;
    matrix_fingerprint(lab, rig, file);
    bool made = !fclose(file) && bytes;
    if (made)
        crypto_digest(bytes, length, digest);
    free(bytes);
    return made && crypto_encode_hex(digest, sizeof digest, text, FINGERPRINT_TEXT);
}
