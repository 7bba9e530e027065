#include "gateway/control/mailer.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WORD_BYTES                                                                                           \
    39 /* of UTF-8 in an encoded word: with its frame 64 of at most 75 characters (RFC 2047, 2) */
#define LINE_BYTES 57 /* 76 characters of base64 (RFC 2045, 6.8) */

struct writer {
    char *text;
    size_t size, length;
};

static void add(struct writer *writer, const char *text)
{
    size_t length = strlen(text);
    if (writer->length + length >= writer->size)
        return;
    memcpy(writer->text + writer->length, text, length + 1);
    writer->length += length;
}

static void add_base64(struct writer *writer, const char *bytes, size_t count)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < count; i += 3) {
        uint32_t three = 0;
        for (size_t k = 0; k < 3; k++)
            three = three << 8 | (i + k < count ? (unsigned char)bytes[i + k] : 0u);
        char four[5] = {letters[three >> 18], letters[three >> 12 & 63],
                        i + 1 < count ? letters[three >> 6 & 63] : '=',
                        i + 2 < count ? letters[three & 63] : '=', '\0'};
        add(writer, four);
    }
}

/* As encoded words, each of whole characters, whatever is in it: nothing of it can end the header. */
static void add_words(struct writer *writer, const char *text)
{
    size_t left = strlen(text);
    for (size_t take; left > 0; text += take, left -= take) {
        take = left < WORD_BYTES ? left : WORD_BYTES;
        while (take > 1 && take < left && ((unsigned char)text[take] & 0xc0) == 0x80)
            take--;
        add(writer, "=?UTF-8?B?");
        add_base64(writer, text, take);
        add(writer, left > take ? "?=\n " : "?=");
    }
}

static void add_date(struct writer *writer, int64_t when)
{
    static const char *const days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(when / 1000);
    struct tm parts = {0};
    char text[64];
    gmtime_r(&seconds, &parts);
    snprintf(text, sizeof text, "Date: %s, %d %s %d %02d:%02d:%02d +0000\n", days[parts.tm_wday],
             parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
             parts.tm_sec);
    add(writer, text);
}

/* Lines end with LF, as sendmail takes them. */
size_t mailer_write(const struct mailer_letter *letter, const char *from, const char *title, int64_t when,
                    char *text, size_t size)
{
    struct writer writer = {.text = text, .size = size};
    char id[64];
    add(&writer, "From: ");
    add_words(&writer, title);
    add(&writer, " <");
    add(&writer, from);
    add(&writer, ">\nTo: ");
    add(&writer, letter->to);
    add(&writer, "\nSubject: ");
    add_words(&writer, letter->subject);
    add(&writer, "\n");
    add_date(&writer, when);
    snprintf(id, sizeof id, "Message-ID: <notice-%" PRIu64 ".%" PRId64, letter->number, when / 1000);
    add(&writer, id);
    add(&writer, strchr(from, '@') ? strchr(from, '@') : "@labgate");
    add(&writer, ">\nAuto-Submitted: auto-generated\nPrecedence: bulk\nMIME-Version: 1.0\n"
                 "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n");
    size_t left = strlen(letter->body);
    for (const char *at = letter->body; left > 0;) {
        size_t take = left < LINE_BYTES ? left : LINE_BYTES;
        add_base64(&writer, at, take);
        add(&writer, "\n");
        at += take;
        left -= take;
    }
    return writer.length;
}
