#include "drivers/driver.h"

#include <string.h>

const struct driver *const driver_table[] = {
    NULL,
};

const struct driver *driver_find(const char *name)
{
    for (const struct driver *const *driver = driver_table; *driver; driver++)
        if (!strcmp((*driver)->name, name))
            return *driver;
    return NULL;
}
