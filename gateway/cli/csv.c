#include "gateway/cli/trace.h"

#include <string.h>

void csv_field(FILE *file, const char *text)
{
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, file);
        return;
    }
    fputc('"', file);
    for (; *text; text++) {
        if (*text == '"')
            fputc('"', file);
        fputc(*text, file);
    }
    fputc('"', file);
}

bool trace_write_csv(const struct trace *trace, FILE *file)
{
    struct text heading = {0};
    text_add_format(&heading, "%s [%s]", trace->waveform, trace->unit[0] ? trace->unit : "1");
    fputs("time [s],", file);
    csv_field(file, text_get(&heading));
    fputs("\r\n", file);
    text_finish(&heading);
    for (size_t i = 0; i < trace->samples && !ferror(file); i++)
        fprintf(file, "%.12g,%.9g\r\n", trace_time(trace, i), trace_value(trace, i));
    return fflush(file) == 0 && !ferror(file);
}
