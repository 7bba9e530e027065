/* backup.c - labctl backup: a copy of the ledger, made by the gateway and written here. */
#include "gateway/cli/cli.h"
#include "gateway/cli/commands.h"
#include "gateway/cli/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static int make_copy(struct cli *cli, uint64_t *bytes)
{
    Labgate__Backup backup = LABGATE__BACKUP__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = LABGATE__REQUEST__BODY_BACKUP;
    request.backup = &backup;
    int result = cli_call(cli, &request, "copy the ledger", LABGATE__ANSWER__BODY_BACKUP, &answer);
    if (result != CLI_OK)
        return result;
    *bytes = answer->backup->bytes;
    client_free(answer);
    return CLI_OK;
}

static int write_part(struct cli *cli, uint64_t offset, const Labgate__FilePart *part, FILE *file,
                      const char *path)
{
    if (part->offset != offset || part->data.len == 0)
        return fail(cli, CLI_FAULT,
                    "cannot read the copy of the ledger: the gateway gave nothing of the rest");
    if (fwrite(part->data.data, 1, part->data.len, file) != part->data.len)
        return fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    return CLI_OK;
}

static int fetch(struct cli *cli, uint64_t size, FILE *file, const char *path)
{
    struct progress progress;
    int result = CLI_OK;
    progress_begin(cli, &progress, "reading", size);
    for (uint64_t offset = 0; result == CLI_OK && offset < size;) {
        Labgate__ReadBackup read = LABGATE__READ_BACKUP__INIT;
        Labgate__Request request = LABGATE__REQUEST__INIT;
        Labgate__Answer *answer;
        if (interruption_seen()) {
            result = fail(cli, CLI_INTERRUPTED, "interrupted: there is no %s", path);
            break;
        }
        read.offset = offset;
        request.body_case = LABGATE__REQUEST__BODY_READ_BACKUP;
        request.read_backup = &read;
        result =
            cli_call(cli, &request, "read the copy of the ledger", LABGATE__ANSWER__BODY_READ_FILE, &answer);
        if (result != CLI_OK)
            break;
        result = write_part(cli, offset, answer->read_file, file, path);
        offset += answer->read_file->data.len;
        progress_step(&progress, offset, size);
        client_free(answer);
    }
    progress_end(&progress);
    return result;
}

/* On the disk, or not there. */
static int keep(struct cli *cli, FILE *file, const char *temporary, const char *path)
{
    if (fflush(file) != 0 || fsync(fileno(file)) != 0 || rename(temporary, path) != 0)
        return fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    return CLI_OK;
}

static int run_backup(struct cli *cli, const struct arguments *arguments)
{
    const char *path = arguments->words[0];
    struct text temporary = {0};
    uint64_t bytes = 0;
    if (access(path, F_OK) == 0)
        return fail(cli, CLI_USAGE, "%s is there already: name another file", path);
    cli->use_socket = true;
    text_add_format(&temporary, "%s.part", path);
    /* Passwords' hashes are in it. */
    int fd = open(text_get(&temporary), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    int result = file ? CLI_OK : fail(cli, CLI_LOCAL, "cannot write %s: %s", path, strerror(errno));
    interruption_catch();
    if (result == CLI_OK)
        result = make_copy(cli, &bytes);
    if (result == CLI_OK)
        result = fetch(cli, bytes, file, path);
    if (result == CLI_OK)
        result = keep(cli, file, text_get(&temporary), path);
    interruption_release();
    if (file)
        fclose(file);
    if (file && result != CLI_OK)
        unlink(text_get(&temporary));
    if (result == CLI_OK && cli->json_wanted) {
        json_open_object(&cli->json, NULL);
        json_string(&cli->json, "file", path);
        json_unsigned(&cli->json, "bytes", bytes);
        json_close_object(&cli->json);
    } else if (result == CLI_OK) {
        say(cli, "%s: %" PRIu64 " bytes; labgate restore brings it back", path, bytes);
    }
    text_finish(&temporary);
    return result;
}

const struct command command_backup = {
    .name = "backup",
    .group = GROUP_STAFF,
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .summary = "copy the ledger (accounts, bookings, audit) to a file while the gateway runs",
    .text = "Asked through the gateway's own socket, by root or the gateway's user, on its machine."
            "\nThe copy is as of one instant, and was checked. Keep the gateway's key file apart from it.",
    .examples = "sudo labctl backup /mnt/backup/ledger-$(date +%F).sqlite",
    .run = run_backup,
};
