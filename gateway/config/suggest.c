#include "gateway/config/suggest.h"

#include <stdio.h>
#include <string.h>

#define NAME_MAX_LENGTH (SUGGESTION_MAX - 1)

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

size_t suggest_distance(const char *left, const char *right)
{
    size_t left_length = strlen(left), right_length = strlen(right);
    if (left_length > NAME_MAX_LENGTH || right_length > NAME_MAX_LENGTH)
        return SUGGESTION_MAX;
    size_t rows[3][NAME_MAX_LENGTH + 1];
    for (size_t j = 0; j <= right_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= left_length; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= right_length; j++) {
            size_t change = above[j - 1] + (left[i - 1] != right[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[left_length % 3][right_length];
}

void suggest_begin(struct suggestion *suggestion, const char *wanted)
{
    /* A third of the letters may be wrong, but at least one. */
    size_t length = strlen(wanted);
    *suggestion = (struct suggestion){.wanted = wanted, .distance = length < 6 ? 2 : length / 3 + 1};
}

void suggest_offer(struct suggestion *suggestion, const char *name)
{
    size_t length = strlen(name), wanted = strlen(suggestion->wanted);
    size_t apart = length > wanted ? length - wanted : wanted - length;
    if (apart >= suggestion->distance)
        return;
    size_t distance = suggest_distance(suggestion->wanted, name);
    if (distance < suggestion->distance) {
        suggestion->distance = distance;
        strcpy(suggestion->best, name);
    }
}

const char *suggest_text(const struct suggestion *suggestion, char *text, size_t size)
{
    if (*suggestion->best)
        snprintf(text, size, "; did you mean %s?", suggestion->best);
    else
        text[0] = 0;
    return text;
}
