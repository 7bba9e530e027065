#include "gateway/cli/report_picture.h"

#include "gateway/cli/markup.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define WIDTH  960
#define LABEL  250
#define RIGHT  130
#define TOP    84
#define ROW    46
#define BAR    14
#define BOTTOM 34
#define HOUR   3600000.0

static const char style[] =
    "text{font:14px system-ui,'Noto Sans','Noto Sans CJK SC',sans-serif;fill:#1c2430}"
    ".faint{fill:#5b6675;font-size:12px}.head{font-size:18px;font-weight:600}"
    ".due{fill:none;stroke:#5b6675;stroke-width:1.5}.got,.used{fill:#2f5d9b}.unused{fill:#9dbbe3}"
    ".none{fill:#a33b2f;font-size:12px}.missed{fill:#c4602d}"
    ".maintenance{fill:#8a6100}.idle{fill:#e9edf2}.grid{stroke:#d5dbe3}";

static bool of_shares(Labgate__Report__Per per)
{
    return per == LABGATE__REPORT__PER__SCHOOL || per == LABGATE__REPORT__PER__GROUP;
}

const char *report_row_title(const struct cli *cli, const Labgate__ReportRow *row, Labgate__Report__Per per,
                             char room[REPORT_TITLE_MAX])
{
    const char *title = title_of(cli, row->title, row->title_zh);
    if (row->capability) {
        snprintf(room, REPORT_TITLE_MAX, cli->chinese ? "任意 %s" : "any %s", title[0] ? title : row->name);
        return room;
    }
    return title[0]         ? title
           : row->name[0]   ? row->name
           : of_shares(per) ? cli->chinese ? "无班组" : "no group"
                            : "";
}

const char *report_row_of(const struct cli *cli, const Labgate__ReportRow *row)
{
    const char *title = title_of(cli, row->of_title, row->of_title_zh);
    return title[0] ? title : row->of[0] ? row->of : cli->chinese ? "无班组" : "no group";
}

static double scale(double share)
{
    return share * (WIDTH - LABEL - RIGHT);
}

static void add_text(struct text *svg, double x, double y, const char *class, const char *anchor,
                     const char *text)
{
    text_add_format(svg, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\" text-anchor=\"%s\">", x, y, class, anchor);
    markup_add(svg, text);
    text_add(svg, "</text>\n");
}

static void add_bar(struct text *svg, double share, double from, double y, const char *class)
{
    text_add_format(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" class=\"%s\"/>\n",
                    LABEL + scale(from), y, scale(share), BAR, class);
}

static void add_head(struct text *svg, const struct cli *cli, const Labgate__ReportData *data, bool shares,
                     int height)
{
    char from[16], until[16], line[120];
    time_t first = (time_t)(data->from / 1000), last = (time_t)((data->until - 1) / 1000);
    struct tm parts;
    strftime(from, sizeof from, "%F", localtime_r(&first, &parts));
    strftime(until, sizeof until, "%F", localtime_r(&last, &parts));
    snprintf(line, sizeof line, "%s – %s", from, until);
    text_add_format(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
        "<style>%s</style>\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
        WIDTH, height, WIDTH, height, style);
    const char *what = shares ? cli->chinese ? "应得份额与实得份额" : "Share due and share got"
                       : cli->chinese ? "开放时间的使用情况"
                                      : "What became of the open time";
    add_text(svg, 20, 34, "head", "start", what);
    add_text(svg, WIDTH - 20, 34, "faint", "end", line);
}

static void add_percents(struct text *svg, double top)
{
    for (int percent = 0; percent <= 100; percent += 25) {
        char text[8];
        snprintf(text, sizeof text, "%d %%", percent);
        add_text(svg, LABEL + scale(percent / 100.0), top - 6, "faint", "middle", text);
    }
}

static void add_keys(struct text *svg, const struct cli *cli, bool shares)
{
    static const struct {
        const char *class, *english, *chinese;
        bool shares;
    } keys[] = {
        {"due",         "due",              "应得",       true },
        {"got",         "got",              "实得",       true },
        {"used",        "used",             "已使用",    false},
        {"unused",      "booked, not used", "已约未用", false},
        {"maintenance", "maintenance",      "维护",       false},
        {"idle",        "idle",             "空闲",       false},
        {"missed",      "no room for",      "无空位",    false},
    };
    double x = 20;
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (keys[i].shares != shares)
            continue;
        text_add_format(svg, "<rect x=\"%.1f\" y=\"50\" width=\"12\" height=\"12\" class=\"%s\"/>", x,
                        keys[i].class);
        add_text(svg, x + 18, 61, "faint", "start", cli->chinese ? keys[i].chinese : keys[i].english);
        x += 140;
    }
    add_percents(svg, TOP);
}

