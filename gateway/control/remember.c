#include "gateway/control/remember.h"

#include "gateway/control/alerts.h"
#include "gateway/control/durable.h"
#include "gateway/control/respond.h"

#include <string.h>

#define AGAIN INT64_C(1000000000)
#define TRUST (REMEMBER_INDICES - 1) /* in place of a rig's index: of all of them */

static void failed(struct control *control, struct control_rig *rig, const char *why)
{
    struct memory *memory = &rig->memory;
    memory->due = control->now + AGAIN;
    if (!memory->failed)
        alerts_raise(control, rig,
                     "what must survive a restart could not be stored (%s): it is tried again, and a restart "
                     "before that would not know of it",
                     why);
    memory->failed = true;
}

static void store(struct control *control, struct control_rig *rig)
{
    uint8_t bytes[LEDGER_RIG_STATE_MAX];
    size_t length =
        durable_encode(&rig->config->spec, rig_durable(rig->core), rig->lockout_reasons, bytes, sizeof bytes);
    uint64_t request = LEDGER_FOR_RIG | (uint64_t)rig->memory.version * REMEMBER_INDICES | rig->index;
    rig->memory.due = 0;
    if (ledger_put_rig(control->ledger, request, rig->config->spec.name, bytes, length) != LEDGER_OK)
        failed(control, rig, "too much waits for the ledger");
}

void remember(struct control *control, struct control_rig *rig)
{
    rig->memory.version++;
    store(control, rig);
}

bool remember_is_durable(const struct control_rig *rig)
{
    return rig->memory.stored == rig->memory.version;
}

bool remember_waits(struct control *control, struct control_rig *rig, uint64_t request)
{
    struct memory *memory = &rig->memory;
    if (remember_is_durable(rig) || memory->waiting_count == MEMORY_WAITING_MAX)
        return false;
    memory->waiting[memory->waiting_count++] = (struct memory_waiting){
        .request = request, .version = memory->version, .until = control->now + REMEMBER_WAIT};
    return true;
}

/* Answers who need wait no longer; they stand in the order of versions and of times. */
static void answer_waiting(struct control *control, struct control_rig *rig)
{
    struct memory *memory = &rig->memory;
    size_t done = 0;
    while (done < memory->waiting_count) {
        const struct memory_waiting *first = &memory->waiting[done];
        bool durable = first->version <= memory->stored;
        if (!durable && first->until > control->now)
            break;
        respond_durable(control, rig, first->request, durable);
        done++;
    }
    memory->waiting_count -= done;
    memmove(memory->waiting, memory->waiting + done, memory->waiting_count * sizeof *memory->waiting);
}

/* The next start need not doubt what all rigs have put anew. */
static void settle_doubt(struct control *control)
{
    for (size_t i = 0; i < control->rig_count; i++)
        if (!remember_is_durable(&control->rigs[i]))
            return;
    control->ledger_doubted = ledger_trust(control->ledger, LEDGER_FOR_RIG | TRUST) != LEDGER_OK;
}

void remember_stored(struct control *control, const struct ledger_event *event)
{
    uint64_t words = event->request & ~LEDGER_FOR_RIG;
    if (words == TRUST) {
        control->ledger_doubted = event->result != LEDGER_OK;
        return;
    }
    struct control_rig *rig = &control->rigs[words % REMEMBER_INDICES];
    struct memory *memory = &rig->memory;
    if (event->result != LEDGER_OK) {
        failed(control, rig, event->why);
        return;
    }
    memory->stored = (uint32_t)(words / REMEMBER_INDICES);
    answer_waiting(control, rig);
    if (memory->failed && !memory->due) {
        memory->failed = false;
        journal_write(control->journal, JOURNAL_NOTICE, "rig %s: what must survive a restart is stored",
                      rig->config->spec.name);
    }
    if (control->ledger_doubted)
        settle_doubt(control);
}

int64_t remember_tick(struct control *control, struct control_rig *rig)
{
    struct memory *memory = &rig->memory;
    if (memory->due && memory->due <= control->now)
        store(control, rig);
    answer_waiting(control, rig);
    int64_t next = memory->due ? memory->due : INT64_MAX;
    if (memory->waiting_count && memory->waiting[0].until < next)
        next = memory->waiting[0].until;
    return next;
}
