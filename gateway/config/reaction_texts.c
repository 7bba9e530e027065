/* A reaction and its parts as people read them: in whole milliseconds that add up. */
#include "gateway/config/analysis.h"

#define MILLISECOND INT64_C(1000000)

/* Down, and what is then missing from the total goes to those that lost most: the largest remainders. */
static void round_parts(const int64_t parts[REACTION_PARTS], int64_t total, int64_t whole[REACTION_PARTS])
{
    int64_t missing = (total + MILLISECOND - 1) / MILLISECOND;
    for (size_t i = 0; i < REACTION_PARTS; i++) {
        whole[i] = parts[i] / MILLISECOND;
        missing -= whole[i];
    }
    for (; missing > 0; missing--) {
        size_t most = 0;
        for (size_t i = 1; i < REACTION_PARTS; i++)
            if (parts[i] - whole[i] * MILLISECOND > parts[most] - whole[most] * MILLISECOND)
                most = i;
        whole[most]++;
    }
}

void reaction_texts(const struct analysis_reaction *reaction, struct reaction_texts *texts)
{
    const int64_t parts[REACTION_PARTS] = {reaction->period,   reaction->ahead,    reaction->read,
                                           reaction->debounce, reaction->decision, reaction->blocked,
                                           reaction->writes};
    int64_t whole[REACTION_PARTS];
    milliseconds_text(reaction->total, texts->total);
    for (size_t i = 0; i < REACTION_PARTS; i++)
        milliseconds_text(parts[i], texts->parts[i]);
    if (reaction->total == ANALYSIS_NEVER)
        return;
    round_parts(parts, reaction->total, whole);
    snprintf(texts->total, sizeof(texts->total), "%lld ms",
             (long long)((reaction->total + MILLISECOND - 1) / MILLISECOND));
    for (size_t i = 0; i < REACTION_PARTS; i++)
        snprintf(texts->parts[i], sizeof(texts->parts[i]), "%lld ms", (long long)whole[i]);
}
