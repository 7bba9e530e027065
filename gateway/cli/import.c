#include "gateway/cli/import.h"

#include "gateway/cli/roles.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 16

enum column { COLUMN_NAME, COLUMN_ROLE, COLUMN_PASSWORD, COLUMN_TITLE, COLUMN_EMAIL, COLUMNS };

static const char *const column_names[COLUMNS] = {"name", "role", "password", "title", "email"};

int csv_read_record(FILE *file, char **fields, int most, size_t *line, size_t *first)
{
    struct text field = {0};
    bool quoted = false;
    int count = 0, byte = getc(file);
    while (byte == '\n' || byte == '\r') { /* empty lines */
        *line += byte == '\n';
        byte = getc(file);
    }
    *first = *line;
    if (byte == EOF)
        return 0;
    for (;; byte = getc(file)) {
        if (quoted && byte == '"') {
            int next = getc(file);
            quoted = next == '"';
            if (!quoted) {
                ungetc(next, file);
                continue;
            }
        } else if (!quoted && byte == '"' && field.length == 0) {
            quoted = true;
            continue;
        }
        bool ends_record = byte == EOF || (!quoted && byte == '\n');
        if (quoted && byte == EOF)
            break;
        *line += byte == '\n';
        if (!ends_record && (quoted || (byte != ',' && byte != '\r'))) {
            char letter = (char)byte;
            text_add_bytes(&field, &letter, 1);
            continue;
        }
        if (byte == '\r')
            continue;
        if (count == most)
            break;
        fields[count++] = require_copy(text_get(&field));
        text_clear(&field);
        if (ends_record) {
            text_finish(&field);
            return count;
        }
    }
    text_finish(&field);
    while (count)
        free(fields[--count]);
    return -1;
}

static void free_fields(char **fields, int count)
{
    for (int i = 0; i < count; i++) {
        explicit_bzero(fields[i], strlen(fields[i]));
        free(fields[i]);
    }
}

/* places[column]: in which field it stands, -1: in none. */
static int read_heading(struct cli *cli, const char *path, FILE *file, int *places, size_t *line)
{
    char *fields[FIELDS_MAX];
    size_t first;
    int count = csv_read_record(file, fields, FIELDS_MAX, line, &first), result = CLI_OK;
    for (size_t column = 0; column < COLUMNS; column++) {
        places[column] = -1;
        for (int i = 0; i < count; i++) {
            const char *name = fields[i];
            if (strncmp(name, "\xef\xbb\xbf", 3) == 0) /* spreadsheets begin UTF-8 with a byte order mark */
                name += 3;
            if (strcmp(name, column_names[column]) == 0)
                places[column] = i;
        }
        if (column < COLUMN_TITLE && places[column] < 0)
            result = fail(cli, CLI_USAGE,
                          "%s:1: the first line has no column \"%s\"; it must name name, role, password",
                          path, column_names[column]);
    }
    free_fields(fields, count);
    return result;
}

static const char *field_of(char **fields, int count, int place)
{
    return place >= 0 && place < count ? fields[place] : "";
}

static bool add_account(struct cli *cli, const char *path, size_t line, char **fields, int count,
                        const int *places, struct import *import)
{
    const char *name = field_of(fields, count, places[COLUMN_NAME]);
    const char *role = field_of(fields, count, places[COLUMN_ROLE]);
    const char *password = field_of(fields, count, places[COLUMN_PASSWORD]);
    Labgate__Role found;
    if (!name[0] || !password[0] || !role_find(role, &found)) {
        warn(cli, "%s:%zu: %s", path, line,
             !name[0]       ? "the name is missing"
             : !password[0] ? "the password is missing"
                            : "the role must be student, teacher, technician or scheduler");
        return false;
    }
    size_t size = import->count + 1;
    import->accounts = require_larger(import->accounts, size * sizeof *import->accounts);
    import->passwords = require_larger(import->passwords, size * sizeof *import->passwords);
    Labgate__Account *account = require_memory(1, sizeof *account);
    labgate__account__init(account);
    account->name = require_copy(name);
    account->title = require_copy(field_of(fields, count, places[COLUMN_TITLE]));
    account->email = require_copy(field_of(fields, count, places[COLUMN_EMAIL]));
    account->role = found;
    import->accounts[import->count] = account;
    import->passwords[import->count] = require_copy(password);
    import->count = size;
    return true;
}

int import_read(struct cli *cli, const char *path, struct import *import)
{
    int places[COLUMNS], count;
    char *fields[FIELDS_MAX];
    size_t line = 1, first, wrong = 0;
    *import = (struct import){0};
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(errno));
    int result = read_heading(cli, path, file, places, &line);
    while (result == CLI_OK) {
        count = csv_read_record(file, fields, FIELDS_MAX, &line, &first);
        if (count == 0)
            break;
        if (count < 0) {
            result =
                fail(cli, CLI_USAGE, "%s:%zu: a quotation mark is not closed, or there are too many fields",
                     path, first);
            break;
        }
        if (!add_account(cli, path, first, fields, count, places, import))
            wrong++;
        free_fields(fields, count);
    }
    fclose(file);
    if (result == CLI_OK && wrong)
        result = fail(cli, CLI_USAGE, "%s: %zu lines are wrong; nothing was imported", path, wrong);
    if (result == CLI_OK && import->count == 0)
        result = fail(cli, CLI_USAGE, "%s has no accounts", path);
    if (result != CLI_OK)
        import_finish(import);
    return result;
}

void import_finish(struct import *import)
{
    for (size_t i = 0; i < import->count; i++) {
        free(import->accounts[i]->name);
        free(import->accounts[i]->title);
        free(import->accounts[i]->email);
        free(import->accounts[i]);
        explicit_bzero(import->passwords[i], strlen(import->passwords[i]));
        free(import->passwords[i]);
    }
    free(import->accounts);
    free(import->passwords);
    *import = (struct import){0};
}
