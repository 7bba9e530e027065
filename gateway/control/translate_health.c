#include "gateway/control/translate_private.h"

#include <stdlib.h>

static void fill_failures(Labgate__Failures *to, const struct link_tallies *from)
{
    labgate__failures__init(to);
    to->timeouts = from->timeouts;
    to->garbled = from->garbled;
    to->rejected = from->rejected;
    to->disconnected = from->disconnected;
}

static double per_second(const struct link_tallies *tallies, int64_t window)
{
    return (double)tallies->transactions * 1e9 / (double)window;
}

struct instrument_row {
    Labgate__InstrumentHealth message;
    Labgate__Failures all, recent;
};

static void fill_instrument(struct instrument_row *row, const struct answer_instrument *from, int64_t window)
{
    Labgate__InstrumentHealth *to = &row->message;
    labgate__instrument_health__init(to);
    fill_failures(&row->all, &from->all);
    fill_failures(&row->recent, &from->recent);
    to->rig = translate_text(from->rig);
    to->name = translate_text(from->name);
    to->profile = translate_text(from->profile);
    to->up = from->up;
    to->why = translate_text(from->why);
    to->last_reply = (uint64_t)from->all.last_reply;
    to->transactions = from->all.transactions;
    to->rate = per_second(&from->recent, window);
    to->failures = &row->all;
    to->recent = &row->recent;
}

struct link_row {
    Labgate__LinkHealth message;
    Labgate__Failures recent;
};

static void fill_link(struct link_row *row, const struct answer_link *from, int64_t window)
{
    Labgate__LinkHealth *to = &row->message;
    labgate__link_health__init(to);
    fill_failures(&row->recent, &from->recent);
    to->name = translate_text(from->name);
    to->transactions = from->health.all.transactions;
    to->timeouts = from->health.all.timeouts;
    to->garbled = from->health.all.garbled;
    to->rejected = from->health.all.rejected;
    to->disconnected = from->health.all.disconnected;
    to->unopened = from->health.unopened;
    to->reconnects = from->health.reconnects;
    to->recoveries = from->health.recoveries;
    to->open = from->health.open;
    to->load = from->load;
    to->recent_load = from->recent_load;
    to->planned_load = from->planned_load;
    to->rate = per_second(&from->recent, window);
    to->recent = &row->recent;
    to->last_reply = (uint64_t)from->health.all.last_reply;
}

/* The instruments of all links stand one after the other, and so do their rows. */
static void fill_links(const struct answer_health *health, struct rows *links, struct rows *instruments)
{
    size_t next = 0;
    for (size_t i = 0; i < health->link_count; i++) {
        struct link_row *row = links->pointers[i];
        fill_link(row, &health->links[i], health->window);
        row->message.instruments = (Labgate__InstrumentHealth **)&instruments->pointers[next];
        row->message.n_instruments = health->links[i].instrument_count;
        for (size_t j = 0; j < health->links[i].instrument_count; j++)
            fill_instrument(instruments->pointers[next++], &health->links[i].instruments[j], health->window);
    }
}

static void fill_reaction(Labgate__Reaction *to, const struct answer_reaction *from)
{
    const struct analysis_reaction *worst = from->worst;
    labgate__reaction__init(to);
    to->kind = translate_text(from->kind);
    to->name = translate_text(from->name);
    to->input = translate_text(from->input);
    to->total = (uint64_t)worst->total;
    to->next_read = (uint64_t)worst->period;
    to->ahead = (uint64_t)worst->ahead;
    to->read = (uint64_t)worst->read;
    to->debounce = (uint64_t)worst->debounce;
    to->gateway = (uint64_t)worst->decision;
    to->line_free = (uint64_t)worst->blocked;
    to->writes = (uint64_t)worst->writes;
    to->read_back = (uint64_t)worst->readback;
    to->lost_reply = (uint64_t)worst->lost;
    to->unanswered = (uint64_t)worst->blind;
    to->last_write = (uint64_t)worst->last;
    to->by_age = worst->by_age;
    to->wanted = (uint64_t)from->wanted;
}

static void fill_counters(const struct answer_health *health, struct rows *rows)
{
    for (size_t i = 0; i < health->counter_count; i++) {
        Labgate__Counter *to = rows->pointers[i];
        labgate__counter__init(to);
        to->name = translate_text(health->counters[i].name);
        to->value = health->counters[i].value;
    }
}

void translate_health(struct answer_buffer *buffer, const struct answer_head *head,
                      const struct answer_health *health)
{
    size_t count = 0;
    for (size_t i = 0; i < health->link_count; i++)
        count += health->links[i].instrument_count;
    struct rows links = translate_rows(health->link_count, sizeof(struct link_row));
    struct rows instruments = translate_rows(count, sizeof(struct instrument_row));
    struct rows counters = translate_rows(health->counter_count, sizeof(Labgate__Counter));
    struct rows reactions = translate_rows(health->reaction_count, sizeof(Labgate__Reaction));
    if (links.pointers && instruments.pointers && counters.pointers && reactions.pointers) {
        fill_links(health, &links, &instruments);
        fill_counters(health, &counters);
        for (size_t i = 0; i < health->reaction_count; i++)
            fill_reaction(reactions.pointers[i], &health->reactions[i]);
        Labgate__HealthReport report = LABGATE__HEALTH_REPORT__INIT;
        report.links = (Labgate__LinkHealth **)links.pointers;
        report.n_links = health->link_count;
        report.counters = (Labgate__Counter **)counters.pointers;
        report.n_counters = health->counter_count;
        report.reactions = (Labgate__Reaction **)reactions.pointers;
        report.n_reactions = health->reaction_count;
        report.window = (uint64_t)health->window;
        Labgate__Answer answer = translate_begin(head);
        answer.body_case = LABGATE__ANSWER__BODY_HEALTH;
        answer.health = &report;
        translate_finish(buffer, &answer);
    } else {
        translate_no_memory(buffer, head);
    }
    free(links.pointers);
    free(instruments.pointers);
    free(counters.pointers);
    free(reactions.pointers);
}
