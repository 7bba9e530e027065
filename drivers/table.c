#include "drivers/driver.h"

#include <string.h>

/* The only list: a row for each dialect, whose file defines `const struct driver driver_NAME`. */
#define DRIVERS(row) row(modbus) row(scpi) row(scpi_rigol_ds1000z)

#define DECLARE(name) extern const struct driver driver_##name;
#define LIST(name)    &driver_##name,

DRIVERS(DECLARE)

const struct driver *const driver_table[] = {DRIVERS(LIST) NULL};

const struct driver *driver_find(const char *name)
{
    for (const struct driver *const *driver = driver_table; *driver; driver++)
        if (!strcmp((*driver)->name, name))
            return *driver;
    return NULL;
}

const char *driver_result_name(int result)
{
    static const char *const names[] = {"ok",       "timed-out", "garbled",     "disconnected",
                                        "rejected", "invalid",   "unsupported", "no-memory"};
    int count = (int)(sizeof names / sizeof *names);
    return result <= 0 && result > -count ? names[-result] : "unknown";
}
