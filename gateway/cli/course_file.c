#include "gateway/cli/course_file.h"

#include "gateway/cli/import.h"
#include "gateway/cli/school.h"

#include <errno.h>
#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MAX 64
#define FILE_MOST  (8u << 20)

/* ---- bytes to UTF-8 -------------------------------------------------------------------------- */

static int read_bytes(struct cli *cli, const char *path, struct text *bytes)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return fail(cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(errno));
    char part[8192];
    size_t length;
    while ((length = fread(part, 1, sizeof part, file)) > 0 && bytes->length <= FILE_MOST)
        text_add_bytes(bytes, part, length);
    bool failed = ferror(file);
    fclose(file);
    if (failed)
        return fail(cli, CLI_LOCAL, "cannot read %s: %s", path, strerror(EIO));
    if (bytes->length > FILE_MOST)
        return fail(cli, CLI_USAGE, "%s is larger than %u MiB: split it", path, FILE_MOST >> 20);
    return CLI_OK;
}

static bool is_utf8(const struct text *bytes)
{
    const char *at = text_get(bytes), *end = at + bytes->length;
    while (at < end)
        if (text_decode(&at, end) == TEXT_NOT_UTF8)
            return false;
    return true;
}

/* False: *line is where it is not of that encoding. */
static bool convert(const char *encoding, const struct text *bytes, struct text *utf8, size_t *line)
{
    iconv_t state = iconv_open("UTF-8", encoding);
    char *from = bytes->data, part[4096];
    size_t left = bytes->length;
    bool good = state != (iconv_t)-1;
    *line = 1;
    while (good && left) {
        char *to = part;
        size_t room = sizeof part;
        good = iconv(state, &from, &left, &to, &room) != (size_t)-1 || errno == E2BIG;
        text_add_bytes(utf8, part, (size_t)(to - part));
    }
    for (size_t i = 0; i < utf8->length; i++)
        *line += utf8->data[i] == '\n';
    if (state != (iconv_t)-1)
        iconv_close(state);
    return good;
}

static int decode(struct cli *cli, const char *path, const struct text *bytes, struct text *utf8)
{
    const unsigned char *start = (const unsigned char *)text_get(bytes);
    size_t line;
    bool wide = bytes->length >= 2 &&
                ((start[0] == 0xff && start[1] == 0xfe) || (start[0] == 0xfe && start[1] == 0xff));
    if (!wide && is_utf8(bytes)) {
        size_t mark = bytes->length >= 3 && !memcmp(start, "\xef\xbb\xbf", 3) ? 3 : 0;
        text_add_bytes(utf8, start + mark, bytes->length - mark);
        return CLI_OK;
    }
    if (convert(wide ? "UTF-16" : "GB18030", bytes, utf8, &line))
        return CLI_OK;
    return fail(cli, CLI_USAGE, "%s:%zu: not text in UTF-8, UTF-16 or GB18030", path, line);
}

/* ---- columns --------------------------------------------------------------------------------- */

enum column { ACCOUNT, NAME, COURSE, GROUP, WEEKS, WEEKDAY, PERIODS, COLUMNS };

static const struct {
    bool required;
    const char *names[6]; /* the first is what a complaint calls it */
} columns[COLUMNS] = {
    [ACCOUNT] = {true,  {"student number", "学号", "account", "student id", "student no"}},
    [NAME] = {false, {"name", "姓名"}                                                 },
    [COURSE] = {false, {"course", "课程", "课程名称", "course name"}                },
    [GROUP] = {false, {"group", "预约组"}                                             },
    [WEEKS] = {true,  {"weeks", "周次", "week", "上课周次"}                        },
    [WEEKDAY] = {true,  {"weekday", "星期", "day"}                                       },
    [PERIODS] = {true,  {"periods", "节次", "period", "上课节次"}                    },
};

