#include "gateway/cli/days.h"

#include <string.h>

#define DAY_MS INT64_C(86400000)
#define YEAR   (sizeof "2026-" - 1)

/* Its days begin at midnight in the laboratory's zone, which need not be the one that is shown. */
int days_ask(struct cli *cli, int64_t from, int64_t until, struct days *days)
{
    Labgate__Days wanted = LABGATE__DAYS__INIT;
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    wanted.from = from > 2 * DAY_MS ? (uint64_t)(from - 2 * DAY_MS) : 0;
    wanted.until = (uint64_t)until;
    request.body_case = LABGATE__REQUEST__BODY_DAYS;
    request.days = &wanted;
    *days = (struct days){0};
    int result = cli_ask(cli, &request, "ask for the laboratory's calendar", &answer);
    if (result == CLI_OK && answer->ok && answer->body_case == LABGATE__ANSWER__BODY_DAYS)
        days->answer = answer;
    else if (result == CLI_OK)
        client_free(answer);
    return result;
}

void days_finish(struct days *days)
{
    client_free(days->answer);
    days->answer = NULL;
}

const Labgate__Day *days_at(const struct days *days, int64_t instant)
{
    const Labgate__Day *found = NULL;
    for (size_t i = 0; days->answer && i < days->answer->days->n_days; i++)
        if ((int64_t)days->answer->days->days[i]->starts <= instant)
            found = days->answer->days->days[i];
    return found;
}

bool days_any_open(const struct days *days, int64_t from, int64_t until)
{
    bool open = !days->answer;
    for (size_t i = 0; !open && i < days->answer->days->n_days; i++) {
        const Labgate__Day *day = days->answer->days->days[i];
        open = (int64_t)day->opens < until && from < (int64_t)day->closes;
    }
    return open;
}

const char *days_remark(const struct cli *cli, const Labgate__Day *day, char text[DAYS_TEXT])
{
    text[0] = '\0';
    if (day && strlen(day->taught_as) > YEAR) /* month and day, as the week's days are shown */
        snprintf(text, DAYS_TEXT, cli->chinese ? "补 %.5s" : "as %.5s", day->taught_as + YEAR);
    else if (day && day->holiday[0])
        snprintf(text, DAYS_TEXT, "%.120s", title_of(cli, day->holiday, day->holiday_zh));
    return text;
}

const char *days_week(const struct cli *cli, const Labgate__Day *day, char text[DAYS_TEXT])
{
    text[0] = '\0';
    if (!day || !day->week)
        return text;
    const char *title = title_of(cli, day->term_title, day->term_title_zh);
    snprintf(text, DAYS_TEXT, cli->chinese ? "%.100s，第 %u 周" : "%.100s, week %u",
             title[0] ? title : day->term, day->week);
    return text;
}
