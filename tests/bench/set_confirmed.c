/* A set by a student, from the request on the bus to the answer that it was read back, over tcp from another
 * process, against the sum of its parts measured bare in turn with it on the same simulator: one nng round
 * trip to another process, one libmodbus write, one libmodbus read. */
#include "gateway/client/client.h"
#include "tests/bench/bench.h"
#include "tests/unit/link/lab.h"

#include <arpa/inet.h>
#include <math.h>
#include <modbus/modbus.h>
#include <nng/nng.h>
#include <nng/protocol/reqrep0/rep.h>
#include <nng/protocol/reqrep0/req.h>
#include <sys/prctl.h>
#include <sys/stat.h>

enum { SETS = 1000, MESSAGE = 64 };
#define PASSWORD "a long enough password"
#define PATIENCE (30 * LAB_SECOND)

/* A set-point that the plant shows as soon as it is written, beside the polls and the heartbeat that a rig
 * has. */
static const char profile[] =
    "profile: setpoint\n"
    "driver: modbus\n"
    "points:\n"
    "  level: {type: number, unit: m, poll: 100 ms, at: {table: input, address: 2, as: float32, order: "
    "abcd}}\n"
    "  temperature: {type: number, unit: degC, poll: 100 ms, at: {table: input, address: 4, as: int16, "
    "scale: 0.1}}\n"
    "  guard: {type: boolean, poll: 100 ms, at: {table: discrete, address: 5}}\n"
    "  limit: {type: number, unit: degC, range: 0 degC .. 95 degC, safe: 80 degC, access: write, readback: "
    "shown,"
    " tolerance: 0.05 degC, within: 1 s, at: {table: holding, address: 3, as: int16, scale: 0.1}}\n"
    "  shown: {type: number, unit: degC, poll: 200 ms, at: {table: holding, address: 3, as: int16, scale: "
    "0.1}}\n"
    "  heartbeat: {role: technician, type: integer, range: 0 .. 65535, safe: 0, access: write,"
    " at: {table: holding, address: 1, as: uint16}}\n";

static const char configuration[] =
    "name: bench\n"
    "state: state\n"
    "listeners: [{url: 'tcp://127.0.0.1:0'}]\n"
    "rigs:\n"
    "  tank:\n"
    "    instruments: {plc: {profile: setpoint, link: 'tcp://127.0.0.1:%d', unit: 1}}\n"
    "    safe:\n"
    "      - set: all\n"
    "      - verify: all\n"
    "    interlocks:\n"
    "      - trip: overheat\n"
    "        when: plc.temperature > 80 degC\n"
    "      - permissive: guarded\n"
    "        of: plc.limit\n"
    "        when: plc.guard and age(plc.level) < 1 s\n"
    "    heartbeat: {point: plc.heartbeat, every: 200 ms, drops_after: 1 s}\n";

static double quantile(double *values, size_t count, double share)
{
    qsort(values, count, sizeof(*values), bench_compare);
    return values[(size_t)(share * (double)(count - 1) + 0.5)];
}

static void check(bool good, const char *what)
{
    if (!good)
        lab_die(what);
}

/* --- the bare parts --------------------------------------------------------------------------- */

struct bare {
    nng_socket requester;
    modbus_t *modbus;
    double round_trip, write, read;
};

/* Echoes in a process of its own, as the gateway would answer; tells its port through the pipe. */
_Noreturn static void echo(int told)
{
    nng_socket replier;
    nng_listener listener;
    int port = 0;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (nng_rep0_open(&replier) || nng_listen(replier, "tcp://127.0.0.1:0", &listener, 0))
        _exit(1);
    nng_sockaddr address;
    nng_listener_get_addr(listener, NNG_OPT_LOCADDR, &address);
    port = ntohs(address.s_in.sa_port);
    if (write(told, &port, sizeof(port)) != sizeof(port))
        _exit(1);
    for (nng_msg *message; !nng_recvmsg(replier, &message, 0);)
        if (nng_sendmsg(replier, message, 0))
            _exit(1);
    _exit(0);
}

/* Before anything of nng runs here: its threads do not survive a fork. */
static pid_t start_echo(int *port)
{
    int told[2];
    check(!pipe(told), "pipe");
    pid_t process = fork();
    check(process >= 0, "fork");
    if (!process)
        echo(told[1]);
    close(told[1]);
    check(read(told[0], port, sizeof(*port)) == sizeof(*port), "starting the bare nng server");
    close(told[0]);
    return process;
}

static void connect_bare(struct bare *bare, const struct lab *lab, int port)
{
    char url[64];
    snprintf(url, sizeof(url), "tcp://127.0.0.1:%d", port);
    check(!nng_req0_open(&bare->requester) && !nng_dial(bare->requester, url, NULL, 0),
          "connecting the bare nng client");
    bare->modbus = modbus_new_tcp("127.0.0.1", lab->port);
    check(bare->modbus && !modbus_set_slave(bare->modbus, 1) && !modbus_connect(bare->modbus),
          "connecting the bare libmodbus");
}

