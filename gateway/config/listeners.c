/* Where the bus listens. Beyond loopback without TLS only where somebody has said so. */
#include "gateway/config/lab.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct listener_form {
    char *url, *certificate, *key;
    bool insecure;
};

static const struct option listener_options[] = {
    {.name = "url",
     .type = OPTION_TEXT,
     .offset = offsetof(struct listener_form, url),
     .minimum = 1,
     .maximum = 200,
     .help = "tcp://, tls+tcp://, ws://, wss:// with host and port, or ipc:// with a full path; a ws or wss "
             "listener has the bus at /bus and serves the page at /"},
    {.name = "certificate",
     .type = OPTION_TEXT,
     .offset = offsetof(struct listener_form, certificate),
     .minimum = 1,
     .maximum = 400,
     .fallback = "",
     .help = "file with the certificate and its chain (PEM), for tls+tcp and wss"},
    {.name = "key",
     .type = OPTION_TEXT,
     .offset = offsetof(struct listener_form, key),
     .minimum = 1,
     .maximum = 400,
     .fallback = "",
     .help = "file with the certificate's key (PEM)"},
    {.name = "insecure",
     .type = OPTION_BOOLEAN,
     .offset = offsetof(struct listener_form, insecure),
     .fallback = "false",
     .help = "allows a listener beyond this machine without TLS: everybody on the way can read and act"},
    {.name = NULL                                          },
};

const struct section section_listener = {
    .title = "listener",
    .where = "One of lab.yaml's `listeners`.",
    .options = listener_options,
};

static const struct scheme {
    const char *prefix;
    enum config_scheme scheme;
    bool network, tls;
} schemes[] = {
    {"tcp://",     CONFIG_TCP, true,  false},
    {"tls+tcp://", CONFIG_TLS, true,  true },
    {"ws://",      CONFIG_WS,  true,  false},
    {"wss://",     CONFIG_WSS, true,  true },
    {"ipc://",     CONFIG_IPC, false, false},
};

static const struct scheme *scheme_of(const char *url)
{
    for (size_t i = 0; url && i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (!strncmp(url, schemes[i].prefix, strlen(schemes[i].prefix)))
            return &schemes[i];
    return NULL;
}

static bool is_loopback(const char *host, size_t length)
{
    bool four = length > 4 && !strncmp(host, "127.", 4) && strspn(host, "0123456789.") >= length;
    return four || (length == 5 && !strncmp(host, "[::1]", 5)) ||
           (length == 9 && !strncasecmp(host, "localhost", 9));
}

/* host:port with an optional path; the host's length, 0 when it is none. Port 0 is a free one: the log says
 * which. */
static size_t host_length(const char *rest)
{
    size_t authority = strcspn(rest, "/");
    const char *colon = memrchr(rest, ':', authority);
    if (!colon || !isdigit((unsigned char)colon[1]))
        return 0;
    char *end;
    long port = strtol(colon + 1, &end, 10);
    bool whole = end == rest + authority && port >= 0 && port <= 65535;
    return whole ? (size_t)(colon - rest) : 0;
}

/* The page looks for the bus beside itself. */
static bool has_other_path(const char *rest)
{
    const char *path = strchr(rest, '/');
    return path && path[1] && strcmp(path, "/bus") != 0;
}

static void check_address(struct loader *loader, const struct node *url, const struct listener_form *form,
                          const struct scheme *scheme)
{
    const char *rest = form->url + strlen(scheme->prefix);
    size_t length = scheme->network ? host_length(rest) : 0;
    if (!scheme->network) {
        if (rest[0] != '/' || !rest[1])
            report(loader, url, "must name a socket by its full path, like ipc:///run/labgate/lab.sock");
    } else if (!length) {
        report(loader, url, "must name host and port, like %s127.0.0.1:7600", scheme->prefix);
    } else if (!scheme->tls && !is_loopback(rest, length) && !form->insecure) {
        report(loader, url,
               "listens beyond this machine without TLS; use %s, or say insecure: true if the network is "
               "trusted",
               scheme->scheme == CONFIG_WS ? "wss://" : "tls+tcp://");
    } else if (has_other_path(rest)) {
        report(loader, url, "has another path than /bus, where the page looks for the bus; leave it out");
    }
}

static const char *check_file(struct loader *loader, const struct node *node, const char *name,
                              const char *path, const struct scheme *scheme)
{
    const struct node *given = node_get(node, name);
    struct stat status;
    if (!scheme->tls) {
        if (given)
            report_key(loader, given, "only tls+tcp:// and wss:// have one; remove it");
        return NULL;
    }
    if (!given) {
        report_key(loader, node, "%s is missing: TLS needs a certificate and its key", name);
        return NULL;
    }
    const char *found = path_from_directory(loader, path);
    if (loader->copy || loader->running) /* a start reads it, as somebody who may see more */
        return found;
    if (stat(found, &status) != 0 || !S_ISREG(status.st_mode))
        report(loader, given, "there is no file %s; make one or correct the name", found);
    return found;
}

static void read_listener(struct loader *loader, const struct node *node, struct config_listener *listener)
{
    struct listener_form form = {0};
    if (!section_fill(loader, &section_listener, node, &form))
        return;
    const struct node *url = node_get(node, "url");
    const struct scheme *scheme = scheme_of(form.url);
    if (!scheme) {
        report(loader, url, "must begin with tcp://, tls+tcp://, ws://, wss:// or ipc://");
        return;
    }
    check_address(loader, url, &form, scheme);
    *listener = (struct config_listener){
        .url = form.url,
        .scheme = scheme->scheme,
        .insecure = form.insecure,
        .certificate = check_file(loader, node, "certificate", form.certificate, scheme),
        .key = check_file(loader, node, "key", form.key, scheme),
    };
}

void listeners_read(struct loader *loader, const struct node *list, struct config_lab *lab)
{
    if (!list)
        return;
    if (!list->count)
        report(loader, list, "nobody could reach the laboratory; add a listener");
    lab->listeners = arena_array(loader->memory, list->count, sizeof(*lab->listeners));
    for (const struct node *entry = list->first; entry; entry = entry->next) {
        struct config_listener *listener = &lab->listeners[lab->listener_count];
        read_listener(loader, entry, listener);
        for (size_t i = 0; listener->url && i < lab->listener_count; i++)
            if (lab->listeners[i].url && !strcmp(lab->listeners[i].url, listener->url))
                report(loader, node_get(entry, "url"), "another listener has this address");
        lab->listener_count++;
    }
}
