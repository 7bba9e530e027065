/* timetable --html: a week of all rigs as one page, to print, to hang up, to send. Rigs are rows and days
 * columns; on a phone the days of a rig stand below each other. */
#include "gateway/cli/days.h"
#include "gateway/cli/markup.h"
#include "gateway/cli/times.h"
#include "gateway/cli/week.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAYS 7

struct shown {
    size_t rig;
    int64_t starts, ends;
    Labgate__BookingState state;
    bool mine, maintenance;
    uint32_t party;
    char *who;
};

struct page {
    struct cli *cli;
    const struct week_page *wanted;
    const char *machine_zone; /* TZ as it was; NULL: not set */
    int64_t edges[DAYS + 1];  /* ms since 1970 */
    struct shown *list;
    size_t count;
    struct days days;
    struct text html;
};

static const char style[] =
    ":root{--ink:#1c2430;--faint:#5b6675;--line:#d5dbe3;--paper:#fff;--taken:#e8eef6;--edge:#2f5d9b;--mine:#"
    "dff3e4;"
    "--mine-edge:#1d7a3d;--wait:#fff4d6;--wait-edge:#8a6100;--out:#eceff3;--out-edge:#5b6675;--live:#c62828}"
    "\n"
    "*{box-sizing:border-box}body{margin:0;padding:1.25rem;color:var(--ink);background:var(--paper);"
    "font:14px/1.4 system-ui,'Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif}\n"
    "h1{font-size:1.35rem;margin:0}header p{margin:.2rem 0 1rem;color:var(--faint)}\n"
    "table{border-collapse:collapse;width:100%;table-layout:fixed}th,td{border:1px solid "
    "var(--line);padding:.35rem;"
    "vertical-align:top;text-align:left}thead th{background:#f4f6f9;font-weight:600}thead "
    "th:first-child{width:11rem}\n"
    "tbody "
    "th{font-weight:600;background:#fafbfc;overflow-wrap:anywhere}small{display:block;color:var(--faint);"
    "font-weight:400}td>b{display:none}\n"
    ".bar{position:relative;height:6px;background:#eef1f5;border-radius:3px;margin-bottom:.35rem;overflow:"
    "hidden}"
    ".bar i{position:absolute;top:0;bottom:0;background:var(--edge)}.bar i.mine{background:var(--mine-edge)}"
    ".bar i.wait{background:var(--wait-edge)}\n"
    "p.b{margin:0 0 .3rem;padding:.2rem .35rem;border-left:4px solid var(--edge);background:var(--taken);"
    "border-radius:0 4px 4px 0;overflow-wrap:anywhere}p.b "
    "time{font-variant-numeric:tabular-nums;font-weight:600;"
    "white-space:nowrap}p.mine{background:var(--mine);border-color:var(--mine-edge)}"
    "p.wait{background:var(--wait);border-color:var(--wait-edge);border-left-style:dashed}"
    ".bar "
    "i.maintenance{background:var(--out-edge)}p.maintenance{background:var(--out);border-color:var(--out-"
    "edge)}"
    "small.out{color:var(--live);font-weight:600}small.narrow{display:none}"
    "p.live{outline:2px solid var(--live)}.free{color:var(--faint)}\n"
    "footer{margin-top:1rem;color:var(--faint)}footer span{display:inline-block;margin-right:1.2rem}"
    "footer "
    "em{display:inline-block;width:.9em;height:.9em;margin-right:.35em;vertical-align:-.1em;border-radius:"
    "2px}\n"
    "@media(max-width:760px){body{padding:.75rem}table,tbody,tr,td,tbody th{display:block}thead{display:none}"
    "tr{border:1px solid var(--line);border-radius:8px;margin-bottom:1rem;overflow:hidden}th,td{border:0}"
    "tbody th{background:#f4f6f9;padding:.6rem}td{border-top:1px solid var(--line);padding:.5rem .6rem}"
    "td>b{display:block;margin-bottom:.25rem}td.none{display:none}"
    "small.narrow{display:block}}\n"
    "@page{size:A4 landscape;margin:10mm}@media print{body{padding:0;font-size:10px}tr{break-inside:avoid}"
    "*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}\n";

static const char *either(const struct page *page, const char *english, const char *chinese)
{
    return page->cli->chinese ? chinese : english;
}

/* ---- zones --------------------------------------------------------------------------------------------- */