/* What was got, and below it how often somebody found no room. */
static void add_figures(struct text *svg, const struct cli *cli, const char *got, uint32_t no_room, double y)
{
    char text[60];
    if (got[0])
        add_text(svg, WIDTH - 20, y + (no_room ? 20 : 26), "faint", "end", got);
    if (!no_room)
        return;
    snprintf(text, sizeof text, cli->chinese ? "%" PRIu32 " 次无空位" : "no room: %" PRIu32, no_room);
    add_text(svg, WIDTH - 20, y + 37, "none", "end", text);
}

static void add_shares(struct text *svg, const struct cli *cli, const Labgate__ReportRow *row, double y)
{
    char text[40];
    add_bar(svg, row->share_due, 0, y + 5, "due");
    add_bar(svg, row->share_got, 0, y + 7 + BAR, "got");
    snprintf(text, sizeof text, "%.0f %% → %.0f %%", 100 * row->share_due, 100 * row->share_got);
    add_figures(svg, cli, text, row->no_room, y);
}

static void add_time(struct text *svg, const struct cli *cli, const Labgate__ReportRow *row, double y)
{
    double open = row->open > 0 ? (double)row->open : 1, unused = (double)(row->booked - row->used);
    const struct {
        double time;
        const char *class;
    } parts[] = {
        {(double)row->used,        "used"       },
        {unused > 0 ? unused : 0,  "unused"     },
        {(double)row->maintenance, "maintenance"},
    };
    double at = 0;
    char text[40];
    add_bar(svg, row->open > 0 ? 1 : 0, 0, y + 14, "idle");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        double share = parts[i].time / open;
        share = share > 1 - at ? 1 - at : share;
        add_bar(svg, share, at, y + 14, parts[i].class);
        at += share;
    }
    if (row->no_room && row->open > 0) {
        double missed = (double)row->no_room_time / open;
        text_add_format(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"4\" class=\"missed\"/>\n",
                        (double)LABEL, y + 17 + BAR, scale(missed < 1 ? missed : 1));
    }
    snprintf(text, sizeof text, "%.1f / %.1f h", (double)row->used / HOUR, (double)row->open / HOUR);
    add_figures(svg, cli, row->capability ? "" : text, row->no_room, y);
}

static void add_label(struct text *svg, const char *title, double y)
{
    char shown[80];
    size_t fits = text_fit(title, 30);
    snprintf(shown, sizeof shown, "%.*s%s", (int)(fits < 70 ? fits : 70), title, title[fits] ? "…" : "");
    add_text(svg, LABEL - 12, y + 26, "label", "end", shown);
}

static void add_grid(struct text *svg, double top, double bottom)
{
    for (int quarter = 0; quarter <= 4; quarter++)
        text_add_format(svg, "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.0f\" y2=\"%.0f\" class=\"grid\"/>\n",
                        LABEL + scale(quarter / 4.0), LABEL + scale(quarter / 4.0), top, bottom);
}

/* ---- divided among schools or groups: of each rig or week what was due above what was got ----------------
 */

#define KEY_EACH  (LABEL - 10)
#define KEYS_LINE ((WIDTH - 40) / KEY_EACH)
#define KEY_LINE  20

static const char *const colours[] = {"#2f5d9b", "#c4602d", "#3b7d4f", "#8a4f9e",
                                      "#a98600", "#3f8fa3", "#a33b55", "#6b6f76"};

/* Those whom the rows are divided among, each by its first row; what is beyond shares the first one's colour.
 */
struct sharers {
    const Labgate__ReportRow *first[64];
    size_t count;
};

static size_t sharer_of(const struct sharers *sharers, const Labgate__ReportRow *row)
{
    size_t i = 0;
    while (i < sharers->count && strcmp(sharers->first[i]->of, row->of) != 0)
        i++;
    return i;
}

static void find_sharers(struct sharers *sharers, const Labgate__ReportData *data)
{
    for (size_t i = 0; i < data->n_rows && sharers->count < 64; i++)
        if (sharer_of(sharers, data->rows[i]) == sharers->count)
            sharers->first[sharers->count++] = data->rows[i];
}

static const char *colour_of(const struct sharers *sharers, const Labgate__ReportRow *row)
{
    return colours[sharer_of(sharers, row) % (sizeof colours / sizeof *colours)];
}

