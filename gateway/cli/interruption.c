#include "gateway/cli/cli.h"

#include <signal.h>

/* A signal handler can reach nothing but a static object (C11 7.14.1.1). */
static volatile sig_atomic_t seen;

static void remember(int signal)
{
    (void)signal;
    seen = 1;
}

static void handle(void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

void interruption_catch(void)
{
    seen = 0;
    handle(remember);
}

void interruption_release(void)
{
    handle(SIG_DFL);
}

bool interruption_seen(void)
{
    return seen != 0;
}