static void use_zone(const struct page *page, const char *zone)
{
    const char *wanted = zone ? zone : page->machine_zone;
    if (wanted)
        setenv("TZ", wanted, 1);
    else
        unsetenv("TZ");
    tzset();
}

static void local(int64_t instant, struct tm *parts)
{
    time_t seconds = (time_t)(instant / 1000);
    localtime_r(&seconds, parts);
}

/* In the main zone. */
static void set_edges(struct page *page, int64_t instant)
{
    struct tm parts;
    local(instant, &parts);
    int monday = parts.tm_mday - (parts.tm_wday + 6) % 7;
    for (int i = 0; i <= DAYS; i++) {
        struct tm edge = {
            .tm_year = parts.tm_year, .tm_mon = parts.tm_mon, .tm_mday = monday + i, .tm_isdst = -1};
        page->edges[i] = (int64_t)mktime(&edge) * 1000;
    }
}

/* "08:00", and "24:00" for the end of the day that is shown. */
static void add_time(struct page *page, int64_t instant, int64_t end_of_day)
{
    struct tm parts;
    local(instant, &parts);
    if (instant == end_of_day)
        text_add(&page->html, "24:00");
    else
        text_add_format(&page->html, "%02d:%02d", parts.tm_hour, parts.tm_min);
}

/* ---- bookings ------------------------------------------------------------------------------------------ */

static void take(void *context, const Labgate__BookingList *list)
{
    struct page *page = context;
    for (size_t i = 0; i < list->n_bookings; i++) {
        const Labgate__Booking *booking = list->bookings[i];
        size_t rig = 0;
        while (rig < page->wanted->rigs->n_rigs &&
               strcmp(page->wanted->rigs->rigs[rig]->name, booking->rig) != 0)
            rig++;
        if (booking->state == LABGATE__BOOKING_STATE__CANCELLED || rig == page->wanted->rigs->n_rigs)
            continue;
        page->list = require_larger(page->list, (page->count + 1) * sizeof *page->list);
        page->list[page->count++] = (struct shown){
            .rig = rig,
            .starts = (int64_t)booking->starts,
            .ends = (int64_t)booking->ends,
            .state = booking->state,
            .mine = booking->mine,
            .maintenance = booking->kind == LABGATE__BOOKING_KIND__MAINTENANCE,
            .party = booking->party,
            .who = require_copy(booking->holder[0] ? booking->holder : booking->group),
        };
    }
}

static int by_start(const void *left, const void *right)
{
    const struct shown *a = left, *b = right;
    return (a->starts > b->starts) - (a->starts < b->starts);
}

static const char *class_of(const struct shown *booking)
{
    return booking->maintenance ? "maintenance"
           : booking->mine      ? "mine"
           : booking->state == LABGATE__BOOKING_STATE__PENDING ||
                   booking->state == LABGATE__BOOKING_STATE__OFFERED
               ? "wait"
               : "taken";
}

/* ---- the page ------------------------------------------------------------------------------------------ */

static void add_bar(struct page *page, const struct shown *booking, size_t day)
{
    int64_t begins = page->edges[day], ends = page->edges[day + 1];
    double length = (double)(ends - begins);
    double left = booking->starts > begins ? (double)(booking->starts - begins) / length : 0;
    double right = booking->ends < ends ? (double)(booking->ends - begins) / length : 1;
    text_add_format(&page->html, "<i class=\"%s\" style=\"left:%.2f%%;width:%.2f%%\"></i>", class_of(booking),
                    100 * left, 100 * (right - left));
}

static void add_span(struct page *page, const struct shown *booking, size_t day)
{
    int64_t begins = page->edges[day], ends = page->edges[day + 1];
    add_time(page, booking->starts > begins ? booking->starts : begins, -1);
    text_add(&page->html, "–");
    add_time(page, booking->ends < ends ? booking->ends : ends, ends);
}

