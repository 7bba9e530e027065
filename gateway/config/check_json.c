/* `labgate check --json`: one object, for programs. Times are milliseconds; null where there is no bound. */
#include "gateway/config/check.h"
#include "gateway/config/loader.h"

static void print_text(const char *text, FILE *file)
{
    fputc('"', file);
    for (; *text; text++) {
        unsigned char letter = (unsigned char)*text;
        if (letter == '"' || letter == '\\')
            fprintf(file, "\\%c", letter);
        else if (letter < 0x20)
            fprintf(file, "\\u%04x", letter);
        else
            fputc(letter, file);
    }
    fputc('"', file);
}

static void print_member(const char *name, const char *text, FILE *file)
{
    fprintf(file, "\"%s\":", name);
    print_text(text, file);
}

static void print_time(const char *name, int64_t nanoseconds, FILE *file)
{
    if (nanoseconds == ANALYSIS_NEVER)
        fprintf(file, ",\"%s\":null", name);
    else
        fprintf(file, ",\"%s\":%.3f", name, (double)nanoseconds / 1e6);
}

static void print_findings(const char *name, const struct config_error *list, size_t count, FILE *file)
{
    fprintf(file, ",\"%s\":[", name);
    for (size_t i = 0; i < count; i++) {
        fputs(i ? ",{" : "{", file);
        print_member("file", list[i].file, file);
        fprintf(file, ",\"line\":%zu,\"column\":%zu,", list[i].line, list[i].column);
        print_member("text", list[i].text, file);
        fputc('}', file);
    }
    fputc(']', file);
}

static void print_line(const struct config_link *link, FILE *file)
{
    print_member("name", link->name, file);
    fprintf(file, ",\"load\":%.4f,\"wire\":%.4f,\"per_second\":%.2f", link->load.share, link->load.wire,
            link->load.per_second);
    print_time("urgent", analysis_blocked(&link->plan), file);
}

static void print_rule(const struct config_rig *rig, const struct check_row *row, FILE *file)
{
    const struct analysis_reaction *reaction = row->reaction;
    const struct {
        const char *name;
        int64_t time;
    } times[] = {
        {"total",      reaction->total   },
        {"next_read",  reaction->period  },
        {"ahead",      reaction->ahead   },
        {"read",       reaction->read    },
        {"debounce",   reaction->debounce},
        {"gateway",    reaction->decision},
        {"line_free",  reaction->blocked },
        {"writes",     reaction->writes  },
        {"read_back",  reaction->readback},
        {"lost_reply", reaction->lost    },
        {"unanswered", reaction->blind   },
        {"last_write", reaction->last    },
    };
    print_member("kind", row->kind, file);
    fputc(',', file);
    print_member("name", row->name, file);
    if (reaction->input != RIG_NONE) {
        fputc(',', file);
        print_member("input", rig->spec.points[reaction->input].name, file);
    }
    for (size_t i = 0; i < sizeof(times) / sizeof(*times); i++)
        print_time(times[i].name, times[i].time, file);
    if (row->wanted)
        print_time("wanted", row->wanted, file);
    fprintf(file, ",\"by_age\":%s", reaction->by_age ? "true" : "false");
}

static void print_rig(const struct config_rig *rig, FILE *file)
{
    struct check_row row;
    bool any = false;
    print_member("name", rig->spec.name, file);
    fputs(",\"rules\":[", file);
    for (size_t i = 0; rig->spec.safe_count && i < check_row_count(rig); i++) {
        if (!check_row_at(rig, i, &row))
            continue;
        fputs(any ? ",{" : "{", file);
        print_rule(rig, &row, file);
        fputc('}', file);
        any = true;
    }
    fputc(']', file);
}

bool config_print_check_json(const struct config *config, FILE *file)
{
    const struct config_lab *lab = config_lab(config);
    fprintf(file, "{\"good\":%s", lab ? "true" : "false");
    print_findings("errors", config->errors, config->error_count, file);
    print_findings("remarks", config->remarks, config->remark_count, file);
    fputs(",\"lines\":[", file);
    for (size_t i = 0; lab && i < lab->link_count && !lab->links[i].practice; i++) { /* those stand last */
        fputs(i ? ",{" : "{", file);
        print_line(&lab->links[i], file);
        fputc('}', file);
    }
    fputs("],\"rigs\":[", file);
    for (size_t i = 0; lab && i < lab->rig_count && !lab->rigs[i].practice_of; i++) {
        fputs(i ? ",{" : "{", file);
        print_rig(&lab->rigs[i], file);
        fputc('}', file);
    }
    fputs("]}\n", file);
    return lab;
}
