/* availability.c - when there is room: one walk over a rig's timelines, cut with the opening hours. */
#include "gateway/booking/timetable_private.h"

/* The rig's own timeline and those of what it shares, merged: the next time that is taken in any of them. */
struct merge {
    struct timeline_cursor cursors[1 + TIMETABLE_SHARED_MAX];
    const struct timeline_span *heads[1 + TIMETABLE_SHARED_MAX];
    size_t count;
};

static struct merge merge_begin(const struct timetable *timetable, uint16_t rig, int64_t from)
{
    const struct rig_table *table = &timetable->rigs[rig];
    struct merge merge = {.count = 1 + table->policy.shared_count};
    for (size_t i = 0; i < merge.count; i++) {
        const struct timeline *line =
            i == 0 ? &table->coming : &timetable->shared[table->policy.shared[i - 1]];
        merge.cursors[i] = timeline_seek(line, from);
        merge.heads[i] = timeline_next(&merge.cursors[i]);
    }
    return merge;
}

/* NULL: nothing more is taken. */
static const struct timeline_span *merge_next(struct merge *merge)
{
    size_t first = 0;
    for (size_t i = 1; i < merge->count; i++)
        if (merge->heads[i] != NULL &&
            (merge->heads[first] == NULL || merge->heads[i]->from < merge->heads[first]->from))
            first = i;
    const struct timeline_span *span = merge->heads[first];
    if (span != NULL)
        merge->heads[first] = timeline_next(&merge->cursors[first]);
    return span;
}

/* What is being written, and the opening hours that it is cut with. */
struct sheet {
    const struct term_calendar *calendar;
    int64_t end, least;
    int64_t opens, closes; /* the last that were looked up */
    struct timetable_span *list;
    size_t count, capacity;
};

static void add_span(struct sheet *sheet, int64_t starts, int64_t until)
{
    if (until - starts < sheet->least)
        return;
    if (sheet->count < sheet->capacity)
        sheet->list[sheet->count] = (struct timetable_span){starts, until};
    sheet->count++;
}

static void add_open_part(struct sheet *sheet, int64_t starts, int64_t until)
{
    if (sheet->calendar == NULL) {
        add_span(sheet, starts, until);
        return;
    }
    while (until - starts >= sheet->least) {
        if (starts >= sheet->closes &&
            !term_next_open(sheet->calendar, starts, sheet->end, &sheet->opens, &sheet->closes)) {
            sheet->opens = sheet->closes = INT64_MAX;
            return;
        }
        add_span(sheet, starts > sheet->opens ? starts : sheet->opens,
                 until < sheet->closes ? until : sheet->closes);
        starts = sheet->closes;
    }
}

size_t timetable_availability(const struct timetable *timetable, uint16_t rig, int64_t from, int64_t until,
                              int64_t least, struct timetable_span *list, size_t capacity)
{
    if (rig >= timetable->rig_count || until <= from)
        return 0;
    const struct timetable_rig *policy = &timetable->rigs[rig].policy;
    struct sheet sheet = {.calendar = timetable->setup.calendar,
                          .end = until,
                          .least = least < 1 ? 1 : least,
                          .opens = INT64_MIN,
                          .closes = INT64_MIN,
                          .list = list,
                          .capacity = capacity};
    struct merge merge = merge_begin(timetable, rig, from - policy->setup);
    int64_t starts = from;
    for (const struct timeline_span *span; starts < until && (span = merge_next(&merge)) != NULL;) {
        int64_t ends = span->from - policy->teardown;
        add_open_part(&sheet, starts, ends < until ? ends : until);
        if (span->until + policy->setup > starts)
            starts = span->until + policy->setup;
    }
    add_open_part(&sheet, starts, until);
    return sheet.count;
}
