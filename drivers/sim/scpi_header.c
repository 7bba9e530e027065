#include "drivers/sim/scpi_header.h"

#include "drivers/sim/scpi.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One mnemonic of a pattern: ":CHANnel#" or "[:SOURce#]". */
struct node {
    const char *word;
    size_t length;
    bool optional, numbered;
    const char *rest;
};

static bool next_node(const char *pattern, struct node *node)
{
    if (!*pattern)
        return false;
    node->optional = *pattern == '[';
    pattern += node->optional;
    pattern += *pattern == ':';
    node->word = pattern;
    node->length = strcspn(pattern, ":[]#");
    pattern += node->length;
    node->numbered = *pattern == '#';
    pattern += node->numbered;
    pattern += *pattern == ']';
    node->rest = pattern;
    return true;
}

static bool word_fits(const char *word, size_t word_length, const char *text, size_t length)
{
    size_t short_length = 0;
    while (short_length < word_length && !islower((unsigned char)word[short_length]))
        short_length++;
    return (length == word_length || length == short_length) && strncasecmp(word, text, length) == 0;
}

/* A number at a word's end ("CHANnel1") belongs to both its forms. */
bool scpi_word_fits(const char *word, const char *text, size_t length)
{
    size_t letters = strlen(word), word_length = letters;
    while (letters > 0 && isdigit((unsigned char)word[letters - 1]))
        letters--;
    size_t digits = word_length - letters;
    if (length < digits || memcmp(word + letters, text + length - digits, digits) != 0)
        return false;
    return word_fits(word, letters, text, length - digits);
}

void scpi_short_form(const char *word, char *text, size_t capacity)
{
    size_t length = 0;
    while (word[length] && !islower((unsigned char)word[length]) && length + 1 < capacity) {
        text[length] = word[length];
        length++;
    }
    text[length] = '\0';
}

static bool fits(const char *pattern, const char *header, int *suffixes, size_t slot)
{
    struct node node;
    if (*header == ':')
        header++;
    if (!next_node(pattern, &node))
        return !*header;
    size_t length = strcspn(header, ":"), letters = length;
    int suffix = 1;
    if (node.numbered) {
        while (letters > 0 && isdigit((unsigned char)header[letters - 1]))
            letters--;
        if (letters < length && length - letters <= 4)
            suffix = atoi(header + letters);
    }
    if (length && word_fits(node.word, node.length, header, letters)) {
        if (node.numbered && slot < SCPI_SUFFIXES_MAX)
            suffixes[slot] = suffix;
        if (fits(node.rest, header + length, suffixes, slot + node.numbered))
            return true;
    }
    if (!node.optional)
        return false;
    if (node.numbered && slot < SCPI_SUFFIXES_MAX)
        suffixes[slot] = 1;
    return fits(node.rest, header, suffixes, slot + node.numbered);
}

bool scpi_header_fits(const char *pattern, const char *header, int suffixes[SCPI_SUFFIXES_MAX])
{
    for (size_t i = 0; i < SCPI_SUFFIXES_MAX; i++)
        suffixes[i] = 1;
    return fits(pattern, header, suffixes, 0);
}
