#include "gateway/records/recording.h"
#include "gateway/records/recordings.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE 32768
#define LINE_MAX    512 /* holds the times, all fields at their longest, and the line's end */
#define NAME_FIELD  160
#define VALUE_FIELD 160
#define UNIT_FIELD  32
#define RETRY       INT64_C(1000000000) /* ns */
#define NANOSECONDS INT64_C(1000000000)

struct recording {
    const struct rig_spec *spec;
    uint64_t session;
    struct recordings_session what;
    int directory, fd;
    int64_t wall, monotonic; /* one instant: ms and ns */
    off_t size;              /* of the file up to the last whole line */
    uint64_t written;
    uint64_t gap;  /* changes that are lost and not yet said to be */
    uint64_t said; /* in the buffer */
    int64_t gap_at;
    int64_t retry; /* monotonic; of no account while `why` is "" */
    char why[160]; /* the disk does not take it */
    size_t used, lines;
    time_t second; /* that `stamp` is of */
    char stamp[24];
    char buffer[BUFFER_SIZE];
};

/* ---- lines --------------------------------------------------------------------------------------------- */

static int64_t wall_of(const struct recording *recording, int64_t at)
{
    return recording->wall + (at - recording->monotonic) / 1000000;
}

static size_t format_time(struct recording *recording, int64_t at, char *line)
{
    int64_t wall = wall_of(recording, at);
    int64_t milliseconds = wall % 1000;
    time_t second = (time_t)(wall / 1000);
    if (second != recording->second || recording->stamp[0] == '\0') {
        struct tm date;
        gmtime_r(&second, &date);
        strftime(recording->stamp, sizeof recording->stamp, "%Y-%m-%dT%H:%M:%S", &date);
        recording->second = second;
    }
    int64_t since = (recording->wall - recording->what.starts) * 1000000 + (at - recording->monotonic);
    int64_t fraction = since % NANOSECONDS / 1000;
    const char *sign = since < 0 ? "-" : "";
    return (size_t)snprintf(line, LINE_MAX, "%s.%03dZ,%s%" PRId64 ".%06" PRId64 ",", recording->stamp,
                            (int)milliseconds, sign, since < 0 ? -(since / NANOSECONDS) : since / NANOSECONDS,
                            fraction < 0 ? -fraction : fraction);
}

/* The shortest of the usual precisions that reads back as the same number. */
static size_t format_number(double number, char *field, size_t size)
{
    int length = snprintf(field, size, "%.7g", number);
    if (strtod(field, NULL) != number)
        length = snprintf(field, size, "%.15g", number);
    if (strtod(field, NULL) != number)
        length = snprintf(field, size, "%.17g", number);
    return (size_t)length;
}

/* A field, quoted where it must be; cut when it does not fit. */
static size_t format_text(const char *text, char *field, size_t size)
{
    bool plain = strpbrk(text, ",\"\r\n") == NULL;
    size_t length = 0;
    if (!plain)
        field[length++] = '"';
    for (; *text != '\0' && length + 3 < size; text++) {
        if (*text == '"')
            field[length++] = '"';
        field[length++] = *text;
    }
    if (!plain)
        field[length++] = '"';
    return length;
}

static const char *choice_name(const struct rig_point_spec *point, double number)
{
    for (const struct rig_choice *choice = point->choices; choice != NULL && choice->name != NULL; choice++)
        if (choice->number == number)
            return choice->name;
    return NULL;
}

static size_t format_value(const struct rig_point_spec *point, const struct recording_change *change,
                           char *field, size_t size)
{
    if (!change->sampled)
        return 0;
    if (point->type == RIG_TEXT)
        return format_text(change->text, field, size);
    const char *name = point->type == RIG_CHOICE ? choice_name(point, change->number) : NULL;
    if (name != NULL)
        return format_text(name, field, size);
    return isfinite(change->number) ? format_number(change->number, field, size) : 0;
}

/* Room for a line; NULL: the buffer was full and the disk did not take it. */
static char *next_line(struct recording *recording, int64_t at)
{
    if (BUFFER_SIZE - recording->used >= LINE_MAX)
        return recording->buffer + recording->used;
    recording_flush(recording, at);
    return recording_trouble(recording) == NULL ? recording->buffer : NULL;
}

static void end_line(struct recording *recording, size_t length)
{
    memcpy(recording->buffer + recording->used + length, "\r\n", 2);
    recording->used += length + 2;
    recording->lines++;
}

void recording_lost(struct recording *recording, uint64_t changes, int64_t at)
{
    recording->gap += changes;
    recording->gap_at = at;
}

static void say_gap(struct recording *recording)
{
    if (recording->gap == 0 || BUFFER_SIZE - recording->used < LINE_MAX)
        return;
    char *line = recording->buffer + recording->used;
    size_t length = format_time(recording, recording->gap_at, line);
    length +=
        (size_t)snprintf(line + length, LINE_MAX - length, "(gap),%" PRIu64 ",changes,bad", recording->gap);
    end_line(recording, length);
    recording->lines--; /* not a change: its own count is in `said` */
    recording->said += recording->gap;
    recording->gap = 0;
}

