/* children.h - processes that what is tested has started. */
#ifndef TESTS_UNIT_CONTROL_CHILDREN_H
#define TESTS_UNIT_CONTROL_CHILDREN_H

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/types.h>

static inline bool is_child(pid_t process, pid_t parent)
{
    char path[64];
    int of = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", process);
    FILE *file = fopen(path, "r");
    if (!file)
        return false;
    bool known = fscanf(file, "%*d (%*[^)]) %*c %d", &of) == 1;
    fclose(file);
    return known && of == parent;
}

/* The process id of a process's only child; 0: none. Not every kernel lists them in /proc/PID/task. */
static inline pid_t child_of(pid_t parent)
{
    pid_t child = 0;
    DIR *processes = opendir("/proc");
    const struct dirent *entry;
    while (processes && !child && (entry = readdir(processes)) != NULL) {
        pid_t process = atoi(entry->d_name);
        if (process > 0 && is_child(process, parent))
            child = process;
    }
    if (processes)
        closedir(processes);
    return child;
}

#endif
