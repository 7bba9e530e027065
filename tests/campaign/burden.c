#include "tests/campaign/campaign.h"

#define WINDOW      (500 * MS)
#define WINDOWS_MAX 8192              /* more than an hour */
#define LATE_MEAN   (600 * MS / 1000) /* alone on two processors it was 0.4 ms at most */
#define LATE_ONCE   (12 * MS)         /* and 6 ms */

/* A ring, by the number of the window. */
static struct {
    int64_t number;
    bool busy;
} windows[WINDOWS_MAX];
static int64_t window, sum, count, worst;
static uint64_t seen, busy;

static void close_window(void)
{
    bool was_busy = count > 0 && (sum > count * LATE_MEAN || worst > LATE_ONCE);
    windows[window % WINDOWS_MAX].number = window;
    windows[window % WINDOWS_MAX].busy = was_busy;
    seen += count > 0;
    busy += was_busy;
    sum = count = worst = 0;
}

void burden_woke(int64_t late)
{
    int64_t now = campaign_now() / WINDOW;
    if (now != window && window != 0)
        close_window();
    window = now;
    sum += late;
    count++;
    worst = late > worst ? late : worst;
}

void burden_stalled(int64_t from, int64_t to)
{
    for (int64_t number = from / WINDOW; number <= to / WINDOW; number++)
        if (number == window) {
            worst = to - from > worst ? to - from : worst;
        } else if (windows[number % WINDOWS_MAX].number == number && !windows[number % WINDOWS_MAX].busy) {
            windows[number % WINDOWS_MAX].busy = true;
            busy++;
        }
}

bool burden_was(int64_t from, int64_t to)
{
    for (int64_t number = from / WINDOW; number <= to / WINDOW; number++)
        if (windows[number % WINDOWS_MAX].number == number && windows[number % WINDOWS_MAX].busy)
            return true;
    return count > 0 && (sum > count * LATE_MEAN || worst > LATE_ONCE);
}

double burden_share(void)
{
    return seen > 0 ? (double)busy / (double)seen : 0;
}
