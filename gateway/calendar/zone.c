#include "gateway/calendar/zone.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Offsets are asked for at steps that are shorter than any two changes lie apart (Morocco's are weeks);
 * between two steps that differ the change is found by halving. */
#define STEP    (3 * INT64_C(86400)) /* s */
#define FIRST   INT64_C(0)           /* 1970: nothing is booked before */
#define LAST    INT64_C(4102444800)  /* 2100 */
#define CHANGES 1024

bool zone_exists(const char *name)
{
    char path[200];
    struct stat status;
    int length = snprintf(path, sizeof(path), ZONE_DIRECTORY "/%s", name);
    return *name && name[0] != '/' && !strstr(name, "..") && length < (int)sizeof(path) &&
           stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

static int32_t offset_at(int64_t second)
{
    time_t time = (time_t)second;
    struct tm local;
    return localtime_r(&time, &local) ? (int32_t)local.tm_gmtoff : 0;
}

static int64_t find_change(int64_t before, int64_t after)
{
    int32_t offset = offset_at(before);
    while (after - before > 1) {
        int64_t middle = before + (after - before) / 2;
        if (offset_at(middle) == offset)
            before = middle;
        else
            after = middle;
    }
    return after;
}

static size_t find_changes(struct civil_change *changes)
{
    int32_t offset = offset_at(FIRST);
    size_t count = 0;
    changes[count++] = (struct civil_change){INT64_MIN, offset * 1000};
    for (int64_t at = FIRST; at < LAST && count < CHANGES; at += STEP) {
        if (offset_at(at + STEP) == offset)
            continue;
        int64_t change = find_change(at, at + STEP);
        offset = offset_at(change);
        changes[count++] = (struct civil_change){change * 1000, offset * 1000};
    }
    return count;
}

static void set_zone(const char *name)
{
    if (name)
        setenv("TZ", name, 1);
    else
        unsetenv("TZ");
    tzset();
}

bool zone_read(const char *name, struct civil_zone *zone)
{
    const char *own = getenv("TZ");
    char *before = own ? strdup(own) : NULL;
    struct civil_change *changes = zone_exists(name) ? malloc(CHANGES * sizeof(*changes)) : NULL;
    if (changes && (before || !own)) {
        set_zone(name);
        *zone = (struct civil_zone){name, changes, find_changes(changes)};
        set_zone(before);
        changes = NULL;
    } else {
        *zone = (struct civil_zone){.name = name};
    }
    free(changes);
    free(before);
    return zone->count > 0;
}

void zone_finish(struct civil_zone *zone)
{
    free((void *)zone->changes);
    zone->changes = NULL;
    zone->count = 0;
}