static void ask_bare(struct bare *bare, uint16_t value)
{
    nng_msg *message;
    uint16_t shown;
    int64_t began = lab_now();
    check(!nng_msg_alloc(&message, MESSAGE) && !nng_sendmsg(bare->requester, message, 0) &&
              !nng_recvmsg(bare->requester, &message, 0),
          "a bare nng round trip");
    nng_msg_free(message);
    int64_t answered = lab_now();
    check(modbus_write_register(bare->modbus, 7, value) == 1, "a bare write");
    int64_t written = lab_now();
    check(modbus_read_registers(bare->modbus, 7, 1, &shown) == 1, "a bare read");
    bare->round_trip = (double)(answered - began);
    bare->write = (double)(written - answered);
    bare->read = (double)(lab_now() - written);
}

static void disconnect_bare(struct bare *bare)
{
    nng_close(bare->requester);
    modbus_close(bare->modbus);
    modbus_free(bare->modbus);
}

/* --- the gateway and its student -------------------------------------------------------------- */

struct gateway {
    pid_t process;
    char url[64], local[128];
    struct client *client;
    uint64_t epoch, sequence;
};

static void configure(const struct lab *lab, char *folder, size_t size)
{
    char path[128];
    snprintf(folder, size, "%s/gate", lab->folder);
    check(!chmod(lab->folder, 0755) && !mkdir(folder, 0755), "making a folder");
    snprintf(path, sizeof(path), "%s/lab.yaml", folder);
    FILE *file = fopen(path, "w");
    check(file && fprintf(file, configuration, lab->port) > 0 && !fclose(file), "writing the configuration");
    snprintf(path, sizeof(path), "%s/setpoint.yaml", folder);
    file = fopen(path, "w");
    check(file && fputs(profile, file) >= 0 && !fclose(file), "writing the profile");
}

static void read_url(int output, char *url, size_t size)
{
    FILE *lines = fdopen(output, "r");
    char line[1024];
    while (lines && fgets(line, sizeof(line), lines)) {
        const char *at = strstr(line, "serving ");
        if (at && sscanf(at, "serving %63s", url) == 1)
            return; /* its later lines are left in the pipe, which holds more than there will be */
    }
    snprintf(url, size, "%s", "");
}

static void start_gateway(struct gateway *gateway, const struct lab *lab)
{
    char folder[96], program[PATH_MAX];
    int output[2];
    configure(lab, folder, sizeof(folder));
    snprintf(program, sizeof(program), "%.*s/labgate", (int)(strrchr(lab->program, '/') - lab->program),
             lab->program);
    snprintf(gateway->local, sizeof(gateway->local), "local:%s/state/control.sock", folder);
    check(!pipe(output), "pipe");
    gateway->process = fork();
    check(gateway->process >= 0, "fork");
    if (!gateway->process) {
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        dup2(output[1], STDOUT_FILENO);
        dup2(output[1], STDERR_FILENO);
        execl(program, program, "run", folder, "--profiles", folder, (char *)NULL);
        _exit(127);
    }
    close(output[1]);
    read_url(output[0], gateway->url, sizeof(gateway->url));
    check(gateway->url[0], "starting labgate");
}

static Labgate__Answer *say(struct client *client, Labgate__Request__BodyCase which, void *body)
{
    Labgate__Request request = LABGATE__REQUEST__INIT;
    Labgate__Answer *answer;
    request.body_case = which;
    request.set = body; /* any member of the union: they are all pointers */
    int result = client_call(client, &request, PATIENCE, &answer);
    if (result != CLIENT_OK) {
        fprintf(stderr, "set_confirmed: %s\n", client_result_text(result));
        exit(99);
    }
    return answer;
}

static Labgate__Answer *insist(struct client *client, Labgate__Request__BodyCase which, void *body)
{
    Labgate__Answer *answer = say(client, which, body);
    if (!answer->ok) {
        fprintf(stderr, "set_confirmed: %s: %s\n", answer->reason, answer->message);
        exit(99);
    }
    return answer;
}

static void connect_client(const char *url, struct client **client)
{
    char why[256];
    if (client_create(&(struct client_options){.url = url}, client, why, sizeof(why))) {
        fprintf(stderr, "set_confirmed: %s\n", why);
        exit(99);
    }
}

static void add_account(const struct gateway *gateway)
{
    Labgate__Account account = LABGATE__ACCOUNT__INIT;
    Labgate__AccountPut put = LABGATE__ACCOUNT_PUT__INIT;
    struct client *client;
    account.name = (char *)"anna";
    account.role = LABGATE__ROLE__STUDENT;
    put.account = &account;
    put.password = (char *)PASSWORD;
    connect_client(gateway->local, &client);
    client_free(insist(client, LABGATE__REQUEST__BODY_ACCOUNT_PUT, &put));
    client_destroy(client);
}