void recording_change(struct recording *recording, const struct recording_change *change)
{
    if (recording->why[0] != '\0' && change->at < recording->retry) {
        recording_lost(recording, 1, change->at);
        return;
    }
    say_gap(recording);
    char *line = next_line(recording, change->at);
    if (line == NULL) {
        recording_lost(recording, 1, change->at);
        return;
    }
    const struct rig_point_spec *point = &recording->spec->points[change->point];
    size_t length = format_time(recording, change->at, line);
    length += format_text(point->name, line + length, NAME_FIELD);
    line[length++] = ',';
    length += format_value(point, change, line + length, VALUE_FIELD);
    line[length++] = ',';
    length += format_text(point->unit != NULL ? point->unit->name : "", line + length, UNIT_FIELD);
    line[length++] = ',';
    length += format_text(rig_quality_name(change->quality), line + length, UNIT_FIELD);
    end_line(recording, length);
}

/* ---- the file ------------------------------------------------------------------------------------------ */

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

const char *recording_advice(int error)
{
    return error == ENOSPC || error == EDQUOT ? "free space on the disk of the state directory"
                                              : "check the disk of the state directory";
}

void recording_flush(struct recording *recording, int64_t now)
{
    if (recording->used == 0)
        return;
    if (write_all(recording->fd, recording->buffer, recording->used)) {
        recording->size += (off_t)recording->used;
        recording->written += recording->used;
        recording->why[0] = '\0';
    } else {
        snprintf(recording->why, sizeof recording->why, "recording session %" PRIu64 " failed: %s; %s",
                 recording->session, strerror(errno), recording_advice(errno));
        /* Half a line would spoil the next one. */
        if (ftruncate(recording->fd, recording->size) == 0)
            lseek(recording->fd, recording->size, SEEK_SET);
        recording_lost(recording, recording->lines + recording->said, now);
        recording->retry = now + RETRY;
    }
    recording->used = recording->lines = 0;
    recording->said = 0;
}

const char *recording_trouble(const struct recording *recording)
{
    return recording->why[0] != '\0' ? recording->why : NULL;
}

uint64_t recording_written(const struct recording *recording)
{
    return recording->written;
}

/* A crash may have left half a line: the file goes on after the last whole one. */
static bool find_end(struct recording *recording)
{
    struct stat status;
    char tail[4096];
    if (fstat(recording->fd, &status) != 0)
        return false;
    off_t from = status.st_size > (off_t)sizeof tail ? status.st_size - (off_t)sizeof tail : 0;
    ssize_t got = pread(recording->fd, tail, sizeof tail, from);
    while (got > 0 && tail[got - 1] != '\n')
        got--;
    if (got < 0)
        return false;
    recording->size = from + got;
    return ftruncate(recording->fd, recording->size) == 0 &&
           lseek(recording->fd, recording->size, SEEK_SET) == recording->size;
}

static void begin_file(struct recording *recording)
{
    if (recording->size == 0) {
        static const char heading[] = "time,seconds,point,value,unit,quality\r\n";
        memcpy(recording->buffer, heading, strlen(heading));
        recording->used = strlen(heading);
        return;
    }
    char *line = recording->buffer;
    size_t length = format_time(recording, recording->monotonic, line);
    length += (size_t)snprintf(line + length, LINE_MAX - length, "(resumed),,,bad");
    end_line(recording, length);
    recording->lines = 0;
}

struct recording *recording_open(int root, const struct recorder_session *session, char *why, size_t why_size)
{
    struct recording *recording = calloc(1, sizeof *recording);
    if (recording == NULL)
        return NULL;
    recording->fd = -1;
    recording->spec = session->spec;
    recording->session = session->session;
    recording->wall = session->wall;
    recording->monotonic = session->monotonic;
    recording->what = (struct recordings_session){
        .account = session->account, .starts = session->starts, .ends = session->ends};
    snprintf(recording->what.rig, sizeof recording->what.rig, "%s", session->rig);
    recording->directory = recordings_open(root, session->session, true);
    if (recording->directory < 0)
        goto failed;
    recording->fd =
        openat(recording->directory, "changes.csv", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (recording->fd < 0 || !find_end(recording) ||
        !recordings_write_session(recording->directory, session->session, &recording->what))
        goto failed;
    begin_file(recording);
    return recording;
failed:
    snprintf(why, why_size, "the recording of session %" PRIu64 " cannot be made: %s", session->session,
             strerror(errno));
    if (recording->fd >= 0)
        close(recording->fd);
    if (recording->directory >= 0)
        close(recording->directory);
    free(recording);
    return NULL;
}

void recording_close(struct recording *recording, int64_t ended)
{
    if (recording == NULL)
        return;
    say_gap(recording);
    recording_flush(recording, recording->gap_at);
    fsync(recording->fd);
    recording->what.ended = ended;
    if (ended != 0)
        recordings_write_session(recording->directory, recording->session, &recording->what);
    close(recording->fd);
    close(recording->directory);
    free(recording);
}
