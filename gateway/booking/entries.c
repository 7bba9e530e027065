/* entries.c - bookings by id and by key. */
#include "gateway/booking/timetable_private.h"

#include <stdlib.h>
#include <string.h>

bool entries_reserve(struct entry_list *entries, size_t more)
{
    if (entries->room - entries->count >= more)
        return true;
    size_t room = entries->room > 0 ? 2 * entries->room : 16;
    while (room - entries->count < more)
        room *= 2;
    struct entry **grown = realloc(entries->list, room * sizeof(struct entry *));
    if (grown == NULL)
        return false;
    entries->list = grown;
    entries->room = room;
    return true;
}

bool entries_insert(struct entry_list *entries, size_t at, struct entry *entry)
{
    if (!entries_reserve(entries, 1))
        return false;
    memmove(entries->list + at + 1, entries->list + at, (entries->count - at) * sizeof *entries->list);
    entries->list[at] = entry;
    entries->count++;
    return true;
}

size_t entries_find_id(const struct entry_list *by_id, uint64_t id)
{
    size_t low = 0, high = by_id->count;
    if (high > 0 && by_id->list[high - 1]->booking.id < id) /* a new one: nothing old is touched */
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_id->list[middle]->booking.id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t entries_find_session(const struct entry_list *by_session, uint64_t session)
{
    size_t low = 0, high = by_session->count;
    if (high > 0 && by_session->list[high - 1]->booking.session < session)
        return high;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (by_session->list[middle]->booking.session < session)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct entry *timetable_entry(const struct timetable *timetable, uint64_t id)
{
    size_t at = entries_find_id(&timetable->by_id, id);
    return at < timetable->by_id.count && timetable->by_id.list[at]->booking.id == id
               ? timetable->by_id.list[at]
               : NULL;
}

/* ---- one entry ----------------------------------------------------------------------------------------- */

/* All of the party know of it, or nobody does. */
static bool add_parts(struct timetable *timetable, struct entry *entry)
{
    for (size_t i = 0; i < entry->booking.party_count; i++) {
        struct person *person = people_get(&timetable->people, entry->party[i]);
        if (person != NULL && person_add_part(person, entry))
            continue;
        while (i-- > 0)
            person_remove_part(people_find(&timetable->people, entry->party[i]), entry);
        return false;
    }
    return true;
}

struct entry *entry_create(struct timetable *timetable, const struct booking *booking)
{
    size_t party = booking->party_count * sizeof *booking->party;
    struct entry *entry = calloc(1, sizeof *entry + party);
    if (entry == NULL)
        return NULL;
    entry->booking = *booking;
    entry->booking.ticket = 0;
    entry->booking.begun = false;
    entry->moved_from = entry->left.rig = BOOKING_ANY_RIG;
    if (party > 0)
        memcpy(entry->party, booking->party, party);
    entry->booking.party = party > 0 ? entry->party : NULL;
    entry->person = people_get(&timetable->people, booking->account);
    if (entry->person != NULL && person_add(entry->person, entry)) {
        if (add_parts(timetable, entry))
            return entry;
        person_remove(entry->person, entry);
    }
    free(entry);
    return NULL;
}

void entry_destroy(struct timetable *timetable, struct entry *entry)
{
    entry_let_go(timetable, entry);
    timetable_unwait(timetable, entry);
    person_remove(entry->person, entry);
    for (size_t i = 0; i < entry->booking.party_count; i++)
        person_remove_part(people_find(&timetable->people, entry->party[i]), entry);
    free(entry);
}

void entry_give(struct timetable *timetable, struct entry *entry, uint64_t account, uint16_t group)
{
    struct person *person = people_get(&timetable->people, account);
    if (person == NULL || (person != entry->person && !person_add(person, entry)))
        return;
    if (person != entry->person)
        person_remove(entry->person, entry);
    entry->person = person;
    entry->booking.account = account;
    entry->booking.group = group;
}

/* ---- keys ---------------------------------------------------------------------------------------------- */

/* FNV-1a (G. Fowler, L. C. Noll, P. Vo; RFC 9923). Keys are chosen by clients, of whom each can only slow its
 * own account's look-ups down: the account is hashed too. */
static size_t hash(uint64_t account, const char *key)
{
    uint64_t value = UINT64_C(14695981039346656037) ^ account * UINT64_C(0x9e3779b97f4a7c15);
    for (; *key != '\0'; key++)
        value = (value ^ (unsigned char)*key) * UINT64_C(1099511628211);
    return (size_t)(value ^ value >> 32);
}

bool keys_match(const struct booking *booking, uint64_t account, const char *key)
{
    return booking->account == account && strcmp(booking->key, key) == 0;
}

/* Where it is, or the empty slot where it would be. */
static struct entry **slot_of(const struct key_table *keys, uint64_t account, const char *key)
{
    size_t at = hash(account, key) & (keys->room - 1);
    for (; keys->slots[at] != NULL; at = (at + 1) & (keys->room - 1))
        if (keys_match(&keys->slots[at]->booking, account, key))
            break;
    return &keys->slots[at];
}

struct entry *keys_find(const struct key_table *keys, uint64_t account, const char *key)
{
    return key[0] == '\0' || keys->room == 0 ? NULL : *slot_of(keys, account, key);
}

bool keys_reserve(struct key_table *keys, size_t more)
{
    size_t room = keys->room > 0 ? keys->room : 64;
    while (room < 2 * (keys->count + more))
        room *= 2;
    if (room == keys->room)
        return true;
    struct key_table grown = {.slots = calloc(room, sizeof(struct entry *)), .room = room};
    if (grown.slots == NULL)
        return false;
    for (size_t i = 0; i < keys->room; i++)
        if (keys->slots[i] != NULL)
            keys_add(&grown, keys->slots[i]);
    free(keys->slots);
    *keys = grown;
    return true;
}

void keys_add(struct key_table *keys, struct entry *entry)
{
    if (entry->booking.key[0] == '\0')
        return;
    struct entry **slot = slot_of(keys, entry->booking.account, entry->booking.key);
    keys->count += *slot == NULL;
    *slot = entry;
}

void keys_rebuild(struct key_table *keys, const struct entry_list *entries,
                  const struct booking_attend *attend)
{
    if (keys->room == 0)
        return;
    memset(keys->slots, 0, keys->room * sizeof(struct entry *));
    keys->count = 0;
    for (size_t i = 0; i < entries->count; i++) {
        booking_attend(attend);
        keys_add(keys, entries->list[i]);
    }
}
