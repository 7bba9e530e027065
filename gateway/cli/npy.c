/* NumPy's .npy, version 1.0: "\x93NUMPY", 1, 0, length of the header (uint16, little endian), a Python
 * literal padded with spaces and a newline so that the data begin at a multiple of 64 (numpy/lib/format.py,
 * "Format Version 1.0"). */
#include "gateway/cli/trace.h"

#include <string.h>

#define NPY_ALIGNMENT 64
#define NPY_PREFIX    10

static void put_double(uint8_t *bytes, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    for (int i = 0; i < 8; i++)
        bytes[i] = (uint8_t)(bits >> 8 * i);
}

bool trace_write_npy(const struct trace *trace, FILE *file)
{
    struct text header = {0};
    text_add_format(&header, "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu, 2), }", trace->samples);
    while ((NPY_PREFIX + header.length + 1) % NPY_ALIGNMENT)
        text_add(&header, " ");
    text_add(&header, "\n");
    const uint8_t prefix[NPY_PREFIX] = {
        0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)(header.length & 0xff), (uint8_t)(header.length >> 8)};
    fwrite(prefix, 1, sizeof prefix, file);
    fwrite(text_get(&header), 1, header.length, file);
    text_finish(&header);
    for (size_t i = 0; i < trace->samples && !ferror(file); i++) {
        uint8_t row[16];
        put_double(row, trace_time(trace, i));
        put_double(row + 8, trace_value(trace, i));
        fwrite(row, 1, sizeof row, file);
    }
    return fflush(file) == 0 && !ferror(file);
}