static void add_booking(struct page *page, const struct shown *booking, size_t day)
{
    struct text *html = &page->html;
    bool live = booking->state == LABGATE__BOOKING_STATE__LIVE;
    text_add_format(html, "<p class=\"b %s%s\"><time>", class_of(booking), live ? " live" : "");
    add_span(page, booking, day);
    text_add(html, "</time>");
    if (page->wanted->beside) {
        use_zone(page, page->wanted->beside);
        text_add(html, "<small>");
        add_time(page, booking->starts > page->edges[day] ? booking->starts : page->edges[day], -1);
        text_add(html, "–");
        add_time(page, booking->ends < page->edges[day + 1] ? booking->ends : page->edges[day + 1], -1);
        text_add(html, " ");
        const char *city = strrchr(page->wanted->beside, '/'); /* the whole name is at the top */
        markup_add(html, city && city[1] ? city + 1 : page->wanted->beside);
        text_add(html, "</small>");
        use_zone(page, page->wanted->zone);
    }
    text_add(html, " <bdi>");
    markup_add(html, booking->who[0] ? booking->who
                     : booking->mine ? either(page, "you", "您")
                                     : either(page, "taken", "已预约"));
    text_add(html, "</bdi>");
    if (booking->party)
        text_add_format(html, " +%u", booking->party);
    if (booking->maintenance)
        text_add_format(html, " · %s", either(page, "maintenance", "维护"));
    if (live)
        text_add_format(html, " · %s", either(page, "now", "进行中"));
    if (booking->state == LABGATE__BOOKING_STATE__PENDING)
        text_add_format(html, " · %s", either(page, "waits for approval", "待批准"));
    text_add(html, "</p>");
}

