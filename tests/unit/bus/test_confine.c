/* What a bus process that was taken over can still do: each attempt runs in a child under the filter. */
#include "gateway/bus/confine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define DESCRIPTORS 256u
#define KILLED      (-1)

typedef int attempt_function(void);

static int result_of(long returned)
{
    return returned < 0 ? errno : 0;
}

/* The system calls are made directly, as injected code would, so that no library gets in the way. */
static int try_execve(void)
{
    char *arguments[] = {NULL};
    return result_of(syscall(SYS_execve, "/bin/true", arguments, arguments));
}

static int try_execveat(void)
{
    char *arguments[] = {NULL};
    return result_of(syscall(SYS_execveat, AT_FDCWD, "/bin/true", arguments, arguments, 0));
}

static int try_ptrace(void)
{
    return result_of(syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0));
}

static int try_read_memory_of_others(void)
{
    return result_of(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int try_fork(void)
{
    return result_of(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
}

static int try_kill_parent(void)
{
    return result_of(syscall(SYS_kill, getppid(), 0));
}

static int try_signal_thread_of_another(void)
{
    return result_of(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int try_open_for_write(void)
{
    return result_of(syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_WRONLY, 0600));
}

static int try_open_for_read(void)
{
    return result_of(syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0));
}

static int try_unlink(void)
{
    return result_of(syscall(SYS_unlinkat, AT_FDCWD, "/tmp/labgate-no-such-file", 0));
}

static int try_rename(void)
{
    return result_of(syscall(SYS_renameat2, AT_FDCWD, "/tmp/labgate-a", AT_FDCWD, "/tmp/labgate-b", 0));
}

static int try_socket(void)
{
    return result_of(syscall(SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static int try_packet_socket(void)
{
    return result_of(syscall(SYS_socket, AF_PACKET, SOCK_RAW, 0));
}

static int try_bind(void)
{
    return result_of(syscall(SYS_bind, 0, NULL, 0));
}

static int try_executable_memory(void)
{
    return result_of(
        syscall(SYS_mmap, NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

static int try_setuid(void)
{
    return result_of(syscall(SYS_setuid, 0));
}

static int try_serving(void)
{
    uint8_t random[16];
    void *memory = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || syscall(SYS_getrandom, random, sizeof random, 0) != sizeof random)
        return errno;
    int error = result_of(munmap(memory, 1 << 16));
    return error != 0 ? error : write(STDOUT_FILENO, "", 0) == 0 ? 0 : errno;
}

static const struct {
    const char *name;
    attempt_function *attempt;
    int expected; /* 0: works; an errno; KILLED by the kernel */
} attempts[] = {
    {"serve",                         try_serving,                  0     },
    {"run a program",                 try_execve,                   KILLED},
    {"run a program at a descriptor", try_execveat,                 KILLED},
    {"trace",                         try_ptrace,                   KILLED},
    {"read another process",          try_read_memory_of_others,    KILLED},
    {"fork",                          try_fork,                     KILLED},
    {"signal the parent",             try_kill_parent,              KILLED},
    {"signal another's thread",       try_signal_thread_of_another, KILLED},
    {"open for writing",              try_open_for_write,           EACCES},
    {"open for reading",              try_open_for_read,            EACCES},
    {"unlink",                        try_unlink,                   EACCES},
    {"rename",                        try_rename,                   KILLED},
    {"open a connection",             try_socket,                   EACCES},
    {"open a packet socket",          try_packet_socket,            EACCES},
    {"listen elsewhere",              try_bind,                     KILLED},
    {"make memory executable",        try_executable_memory,        KILLED},
    {"become root",                   try_setuid,                   KILLED},
};

/* The exit status carries the errno. */
_Noreturn static void run_confined(attempt_function *attempt)
{
    char why[256];
    if (confine_process(DESCRIPTORS, why, sizeof why) != 0) {
        fprintf(stderr, "%s\n", why);
        _exit(200);
    }
    _exit(attempt());
}

static int outcome(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
        return KILLED;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void test_each_attempt(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof attempts / sizeof *attempts; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0)
            run_confined(attempts[i].attempt);
        int got = outcome(child);
        if (got != attempts[i].expected)
            fail_msg("to %s: expected %d, got %d (-1 is killed)", attempts[i].name, attempts[i].expected,
                     got);
    }
}

/* nng's threads exist before the filter does. */
static pthread_barrier_t barrier;

static void *run_late(void *unused)
{
    (void)unused;
    pthread_barrier_wait(&barrier);
    _exit(try_execve());
}

static void test_threads_that_exist_are_confined(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        char why[256];
        pthread_t thread;
        pthread_barrier_init(&barrier, NULL, 2);
        if (pthread_create(&thread, NULL, run_late, NULL) != 0 ||
            confine_process(DESCRIPTORS, why, sizeof why) != 0)
            _exit(200);
        pthread_barrier_wait(&barrier);
        pthread_join(thread, NULL);
        _exit(201);
    }
    assert_int_equal(outcome(child), KILLED);
}

static int check_status(void)
{
    char text[4096];
    int fd = open("/proc/self/status", O_RDONLY);
    char why[256];
    if (confine_process(DESCRIPTORS, why, sizeof why) != 0)
        return 200;
    ssize_t got = read(fd, text, sizeof text - 1);
    if (got <= 0)
        return 201;
    text[got] = '\0';
    static const char *const wanted[] = {"CapPrm:\t0000000000000000", "CapEff:\t0000000000000000",
                                         "NoNewPrivs:\t1", "Seccomp:\t2"};
    for (int i = 0; i < 4; i++)
        if (!strstr(text, wanted[i]))
            return i + 1;
    return 0;
}

static void test_no_capability_remains(void **state)
{
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(check_status());
    assert_int_equal(outcome(child), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_attempt),
        cmocka_unit_test(test_threads_that_exist_are_confined),
        cmocka_unit_test(test_no_capability_remains),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