struct reading {
    struct cli *cli;
    const char *path;
    struct course_file *file;
    int places[COLUMNS];      /* in which field, -1: in none */
    char *headings[COLUMNS];  /* as the file writes them */
    char *fields[FIELDS_MAX]; /* of the record */
    int field_count;
    size_t line, first; /* line that is read next; of the record */
    size_t wrong;
};

/* Blanks around it, capitals and '_' do not count. */
static bool is_heading(const char *heading, const char *name)
{
    while (*heading == ' ')
        heading++;
    for (; *name; name++, heading++) {
        char letter = *heading == '_'                      ? ' '
                      : *heading >= 'A' && *heading <= 'Z' ? (char)(*heading + 32)
                                                           : *heading;
        if (letter != *name)
            return false;
    }
    return strspn(heading, " ") == strlen(heading);
}

static int place_of(const struct reading *reading, enum column column)
{
    for (int i = 0; i < reading->field_count; i++)
        for (size_t k = 0; k < 6 && columns[column].names[k]; k++)
            if (is_heading(reading->fields[i], columns[column].names[k]))
                return i;
    return -1;
}

static void free_fields(struct reading *reading)
{
    for (int i = 0; i < reading->field_count; i++)
        free(reading->fields[i]);
    reading->field_count = 0;
}

static bool next_record(struct reading *reading, FILE *file)
{
    free_fields(reading);
    int count = csv_read_record(file, reading->fields, FIELDS_MAX, &reading->line, &reading->first);
    reading->field_count = count > 0 ? count : 0;
    if (count >= 0)
        return count > 0;
    warn(reading->cli, "%s:%zu: a quotation mark is not closed, or there are more than %d fields",
         reading->path, reading->first, FIELDS_MAX);
    reading->wrong++;
    return false;
}