static void add_sharers(struct text *svg, const struct cli *cli, const struct sharers *sharers)
{
    for (size_t i = 0; i < sharers->count; i++) {
        size_t line = i / KEYS_LINE;
        double x = 20 + (double)(i % KEYS_LINE) * KEY_EACH, y = 50 + (double)line * KEY_LINE;
        text_add_format(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"12\" height=\"12\" fill=\"%s\"/>", x, y,
                        colour_of(sharers, sharers->first[i]));
        add_text(svg, x + 18, y + 11, "faint", "start", report_row_of(cli, sharers->first[i]));
    }
}

/* Shares of groups are those within their school: here each takes its part of the whole. */
static void add_parts(struct text *svg, const struct sharers *sharers, Labgate__ReportRow *const *rows,
                      size_t count, double y)
{
    double due = 0, got = 0, due_at = 0, got_at = 0;
    for (size_t i = 0; i < count; i++) {
        due += rows[i]->share_due;
        got += rows[i]->share_got;
    }
    for (size_t i = 0; i < count; i++) {
        double due_part = due > 0 ? rows[i]->share_due / due : 0;
        double got_part = got > 0 ? rows[i]->share_got / got : 0;
        text_add_format(svg, "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>\n",
                        LABEL + scale(got_at), y + 14, scale(got_part), BAR + 4, colour_of(sharers, rows[i]));
        text_add_format(svg,
                        "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"5\" fill=\"%s\" "
                        "fill-opacity=\"0.55\"/>\n",
                        LABEL + scale(due_at), y + 7, scale(due_part), colour_of(sharers, rows[i]));
        due_at += due_part;
        got_at += got_part;
    }
}

static size_t rows_alike(const Labgate__ReportData *data, size_t from)
{
    size_t count = 1;
    while (from + count < data->n_rows && !strcmp(data->rows[from]->name, data->rows[from + count]->name))
        count++;
    return count;
}

static void divided_picture(struct text *svg, const struct cli *cli, const Labgate__ReportData *data,
                            Labgate__Report__Per per)
{
    struct sharers sharers = {0};
    size_t things = 0;
    find_sharers(&sharers, data);
    for (size_t i = 0; i < data->n_rows; i += rows_alike(data, i))
        things++;
    size_t more_lines = sharers.count ? (sharers.count - 1) / KEYS_LINE : 0;
    double top = TOP + KEY_LINE * (double)more_lines, bottom = top + ROW * (double)things;
    double y = top;
    add_head(svg, cli, data, true, (int)bottom + BOTTOM);
    add_sharers(svg, cli, &sharers);
    add_percents(svg, top);
    add_grid(svg, top, bottom);
    for (size_t i = 0, count; i < data->n_rows; i += count) {
        double used = 0;
        uint32_t no_room = 0;
        char text[40], title[REPORT_TITLE_MAX];
        count = rows_alike(data, i);
        for (size_t k = 0; k < count; k++)
            used += (double)data->rows[i + k]->used / HOUR, no_room += data->rows[i + k]->no_room;
        add_label(svg, report_row_title(cli, data->rows[i], per, title), y);
        add_parts(svg, &sharers, data->rows + i, count, y);
        snprintf(text, sizeof text, "%.1f h", used);
        /* Hours are a rig's: of a capability only who found no room is known. */
        add_figures(svg, cli, data->rows[i]->capability ? "" : text, no_room, y);
        y += ROW;
    }
    add_text(svg, 20, bottom + 22, "faint", "start",
             cli->chinese ? "上：应得份额；下：实得份额" : "thin: share due; thick: share got");
    text_add(svg, "</svg>\n");
}

void report_picture(struct text *svg, const struct cli *cli, const Labgate__ReportData *data,
                    const Labgate__Report *report)
{
    if (report->of) {
        divided_picture(svg, cli, data, report->per);
        return;
    }
    bool shares = of_shares(report->per);
    int height = TOP + ROW * (int)data->n_rows + BOTTOM;
    add_head(svg, cli, data, shares, height);
    add_keys(svg, cli, shares);
    add_grid(svg, TOP, height - BOTTOM);
    for (size_t i = 0; i < data->n_rows; i++) {
        char title[REPORT_TITLE_MAX];
        add_label(svg, report_row_title(cli, data->rows[i], report->per, title), TOP + ROW * (double)i);
        (shares ? add_shares : add_time)(svg, cli, data->rows[i], TOP + ROW * (double)i);
    }
    text_add(svg, "</svg>\n");
}
