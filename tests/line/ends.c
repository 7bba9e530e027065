#include "tests/line/ends.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/line/way.h"

static int complain(const char *what)
{
    fprintf(stderr, "shaped_line: ");
    perror(what);
    return -1;
}

static int put(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t written = write(fd, text, strlen(text));
    close(fd);
    return written == (ssize_t)strlen(text) ? 0 : -1;
}

/* Root inside, nobody more than before outside: user_namespaces(7). */
static int become_root(void)
{
    uid_t uid = geteuid();
    gid_t gid = getegid();
    if (uid == 0)
        return 0;
    if (unshare(CLONE_NEWUSER) != 0)
        return complain("not root, and no user namespace can be made");
    char map[64];
    snprintf(map, sizeof map, "0 %u 1", uid);
    int bad = put("/proc/self/setgroups", "deny") | put("/proc/self/uid_map", map);
    snprintf(map, sizeof map, "0 %u 1", gid);
    bad |= put("/proc/self/gid_map", map);
    return bad ? complain("cannot map users") : 0;
}

static int up(int control, const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_UP | IFF_RUNNING};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    return ioctl(control, SIOCSIFFLAGS, &request);
}

static int set_address(int control, unsigned long what, const char *name, const char *text)
{
    struct ifreq request = {0};
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, text, &address.sin_addr);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    memcpy(&request.ifr_addr, &address, sizeof address);
    return ioctl(control, what, &request);
}

/* In a namespace of its own: the loopback, and a tun device with this address. The device's descriptor, or
 * -1. */
static int open_end(const char *name, const char *address)
{
    if (unshare(CLONE_NEWNET) != 0)
        return complain("cannot make a network namespace");
    int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (device < 0 || control < 0)
        return complain("/dev/net/tun");
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (ioctl(device, TUNSETIFF, &request) != 0)
        return complain("cannot make a tun device");
    request.ifr_mtu = WAY_PACKET_MAX;
    if (up(control, "lo") != 0 || ioctl(control, SIOCSIFMTU, &request) != 0 ||
        set_address(control, SIOCSIFADDR, name, address) != 0 ||
        set_address(control, SIOCSIFNETMASK, name, "255.255.255.252") != 0 || up(control, name) != 0)
        return complain(name);
    close(control);
    return device;
}

static int send_descriptor(int to, int fd)
{
    char byte = 0;
    union {
        char space[CMSG_SPACE(sizeof fd)];
        struct cmsghdr aligned;
    } control = {0};
    struct iovec io = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
    return sendmsg(to, &message, 0) == 1 ? 0 : -1;
}

static int receive_descriptor(int from)
{
    char byte;
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr aligned;
    } control = {0};
    struct iovec io = {&byte, 1};
    struct msghdr message = {
        .msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    int fd = -1;
    if (recvmsg(from, &message, MSG_CMSG_CLOEXEC) == 1 && CMSG_FIRSTHDR(&message) != NULL)
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
    return fd;
}

static _Noreturn void keep_far_end(int pair)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int device = open_end("far", ENDS_FAR);
    if (device < 0 || send_descriptor(pair, device) != 0)
        _exit(1);
    close(device);
    for (;;)
        pause();
}

int ends_open(struct ends *ends)
{
    int pair[2];
    *ends = (struct ends){.near = -1, .far = -1};
    if (become_root() != 0)
        return -1;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return complain("socketpair");
    ends->far_keeper = fork();
    if (ends->far_keeper == 0) {
        close(pair[0]);
        keep_far_end(pair[1]);
    }
    close(pair[1]);
    ends->far = receive_descriptor(pair[0]);
    close(pair[0]);
    ends->near = ends->far < 0 ? -1 : open_end("near", ENDS_NEAR);
    if (ends->near >= 0)
        return 0;
    ends_close(ends);
    return -1;
}

void ends_close(struct ends *ends)
{
    if (ends->far_keeper > 0) {
        kill(ends->far_keeper, SIGKILL);
        waitpid(ends->far_keeper, NULL, 0);
    }
    close(ends->near);
    close(ends->far);
}