static void add_day_name(struct page *page, size_t day)
{
    static const char *const english[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    static const char *const chinese[] = {"周一", "周二", "周三", "周四", "周五", "周六", "周日"};
    struct tm parts;
    local(page->edges[day], &parts);
    text_add_format(&page->html, "%s %02d-%02d", page->cli->chinese ? chinese[day] : english[day],
                    parts.tm_mon + 1, parts.tm_mday);
}

static void add_unused(struct page *page, size_t day)
{
    bool open = days_any_open(&page->days, page->edges[day], page->edges[day + 1]);
    text_add_format(&page->html, "<span class=\"free\">%s</span>",
                    open ? either(page, "free", "空闲") : either(page, "closed", "不开放"));
}

/* A holiday, or what a make-up workday stands for. */
static void add_remark(struct page *page, size_t day)
{
    char remark[DAYS_TEXT];
    if (!days_remark(page->cli, days_at(&page->days, page->edges[day]), remark)[0])
        return;
    text_add(&page->html, "<small>");
    markup_add(&page->html, remark);
    text_add(&page->html, "</small>");
}

static bool is_taken(const struct page *page, size_t rig, int64_t from, int64_t until)
{
    bool any = false;
    for (size_t i = 0; i < page->count; i++)
        any |= page->list[i].rig == rig && page->list[i].starts < until && page->list[i].ends > from;
    return any;
}

static void add_cell(struct page *page, size_t rig, size_t day)
{
    struct text *html = &page->html;
    bool any = is_taken(page, rig, page->edges[day], page->edges[day + 1]);
    text_add_format(html, "<td%s><b>", any ? "" : " class=\"none\"");
    add_day_name(page, day);
    add_remark(page, day);
    text_add(html, "</b>");
    if (!any)
        add_unused(page, day);
    for (int bars = any; bars >= 0 && any; bars--) {
        text_add(html, bars ? "<div class=\"bar\">" : "");
        for (size_t i = 0; i < page->count; i++) {
            const struct shown *booking = &page->list[i];
            if (booking->rig == rig && booking->starts < page->edges[day + 1] &&
                booking->ends > page->edges[day])
                (bars ? add_bar : add_booking)(page, booking, day);
        }
        text_add(html, bars ? "</div>" : "");
    }
    text_add(html, "</td>\n");
}

static void add_rig(struct page *page, size_t rig)
{
    const Labgate__RigSummary *summary = page->wanted->rigs->rigs[rig];
    const char *title = title_of(page->cli, summary->title, summary->title_zh);
    const char *other = page->cli->chinese ? summary->title : summary->title_zh;
    text_add(&page->html, "<tr><th scope=\"row\"><bdi>");
    markup_add(&page->html, title[0] ? title : summary->name);
    text_add(&page->html, "</bdi><small>");
    markup_add(&page->html, summary->name);
    if (other[0] && strcmp(other, title) != 0) {
        text_add(&page->html, " · ");
        markup_add(&page->html, other);
    }
    text_add(&page->html, "</small>");
    if (week_out(page->cli, summary)[0])
        text_add_format(&page->html, "<small class=\"out\">%s</small>", week_out(page->cli, summary));
    /* On a phone days without bookings are left out. */
    if (!is_taken(page, rig, page->edges[0], page->edges[DAYS]))
        text_add_format(&page->html, "<small class=\"narrow\">%s</small>",
                        days_any_open(&page->days, page->edges[0], page->edges[DAYS])
                            ? either(page, "nothing is booked this week", "本周无预约")
                            : either(page, "closed this week", "本周不开放"));
    text_add(&page->html, "</th>\n");
    for (size_t day = 0; day < DAYS; day++)
        add_cell(page, rig, day);
    text_add(&page->html, "</tr>\n");
}

static void add_head(struct page *page)
{
    struct text *html = &page->html;
    struct tm first, last;
    char zone[64];
    local(page->edges[0], &first);
    local(page->edges[DAYS] - 1, &last);
    strftime(zone, sizeof zone, "%Z (UTC%z)", &first);
    text_add_format(
        html,
        "<!doctype html>\n<html lang=\"%s\"><head><meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n<title>%s %04d-%02d-%02d"
        "</title>\n<style>\n%s</style></head>\n<body><header><h1>%s</h1><p>%04d-%02d-%02d – %04d-%02d-%02d "
        "· ",
        page->cli->chinese ? "zh-CN" : "en", either(page, "Timetable", "实验时间表"), first.tm_year + 1900,
        first.tm_mon + 1, first.tm_mday, style, either(page, "Timetable of the laboratory", "实验室时间表"),
        first.tm_year + 1900, first.tm_mon + 1, first.tm_mday, last.tm_year + 1900, last.tm_mon + 1,
        last.tm_mday);
    markup_add(html, page->wanted->zone ? page->wanted->zone : zone);
    if (page->wanted->beside) {
        text_add(html, either(page, ", beside it ", "，并列 "));
        markup_add(html, page->wanted->beside);
    }
    char term[DAYS_TEXT];
    if (days_week(page->cli, days_at(&page->days, page->edges[0]), term)[0]) {
        text_add(html, " · ");
        markup_add(html, term);
    }
    text_add(html, "</p></header>\n<table><thead><tr><th scope=\"col\">");
    text_add(html, either(page, "Rig", "设备"));
    text_add(html, "</th>");
    for (size_t day = 0; day < DAYS; day++) {
        text_add(html, "<th scope=\"col\">");
        add_day_name(page, day);
        add_remark(page, day);
        text_add(html, "</th>");
    }
    text_add(html, "</tr></thead>\n<tbody>\n");
}

static void add_foot(struct page *page)
{
    static const struct {
        const char *color, *english, *chinese;
    } keys[] = {
        {"--edge",      "taken",                         "已预约"            },
        {"--mine-edge", "yours",                         "我的预约"         },
        {"--wait-edge", "waits for approval or offered", "待批准或待接受"},
        {"--out-edge",  "maintenance",                   "维护"               },
        {"--live",      "now",                           "进行中"            },
    };
    text_add(&page->html, "</tbody></table>\n<footer>");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        text_add_format(&page->html, "<span><em style=\"background:var(%s)\"></em>%s</span>", keys[i].color,
                        either(page, keys[i].english, keys[i].chinese));
    text_add(&page->html, "</footer></body></html>\n");
}

static int draw(struct page *page)
{
    use_zone(page, page->wanted->zone);
    set_edges(page, page->wanted->instant);
    int result = days_ask(page->cli, page->edges[0], page->edges[DAYS], &page->days);
    if (result == CLI_OK)
        result = week_each(page->cli, page->edges[0], page->edges[DAYS], take, page);
    if (result != CLI_OK)
        return result;
    if (page->count)
        qsort(page->list, page->count, sizeof *page->list, by_start);
    add_head(page);
    for (size_t rig = 0; rig < page->wanted->rigs->n_rigs; rig++)
        if (!page->wanted->rigs->rigs[rig]->practice_of[0]) /* a simulator is not booked */
            add_rig(page, rig);
    add_foot(page);
    return markup_save(page->cli, page->wanted->path, text_get(&page->html), page->html.length);
}

int week_page(struct cli *cli, const struct week_page *wanted)
{
    const char *zone = getenv("TZ");
    char *machine = zone ? require_copy(zone) : NULL;
    struct page page = {.cli = cli, .wanted = wanted, .machine_zone = machine};
    int result = draw(&page);
    use_zone(&page, NULL);
    for (size_t i = 0; i < page.count; i++)
        free(page.list[i].who);
    free(page.list);
    days_finish(&page.days);
    free(machine);
    text_finish(&page.html);
    return result;
}
