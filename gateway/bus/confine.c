#include "gateway/bus/confine.h"

#include <errno.h>
#include <linux/capability.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Thread stacks count towards it: 14 threads of nng with 8 MiB each. */
#define DATA_BYTES (UINT64_C(2) * 1024 * 1024 * 1024)

/* Serving: sockets that exist, waiting, memory without execution, time, threads that exist. */
static const int allowed[] = {
    SCMP_SYS(read),           SCMP_SYS(write),
    SCMP_SYS(readv),          SCMP_SYS(writev),
    SCMP_SYS(recvfrom),       SCMP_SYS(recvmsg),
    SCMP_SYS(sendto),         SCMP_SYS(sendmsg),
    SCMP_SYS(accept),         SCMP_SYS(accept4),
    SCMP_SYS(shutdown),       SCMP_SYS(close),
    SCMP_SYS(getsockopt),     SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname),    SCMP_SYS(getpeername),
    SCMP_SYS(fcntl),          SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),     SCMP_SYS(lseek),
    SCMP_SYS(poll),           SCMP_SYS(ppoll),
    SCMP_SYS(epoll_wait),     SCMP_SYS(epoll_pwait),
    SCMP_SYS(epoll_ctl),      SCMP_SYS(futex),
    SCMP_SYS(sched_yield),    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),           SCMP_SYS(restart_syscall),
    SCMP_SYS(munmap),         SCMP_SYS(mremap),
    SCMP_SYS(madvise),        SCMP_SYS(brk),
    SCMP_SYS(clock_gettime),  SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),      SCMP_SYS(gettimeofday),
    SCMP_SYS(getrandom),      SCMP_SYS(getpid),
    SCMP_SYS(gettid),         SCMP_SYS(getppid),
    SCMP_SYS(sysinfo),        SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

static const struct {
    int call;
    int error;
} refused[] = {
  /* mbed TLS and the allocator look files up and live without; a new socket is never needed after the
  listeners. */
    {SCMP_SYS(open),              EACCES},
    {SCMP_SYS(openat),            EACCES},
    {SCMP_SYS(socket),            EACCES},
    {SCMP_SYS(connect),           EACCES},
    {SCMP_SYS(readlink),          EACCES},
    {SCMP_SYS(readlinkat),        EACCES},
    {SCMP_SYS(unlink),            EACCES},
    {SCMP_SYS(unlinkat),          EACCES},
    {SCMP_SYS(access),            EACCES},
    {SCMP_SYS(ioctl),             ENOSYS},
    {SCMP_SYS(statx),             ENOSYS},
    {SCMP_SYS(sched_getaffinity), ENOSYS},
    {SCMP_SYS(getrusage),         ENOSYS},
    {SCMP_SYS(membarrier),        ENOSYS},
    {SCMP_SYS(prctl),             EPERM }, /* a thread of nng's that starts late names itself under the filter */
};

static int add_rules(scmp_filter_ctx filter)
{
    int error = 0;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof refused / sizeof *refused && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ERRNO((uint32_t)refused[i].error), refused[i].call, 0);
    /* Memory never becomes executable. */
    const int mapping[] = {SCMP_SYS(mmap), SCMP_SYS(mprotect)};
    for (size_t i = 0; i < 2 && error == 0; i++)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, mapping[i], 1,
                                 SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    /* abort() and raise(), of this process only. */
    if (error == 0)
        error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
                                 SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return error;
}

int confine_system_calls(char *why, size_t why_size)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    int error = filter ? 0 : -ENOMEM;
    if (error == 0)
        error = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1); /* nng's threads exist already */
    if (error == 0)
        error = add_rules(filter);
    if (error == 0)
        error = seccomp_load(filter);
    seccomp_release(filter);
    if (error != 0) {
        snprintf(why, why_size,
                 "the bus cannot install its system call filter: %s; does this kernel have seccomp?",
                 strerror(-error));
        return -1;
    }
    return 0;
}

static int set_limit(__rlimit_resource_t resource, rlim_t most)
{
    struct rlimit limit;
    if (getrlimit(resource, &limit) != 0)
        return -1;
    if (limit.rlim_max != RLIM_INFINITY && limit.rlim_max < most)
        most = limit.rlim_max;
    limit.rlim_cur = limit.rlim_max = most;
    return setrlimit(resource, &limit);
}

int confine_resources(size_t descriptors, char *why, size_t why_size)
{
    if (set_limit(RLIMIT_CORE, 0) != 0 || set_limit(RLIMIT_NPROC, 0) != 0 ||
        set_limit(RLIMIT_MEMLOCK, 0) != 0 || set_limit(RLIMIT_NOFILE, descriptors) != 0) {
        snprintf(why, why_size, "the bus cannot limit its resources: %s", strerror(errno));
        return -1;
    }
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (set_limit(RLIMIT_DATA, DATA_BYTES) != 0) { /* sanitizers reserve terabytes */
        snprintf(why, why_size, "the bus cannot limit its memory: %s", strerror(errno));
        return -1;
    }
#endif
    return 0;
}

int confine_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return (int)syscall(SYS_capset, &header, none);
}

int confine_process(size_t descriptors, char *why, size_t why_size)
{
    if (confine_capabilities() != 0) {
        snprintf(why, why_size, "the bus cannot drop its capabilities: %s", strerror(errno));
        return -1;
    }
    if (confine_resources(descriptors, why, why_size) != 0)
        return -1;
    return confine_system_calls(why, why_size);
}
