#include "gateway/cli/progress.h"

#include "gateway/cli/times.h"

#include <inttypes.h>
#include <unistd.h>

#define REDRAW (100 * NS_PER_MS)
#define BAR    30

void bytes_describe(uint64_t bytes, struct text *text)
{
    static const char *const units[] = {"B", "kB", "MB", "GB"};
    double number = (double)bytes;
    size_t unit = 0;
    while (number >= 1000 && unit < 3) {
        number /= 1000;
        unit++;
    }
    text_add_format(text, unit && number < 100 ? "%.1f %s" : "%.0f %s", number, units[unit]);
}

void progress_begin(struct cli *cli, struct progress *progress, const char *what, uint64_t first)
{
    *progress = (struct progress){
        .shown = !cli->json_wanted && isatty(STDERR_FILENO),
        .what = what,
        .began = times_monotonic(),
        .first = first,
    };
}

void progress_step(struct progress *progress, uint64_t done, uint64_t all)
{
    int64_t now = times_monotonic();
    if (!progress->shown || (now - progress->drawn < REDRAW && done < all))
        return;
    struct text line = {0};
    double seconds = (double)(now - progress->began) / 1e9;
    double rate = seconds > 0 ? (double)(done - progress->first) / seconds : 0;
    progress->drawn = now;
    text_add_format(&line, "\r%s ", progress->what);
    if (all) {
        uint64_t full = done >= all ? BAR : done * BAR / all;
        text_add(&line, "[");
        for (uint64_t i = 0; i < BAR; i++)
            text_add(&line, i < full ? "=" : " ");
        text_add_format(&line, "] %3" PRIu64 " %%  ", done >= all ? 100 : done * 100 / all);
    }
    bytes_describe(done, &line);
    text_add(&line, "  ");
    bytes_describe((uint64_t)rate, &line);
    text_add(&line, "/s");
    if (all > done && rate > 0) {
        char left[TIMES_TEXT];
        text_add_format(&line, "  %s left",
                        times_duration((int64_t)((double)(all - done) / rate * 1e9), left));
    }
    fprintf(stderr, "%s\033[K", text_get(&line));
    text_finish(&line);
}

void progress_end(struct progress *progress)
{
    if (progress->shown && progress->drawn)
        fputs("\r\033[K", stderr);
    progress->shown = false;
}