static void read_heading(struct reading *reading, FILE *file)
{
    if (!next_record(reading, file))
        return;
    for (enum column column = 0; column < COLUMNS; column++) {
        reading->places[column] = place_of(reading, column);
        if (reading->places[column] >= 0)
            reading->headings[column] = require_copy(reading->fields[reading->places[column]]);
        if (reading->places[column] >= 0 || !columns[column].required)
            continue;
        warn(reading->cli, "%s:1: no column is called \"%s\" or \"%s\"", reading->path,
             columns[column].names[0], columns[column].names[1]);
        reading->wrong++;
    }
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* Without blanks and line ends around it; the record's field is changed. */
static const char *field_of(struct reading *reading, enum column column)
{
    int place = reading->places[column];
    if (place < 0 || place >= reading->field_count)
        return "";
    char *text = reading->fields[place];
    size_t length = strlen(text);
    while (length && strchr(" \t\r\n", text[length - 1]))
        text[--length] = '\0';
    return text + strspn(text, " \t\r\n");
}

static void complain(struct reading *reading, enum column column, const char *why)
{
    const char *text = field_of(reading, column), *name = field_of(reading, NAME);
    struct text who = {0};
    if (name[0])
        text_add_format(&who, " (%s)", name);
    warn(reading->cli, "%s:%zu: column %d \"%s\"%s: %s%s%s%s", reading->path, reading->first,
         reading->places[column] + 1, reading->headings[column], text_get(&who), text[0] ? "\"" : "", text,
         text[0] ? "\": " : "", text[0] ? why : "is empty");
    text_finish(&who);
    reading->wrong++;
}

static bool read_times(struct reading *reading, struct course_class *class, struct text *weeks)
{
    size_t before = reading->wrong;
    class->weekday = (unsigned)school_weekday(field_of(reading, WEEKDAY));
    if (!school_weeks(field_of(reading, WEEKS), weeks))
        complain(reading, WEEKS, "weeks are written like 1-16, 1-16周(单), odd, or 1-8,10-16");
    if (!class->weekday)
        complain(reading, WEEKDAY, "weekdays are written like Tuesday, tue, 2, or 星期二");
    if (!school_periods(field_of(reading, PERIODS), &class->first_period, &class->last_period))
        complain(reading, PERIODS, "periods are written like 3-4 or 第3-4节");
    return reading->wrong == before;
}

static struct course_class *class_of(struct reading *reading, const struct course_class *like)
{
    struct course_file *file = reading->file;
    for (size_t i = 0; i < file->count; i++) {
        struct course_class *class = &file->classes[i];
        if (class->weekday == like->weekday && class->first_period == like->first_period &&
            class->last_period == like->last_period && !strcmp(class->weeks, like->weeks) &&
            !strcmp(class->course, like->course) && !strcmp(class->group, like->group))
            return class;
    }
    file->classes = require_larger(file->classes, (file->count + 1) * sizeof *file->classes);
    struct course_class *class = &file->classes[file->count++];
    *class = *like;
    class->course = require_copy(like->course);
    class->group = require_copy(like->group);
    class->weeks = require_copy(like->weeks);
    class->line = reading->first;
    return class;
}

static void add_student(struct reading *reading, struct course_class *class, const char *account)
{
    for (size_t i = 0; i < class->count; i++) {
        if (strcmp(class->students[i], account) != 0)
            continue;
        char why[80];
        snprintf(why, sizeof why, "is in this class already, in line %zu", class->lines[i]);
        complain(reading, ACCOUNT, why);
        return;
    }
    class->students = require_larger(class->students, (class->count + 1) * sizeof *class->students);
    class->lines = require_larger(class->lines, (class->count + 1) * sizeof *class->lines);
    class->students[class->count] = require_copy(account);
    class->lines[class->count++] = reading->first;
}

static void read_row(struct reading *reading)
{
    struct course_class like = {0};
    struct text weeks = {0};
    const char *account = field_of(reading, ACCOUNT);
    if (!account[0])
        complain(reading, ACCOUNT, "");
    if (read_times(reading, &like, &weeks) && account[0]) {
        like.course = (char *)field_of(reading, COURSE);
        like.group = (char *)field_of(reading, GROUP);
        like.weeks = (char *)text_get(&weeks);
        add_student(reading, class_of(reading, &like), account);
    }
    reading->file->rows++;
    text_finish(&weeks);
}

/* All rows are read, whatever is wrong with some. */
static void read_all(struct reading *reading, FILE *file)
{
    read_heading(reading, file);
    bool readable = !reading->wrong;
    while (readable && next_record(reading, file))
        read_row(reading);
}

int course_file_read(struct cli *cli, const char *path, struct course_file *file)
{
    struct reading reading = {.cli = cli, .path = path, .file = file, .line = 1};
    struct text bytes = {0}, utf8 = {0};
    *file = (struct course_file){0};
    int result = read_bytes(cli, path, &bytes);
    if (result == CLI_OK)
        result = decode(cli, path, &bytes, &utf8);
    FILE *memory = result == CLI_OK && utf8.length ? fmemopen(utf8.data, utf8.length, "r") : NULL;
    if (memory) {
        read_all(&reading, memory);
        fclose(memory);
    }
    free_fields(&reading);
    for (enum column column = 0; column < COLUMNS; column++)
        free(reading.headings[column]);
    text_finish(&bytes);
    text_finish(&utf8);
    if (result == CLI_OK && reading.wrong)
        result = fail(cli, CLI_USAGE, "%s: %zu mistakes; nothing was planned", path, reading.wrong);
    else if (result == CLI_OK && !file->count)
        result = fail(cli, CLI_USAGE, "%s has no students", path);
    if (result != CLI_OK)
        course_file_finish(file);
    return result;
}

void course_file_finish(struct course_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        struct course_class *class = &file->classes[i];
        for (size_t k = 0; k < class->count; k++)
            free(class->students[k]);
        free(class->students);
        free(class->lines);
        free(class->course);
        free(class->group);
        free(class->weeks);
    }
    free(file->classes);
    *file = (struct course_file){0};
}
