/* matrix.h - the cause-and-effect matrix of one rig: what each cause does to each output, as a technician
 * checks and signs it (IEC 61511-1, 10.3; the form is that of IEC 62881). Made from the configuration alone.
 */
#ifndef GATEWAY_MATRIX_MATRIX_H
#define GATEWAY_MATRIX_MATRIX_H

#include "gateway/config/config.h"

enum { MATRIX_TEXT = 200, MATRIX_CONDITION = 800, MATRIX_CELL = 28 };

struct matrix_row {
    const char *kind; /* "trip", "e-stop" */
    char name[MATRIX_TEXT];
    char condition[MATRIX_CONDITION]; /* one that is longer ends with an ellipsis */
    char delay[MATRIX_TEXT], reset[MATRIX_TEXT], reaction[MATRIX_TEXT];
    char (*cells)[MATRIX_CELL]; /* by effect; "" where the cause leaves the output alone */
    bool shown_by_start;        /* each start of the gateway tries it: no walk does */
};

struct matrix {
    const struct config_lab *lab;
    const struct config_rig *rig;
    uint16_t *effects; /* outputs, by the rig's point */
    size_t effect_count;
    struct matrix_row *rows;
    size_t row_count;
};

/* What is printed beside it. */
struct matrix_stamp {
    const char *hash; /* of matrix_fingerprint()'s text */
    const char *date;
};

/* False: no memory; matrix_finish() releases what is there. The configuration must outlive it. */
bool matrix_init(struct matrix *matrix, const struct config_lab *lab, const struct config_rig *rig);
void matrix_finish(struct matrix *matrix);

void matrix_print_markdown(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file);
/* Pages of A4 across, one below the other. Outputs that do not fit beside the causes go on further pages,
 * with the causes again. */
void matrix_print_svg(const struct matrix *matrix, const struct matrix_stamp *stamp, FILE *file);

/* All that a proof test has shown to work, one a line: rules, safe sequence, outputs, and the way to each
 * register: line, unit, addresses, types, scaling. When it changes the test is void. Reaction times are not
 * in it, nor is what else is on the lines. */
void matrix_fingerprint(const struct config_lab *lab, const struct config_rig *rig, FILE *file);
/* The values of a driver's options, " NAME=VALUE" each, and the end of the line. */
void matrix_print_options(const struct option_table *table, const void *options, FILE *file);

#endif
