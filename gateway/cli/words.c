#include "gateway/cli/words.h"

#include "gateway/cli/text.h"

#include <stdlib.h>
#include <string.h>

/* One word from *line on; false: a quote is not closed. */
static bool read_word(const char **line, struct text *word)
{
    char quote = '\0';
    for (; **line && (quote || !strchr(" \t\r", **line)); ++*line) {
        char letter = **line;
        if (letter == quote) {
            quote = '\0';
            continue;
        }
        if (!quote && (letter == '\'' || letter == '"')) {
            quote = letter;
            continue;
        }
        if (letter == '\\' && quote != '\'' && (*line)[1])
            letter = *++*line;
        text_add_bytes(word, &letter, 1);
    }
    return !quote;
}

bool words_split(const char *line, struct words *words)
{
    words->count = 0;
    for (;;) {
        struct text word = {0};
        line += strspn(line, " \t\r");
        if (!*line || *line == '#')
            return true;
        if (words->count == WORDS_MAX || !read_word(&line, &word)) {
            text_finish(&word);
            return false;
        }
        words->list[words->count++] = require_copy(text_get(&word));
        text_finish(&word);
    }
}

void words_finish(struct words *words)
{
    for (int i = 0; i < words->count; i++)
        free(words->list[i]);
    words->count = 0;
}
