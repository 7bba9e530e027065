#include "gateway/control/helpers.h"

#include <signal.h>
#include <stddef.h>

static void settle(void (*handler)(int))
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        signal(signals[i], handler);
    signal(SIGCHLD, SIG_DFL);
}

void helpers_ignore_signals(void)
{
    settle(SIG_IGN);
}

void helpers_restore_signals(void)
{
    settle(SIG_DFL);
}
