#include "gateway/booking/roster.h"

static size_t divide_up(size_t number, size_t by)
{
    return (number + by - 1) / by;
}

static size_t greatest_divisor(size_t a, size_t b)
{
    while (b != 0) {
        size_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static size_t groups_of(size_t students, const struct roster *roster)
{
    return divide_up(students, roster->group_size);
}

size_t roster_sections(const struct roster *roster)
{
    return divide_up(groups_of(roster->students, roster), roster->rigs);
}

/* Sections differ by at most one student: the first ones have one more. */
static size_t section_of(const struct roster *roster, size_t *student, size_t *size)
{
    size_t sections = roster_sections(roster);
    size_t least = roster->students / sections, larger = roster->students % sections;
    size_t in_larger = larger * (least + 1);
    if (*student < in_larger) {
        size_t section = *student / (least + 1);
        *student %= least + 1;
        *size = least + 1;
        return section;
    }
    size_t beyond = *student - in_larger;
    *student = beyond % least;
    *size = least;
    return larger + beyond / least;
}

void roster_section(const struct roster *roster, size_t section, size_t *first, size_t *count)
{
    size_t sections = roster_sections(roster);
    size_t least = roster->students / sections, larger = roster->students % sections;
    *first = section * least + (section < larger ? section : larger);
    *count = least + (section < larger);
}

struct roster_place roster_find(const struct roster *roster, size_t student, size_t meeting)
{
    struct roster_place place;
    size_t size;
    place.section = section_of(roster, &student, &size);
    size_t rows = groups_of(size, roster);
    place.seat = student / rows;
    size_t speed = roster->rotate_partners ? place.seat + 1 : 1;
    size_t divisor = greatest_divisor(speed, rows);
    size_t round = meeting % rows;
    size_t moved = (student % rows + speed * round + round * divisor / rows) % rows;
    /* Fewer groups than rigs: after each round of meetings all of them move on by one. */
    size_t rounds = roster->rotate_partners ? meeting / rows : 0;
    if (!roster->rotate_partners)
        moved = (student % rows + meeting) % roster->rigs;
    place.rig = (moved + rounds) % roster->rigs;
    return place;
}
