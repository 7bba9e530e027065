#include "gateway/control/plant.h"

#include "gateway/control/attend.h"
#include "gateway/control/captures.h"
#include "gateway/control/rigs.h"
#include "gateway/control/start.h"
#include "gateway/control/traces.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void complain(struct control *control, const struct control_rig *rig, const char *what)
{
    journal_write(control->journal, JOURNAL_ERROR, "practice on %s: %s", rig->config->spec.name, what);
}

/* ---- the process ----------------------------------------------------------------------------- */

/* On a free port of this machine, which only the simulator will answer at. */
static int listen_somewhere(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0 && listen(fd, 4) == 0 &&
        getsockname(fd, (struct sockaddr *)&address, &length) == 0) {
        *port = ntohs(address.sin_port);
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

/* Modbus instruments answer as the unit that the rig's configuration names. */
static int64_t unit_of(const struct control *control, const struct config_place *place)
{
    const struct config_instrument *instrument =
        &control->lab->links[place->link].instruments[place->instrument];
    const struct option_table *table = instrument->driver->instrument_options;
    for (const struct option *row = table ? table->options : NULL; row && row->name; row++)
        if (!strcmp(row->name, "unit") && row->type == OPTION_INTEGER)
            return *(const int64_t *)((const char *)instrument->instrument.options + row->offset);
    return 0;
}

/* "tank:1@fd:%0": the N-th instrument, on the N-th socket. */
static size_t add_word(const struct control *control, const struct control_rig *rig, size_t i, char *words,
                       size_t size)
{
    const char *kind = rig->config->practice_of->practice->kinds[i];
    int64_t unit = unit_of(control, &rig->config->instruments[i]);
    int length = unit ? snprintf(words, size, "%s:%lld@fd:%%%zu", kind, (long long)unit, i)
                      : snprintf(words, size, "%s:A@fd:%%%zu", kind, i);
    return length > 0 && (size_t)length < size ? (size_t)length + 1 : 0;
}

static bool start_process(struct control *control, const struct control_rig *rig, uint16_t *ports)
{
    int sockets[LAUNCHER_SOCKETS_MAX];
    char words[LAUNCHER_WORDS_MAX];
    size_t count = 0, length = 0, wanted = rig->config->spec.instrument_count;
    while (count < wanted && (sockets[count] = listen_somewhere(&ports[count])) >= 0) {
        length += add_word(control, rig, count, words + length, sizeof words - length);
        count++;
    }
    bool started = count == wanted &&
                   launcher_simulate(control->launcher, rig->index, words, length, sockets, count) == 0;
    if (!started)
        complain(control, rig, strerror(errno));
    for (size_t i = 0; i < count; i++)
        close(sockets[i]);
    return started;
}

/* ---- the core and the lines ------------------------------------------------------------------ */

/* As after a start, with nothing of whoever was there before. Its epochs go on: lines of before are gone,
 * numbers in people's hands are not. */
static bool renew_core(struct control *control, struct control_rig *rig)
{
    const struct rig_durable nothing = {0};
    struct rig *core = rig_create(&rig->config->spec, rig_epoch(rig->core) + 1, &nothing);
    if (!core) {
        complain(control, rig, "no memory");
        return false;
    }
    rig_destroy(rig->core);
    rig->core = core;
    rig->spec = &rig->config->spec;
    rig->made_of = control->lab;
    rig->published = rig->published_status = 0;
    rig->owes_full = true;
    rig->failed_count = 0;
    rig->instruments_up = 0;
    rig->why[0] = '\0';
    memset(rig->up, 0, rig->config->spec.instrument_count * sizeof *rig->up);
    return true;
}

static struct control_link *link_of(struct control *control, const struct control_rig *rig, size_t i)
{
    return control->links[rig->config->instruments[i].link];
}

bool plant_open(struct control *control, struct control_rig *rig)
{
    uint16_t ports[LAUNCHER_SOCKETS_MAX];
    char why[256] = "";
    if (!control->working || control->stopping || !renew_core(control, rig))
        return false;
    attend(control); /* each of these takes a good part of a millisecond */
    if (!start_process(control, rig, ports))
        return false;
    attend(control);
    rig->plant->open = true;
    for (size_t i = 0; i < rig->config->spec.instrument_count; i++) {
        const struct config_link *config = &control->lab->links[rig->config->instruments[i].link];
        if (start_link(control, link_of(control, rig, i), config, ports[i], why, sizeof why))
            continue;
        complain(control, rig, why);
        plant_close(control, rig);
        return false;
    }
    return true;
}

void plant_close(struct control *control, struct control_rig *rig)
{
    captures_drop(control, rig, "practice ended");
    traces_abandon(rig);
    launcher_end_simulator(control->launcher, rig->index);
    for (size_t i = 0; i < rig->config->spec.instrument_count; i++)
        link_stop(link_of(control, rig, i)->link);
    for (uint16_t i = 0; i < rig->config->spec.instrument_count; i++) {
        if (!rig->up[i])
            continue;
        rig->up[i] = false;
        rigs_handle(control, rig,
                    &(struct rig_event){
                        .kind = RIG_EVENT_INSTRUMENT, .instrument = {.instrument = i, .up = false}
        });
    }
    rig->instruments_up = 0;
    plant_bury(control, rig);
}

void plant_bury(struct control *control, struct control_rig *rig)
{
    bool left = false;
    for (size_t i = 0; i < rig->config->spec.instrument_count; i++) {
        struct control_link *link = link_of(control, rig, i);
        if (!link->link)
            continue;
        if (!link_has_ended(link->link)) {
            left = true;
            continue;
        }
        link_destroy(link->link);
        start_forget_link(link);
    }
    rig->plant->open = left;
}
