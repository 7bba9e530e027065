/* account_names.c - what may be a name and what a password. */
#include "gateway/identity/accounts.h"

#include <string.h>

/* Characters that no name has: they are invisible, reorder what stands beside them, or are none (Unicode 15:
 * categories Cc, Cf, Zl, Zp, and noncharacters). Each row is a range. */
static const struct {
    uint32_t first, last;
} refused[] = {
    {0x0000,   0x001f    },
    {0x007f,   0x009f    },
    {0x00ad,   0x00ad    },
    {0x0600,   0x0605    },
    {0x061c,   0x061c    },
    {0x06dd,   0x06dd    },
    {0x070f,   0x070f    },
    {0x0890,   0x0891    },
    {0x08e2,   0x08e2    },
    {0x180e,   0x180e    },
    {0x200b,   0x200f    },
    {0x2028,   0x202e    },
    {0x2060,   0x206f    },
    {0xd800,   0xdfff    },
    {0xfdd0,   0xfdef    },
    {0xfeff,   0xfeff    },
    {0xfff9,   0xfffb    },
    {0xfffe,   0xffff    },
    {0x110bd,  0x110bd   },
    {0x110cd,  0x110cd   },
    {0x13430,  0x1343f   },
    {0x1bca0,  0x1bca3   },
    {0x1d173,  0x1d17a   },
    {0xe0000,  0xe007f   },
    {0x10fffe, UINT32_MAX},
};

static const uint32_t spaces[] = {0x20,   0xa0,   0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004, 0x2005,
                                  0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x202f, 0x205f, 0x3000};

/* The next character of UTF-8 (RFC 3629: the shortest form only); UINT32_MAX when it is not one. */
static uint32_t next_character(const unsigned char **at)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned char first = *(*at)++;
    int more = first < 0x80 ? 0 : first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1;
    if (first >= 0xf8 || (first >= 0x80 && first < 0xc0))
        return UINT32_MAX;
    uint32_t character = more == 0 ? first : first & (0x3fu >> more);
    for (int i = 0; i < more; i++) {
        if ((**at & 0xc0) != 0x80)
            return UINT32_MAX;
        character = character << 6 | (*(*at)++ & 0x3fu);
    }
    return character >= least[more] ? character : UINT32_MAX;
}

static bool is_refused(uint32_t character)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (character >= refused[i].first && character <= refused[i].last)
            return true;
    return (character & 0xfffe) == 0xfffe;
}

static bool is_space(uint32_t character)
{
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
        if (character == spaces[i])
            return true;
    return false;
}

int accounts_check_name(const char *name)
{
    size_t length = strnlen(name, LEDGER_NAME_MAX);
    if (length == 0 || length >= LEDGER_NAME_MAX)
        return ACCOUNTS_BAD_NAME;
    const unsigned char *at = (const unsigned char *)name;
    uint32_t character = 0;
    for (bool first = true; *at != '\0'; first = false) {
        character = next_character(&at);
        if (is_refused(character) || (first && is_space(character)))
            return ACCOUNTS_BAD_NAME;
    }
    return is_space(character) ? ACCOUNTS_BAD_NAME : ACCOUNTS_OK;
}

int accounts_check_password(const char *name, const char *password)
{
    size_t length = strnlen(password, ACCOUNTS_PASSWORD_MOST + 1), characters = 0;
    for (size_t i = 0; i < length; i++)
        characters += ((unsigned char)password[i] & 0xc0) != 0x80;
    bool good = length <= ACCOUNTS_PASSWORD_MOST && characters >= ACCOUNTS_PASSWORD_LEAST &&
                strcmp(name, password) != 0;
    return good ? ACCOUNTS_OK : ACCOUNTS_BAD_PASSWORD;
}

bool accounts_check_email(const char *email)
{
    const char *at = strchr(email, '@');
    size_t length = strlen(email);
    if (at == NULL || at == email || at[1] == '\0' || strchr(at + 1, '@') != NULL ||
        length >= LEDGER_EMAIL_MAX)
        return false;
    for (const char *c = email; *c != '\0'; c++)
        if (*c <= ' ' || *c > '~' || strchr("\"\\()<>[],;:", *c) != NULL)
            return false;
    return email[0] != '-' && email[0] != '.' && at[1] != '.' && at[1] != '-';
}
