/* What differs between the rigs of two configurations: line by line of their texts, and what only the
 * timetable reads. */
#include "gateway/change/compare.h"
#include "gateway/change/rig_text.h"
#include "gateway/change/touched.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two words of a line; returns the length of the line. */
static size_t head_of(const char *line, char head[120])
{
    size_t length = strcspn(line, "\n"), first = strcspn(line, " \n");
    size_t second = first < length ? first + 1 + strcspn(line + first + 1, " \n") : first;
    bool alone = !strncmp(line, "set ", 4) || !strncmp(line, "verify ", 7) || !strncmp(line, "wait ", 5);
    if (alone)
        snprintf(head, 120, "safe sequence");
    else
        snprintf(head, 120, "%.*s", (int)(second < 119 ? second : 119), line);
    return length;
}

static bool has_line(const char *text, const char *line, size_t length)
{
    for (; *text; text += strcspn(text, "\n") + 1)
        if (strcspn(text, "\n") == length && !strncmp(text, line, length))
            return true;
    return false;
}

static bool has_head(const char *text, const char *wanted)
{
    char head[120];
    for (size_t length; *text; text += length + 1) {
        length = head_of(text, head);
        if (!strcmp(head, wanted))
            return true;
    }
    return false;
}

/* Lines of `text` that `other` does not have, by what they are of; each once. */
static void tell_lines(struct comparing *comparing, const char *rig, const char *text, const char *other,
                       enum change_how missing)
{
    char head[120], last[120] = "";
    for (size_t length; *text; text += length + 1) {
        length = head_of(text, head);
        if (has_line(other, text, length) || !strcmp(head, last))
            continue;
        snprintf(last, sizeof last, "%s", head);
        bool there = has_head(other, head);
        if (there && missing == CHANGE_ADDED)
            continue; /* told when the lines before were looked at */
        tell_part(comparing, "rig", rig, head, there ? CHANGE_CHANGED : missing);
    }
}

static void join_names(const char *const *names, char text[400])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; names[i] && length < 300; i++)
        length += (size_t)snprintf(text + length, 400 - length, "%s%.80s", i ? ", " : "", names[i]);
}

static void join_resources(const struct config_lab *lab, const struct config_rig *rig, char text[400])
{
    size_t length = 0;
    text[0] = '\0';
    for (size_t i = 0; i < rig->resource_count && length < 300; i++)
        length += (size_t)snprintf(text + length, 400 - length, "%s%.80s", i ? ", " : "",
                                   lab->timetable.resources[rig->resources[i]]);
}

/* What only the timetable reads. */
static void compare_bookable(struct comparing *comparing, const struct config_lab *before,
                             const struct config_rig *was, const struct config_lab *after,
                             const struct config_rig *is)
{
    const char *name = was->spec.name;
    char first[400], second[400];
    join_names(was->capabilities, first);
    join_names(is->capabilities, second);
    tell_values(comparing, "rig", name, "capabilities", first, second);
    tell_lengths(comparing, "rig", name, "longest_booking", was->longest_booking / 1000000,
                 is->longest_booking / 1000000);
    tell_lengths(comparing, "rig", name, "setup", was->setup, is->setup);
    tell_lengths(comparing, "rig", name, "teardown", was->teardown, is->teardown);
    join_resources(before, was, first);
    join_resources(after, is, second);
    tell_values(comparing, "rig", name, "resources", first, second);
}

/* How it is practised on, and what its sessions and its upkeep keep to. */
static void compare_use(struct comparing *comparing, const struct config_rig *was,
                        const struct config_rig *is)
{
    static const struct config_practice none = {.capability = ""};
    const struct config_practice *first = was->practice ? was->practice : &none,
                                 *second = is->practice ? is->practice : &none;
    const char *name = was->spec.name;
    tell_numbers(comparing, "rig", name, "practice at_most", (double)first->at_most, (double)second->at_most);
    tell_lengths(comparing, "rig", name, "practice longest", first->longest, second->longest);
    tell_values(comparing, "rig", name, "practice capability", first->capability, second->capability);
    tell_lengths(comparing, "rig", name, "proof_test every", was->proof_every / 1000000,
                 is->proof_every / 1000000);
    tell_values(comparing, "rig", name, "teachers", was->any_teacher ? "any" : "own",
                is->any_teacher ? "any" : "own");
    tell_values(comparing, "rig", name, "rooms", was->rooms_apart ? "apart" : "shared",
                is->rooms_apart ? "apart" : "shared");
}

static void compare_rig(struct comparing *comparing, const struct config_lab *before,
                        const struct config_rig *was, const struct config_lab *after,
                        const struct config_rig *is)
{
    char *first = change_rig_text(before, was), *second = change_rig_text(after, is);
    if (first && second) {
        size_t told = comparing->told;
        tell_lines(comparing, was->spec.name, first, second, CHANGE_REMOVED);
        tell_lines(comparing, was->spec.name, second, first, CHANGE_ADDED);
        if (comparing->told == told && strcmp(first, second) != 0)
            tell_part(comparing, "rig", was->spec.name, "order of its parts", CHANGE_CHANGED);
        compare_bookable(comparing, before, was, after, is);
        compare_use(comparing, was, is);
    }
    comparing->no_memory |= !first || !second;
    free(first);
    free(second);
}

/* A rig's simulators are as it is. */
static void compare_each(struct comparing *comparing, const struct config_lab *before,
                         const struct config_lab *after)
{
    for (size_t i = 0; i < before->rig_count; i++) {
        const struct config_rig *is = change_find_rig(after, before->rigs[i].spec.name);
        if (before->rigs[i].practice_of)
            continue;
        if (is)
            compare_rig(comparing, before, &before->rigs[i], after, is);
        else
            tell_part(comparing, "rig", before->rigs[i].spec.name, "", CHANGE_REMOVED);
    }
    for (size_t i = 0; i < after->rig_count; i++)
        if (!after->rigs[i].practice_of && !change_find_rig(before, after->rigs[i].spec.name))
            tell_part(comparing, "rig", after->rigs[i].spec.name, "", CHANGE_ADDED);
}

/* Rigs that are as they were on a line that does not stay. */
static void compare_neighbours(struct comparing *comparing, const struct config_lab *before,
                               const struct config_lab *after)
{
    bool *touched = calloc(after->rig_count + 1, sizeof(*touched));
    comparing->no_memory |= !touched;
    if (touched)
        change_touched(before, after, touched);
    for (size_t i = 0; touched && i < after->rig_count; i++) {
        const struct config_rig *was = change_find_rig(before, after->rigs[i].spec.name);
        if (touched[i] && was && !was->practice_of &&
            !change_rig_differs(before, was, after, &after->rigs[i]))
            tell_part(comparing, "rig", was->spec.name, "line shared with a rig that changes",
                      CHANGE_CHANGED);
    }
    free(touched);
}

void compare_rigs(struct comparing *comparing, const struct config_lab *before,
                  const struct config_lab *after)
{
    compare_each(comparing, before, after);
    compare_neighbours(comparing, before, after);
}