static void await_condition(struct gateway *gateway, Labgate__Condition condition, bool session)
{
    Labgate__Show show = LABGATE__SHOW__INIT;
    show.rig = (char *)"tank";
    for (int64_t until = lab_now() + PATIENCE; lab_now() < until; lab_sleep(20 * LAB_MS)) {
        Labgate__Answer *answer = insist(gateway->client, LABGATE__REQUEST__BODY_SHOW, &show);
        const Labgate__RigStatus *status = answer->show->rig->status;
        bool there = status->condition == condition && (!session || status->session);
        client_free(answer);
        if (there)
            return;
    }
    errno = ETIMEDOUT;
    lab_die("waiting for the rig");
}

/* Logged in, with a booking that runs and control of the rig. */
static void take_control(struct gateway *gateway)
{
    Labgate__Login login = LABGATE__LOGIN__INIT;
    Labgate__Book book = LABGATE__BOOK__INIT;
    Labgate__Join join = LABGATE__JOIN__INIT;
    Labgate__Take take = LABGATE__TAKE__INIT;
    connect_client(gateway->url, &gateway->client);
    login.name = (char *)"anna";
    login.password = (char *)PASSWORD;
    Labgate__Answer *answer = insist(gateway->client, LABGATE__REQUEST__BODY_LOGIN, &login);
    client_set_token(gateway->client, answer->login->token);
    client_free(answer);
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    book.rig = (char *)"tank";
    book.ends = (uint64_t)now.tv_sec * 1000 + 600000;
    client_free(insist(gateway->client, LABGATE__REQUEST__BODY_BOOK, &book));
    await_condition(gateway, LABGATE__CONDITION__SAFE, true);
    join.rig = (char *)"tank";
    answer = insist(gateway->client, LABGATE__REQUEST__BODY_JOIN, &join);
    client_set_seat(gateway->client, answer->join->seat);
    gateway->sequence = answer->join->sequence;
    client_free(answer);
    answer = insist(gateway->client, LABGATE__REQUEST__BODY_TAKE, &take);
    gateway->epoch = answer->control->epoch;
    client_free(answer);
}

/* The time of one set to its confirmation, in ns. */
static double set_limit(struct gateway *gateway, double wanted)
{
    Labgate__Scalar value = LABGATE__SCALAR__INIT;
    Labgate__Set set = LABGATE__SET__INIT;
    value.kind_case = LABGATE__SCALAR__KIND_NUMBER;
    value.number = wanted;
    set.point = (char *)"plc.limit";
    set.value = &value;
    set.epoch = gateway->epoch;
    set.sequence = ++gateway->sequence;
    int64_t began = lab_now();
    Labgate__Answer *answer = insist(gateway->client, LABGATE__REQUEST__BODY_SET, &set);
    double took = (double)(lab_now() - began);
    errno = EPROTO;
    check(answer->set->verified && fabs(answer->set->value - wanted) < 0.05, "a set that was not read back");
    client_free(answer);
    return took;
}

static void stop_gateway(struct gateway *gateway)
{
    client_destroy(gateway->client);
    kill(gateway->process, SIGTERM);
    waitpid(gateway->process, NULL, 0);
}

int main(void)
{
    struct lab lab;
    struct bare bare;
    struct gateway gateway = {0};
    static double sets[SETS], sums[SETS], trips[SETS], writes[SETS], reads[SETS];
    int port;
    pid_t echoing = start_echo(&port);
    lab_start(&lab, "tank:1@tcp:127.0.0.1:0");
    start_gateway(&gateway, &lab);
    connect_bare(&bare, &lab, port);
    add_account(&gateway);
    take_control(&gateway);
    for (size_t i = 0; i < SETS; i++) {
        sets[i] = set_limit(&gateway, i % 2 ? 70 : 75);
        ask_bare(&bare, (uint16_t)(i % 2 ? 300 : 400));
        trips[i] = bare.round_trip;
        writes[i] = bare.write;
        reads[i] = bare.read;
        sums[i] = bare.round_trip + bare.write + bare.read;
    }
    stop_gateway(&gateway);
    disconnect_bare(&bare);
    kill(echoing, SIGTERM);
    waitpid(echoing, NULL, 0);
    lab_stop(&lab);
    double set = bench_median(sets, SETS), sum = bench_median(sums, SETS);
    fprintf(stderr,
            "set_confirmed: median %.0f us, bare %.0f us (nng %.0f, write %.0f, read %.0f); 99th %.0f us, "
            "bare %.0f us\n",
            set / 1000, sum / 1000, bench_median(trips, SETS) / 1000, bench_median(writes, SETS) / 1000,
            bench_median(reads, SETS) / 1000, quantile(sets, SETS, 0.99) / 1000,
            quantile(sums, SETS, 0.99) / 1000);
    bench_at_most("set to read back, median, of its parts' sum", set / sum, 1.5, "x");
    bench_at_most("set to read back, 99th percentile, of its parts' sum",
                  quantile(sets, SETS, 0.99) / quantile(sums, SETS, 0.99), 3, "x");
    return 0;
}
