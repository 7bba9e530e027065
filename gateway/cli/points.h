/* points.h - a rig's points as people name them, and their values as people write and read them. */
#ifndef GATEWAY_CLI_POINTS_H
#define GATEWAY_CLI_POINTS_H

#include "gateway/cli/cli.h"

/* "plc.pump", or "pump" when one point's name ends so. NULL: none or several; `why` then says it for people,
 * with the nearest name or the candidates. */
const Labgate__Point *point_find(const Labgate__RigDetail *rig, const char *name, char *why, size_t why_size);
const Labgate__Value *point_value(const Labgate__Point *point, Labgate__Value *const *values, size_t count);

/* Reads what was typed: a choice's name, a boolean's word, a number with or without a unit. It is sent as
 * text when it is a word or has a unit, so that the gateway alone converts. `scalar` points into `typed`.
 * False: `why` says what the point takes. */
bool point_parse(const Labgate__Point *point, const char *typed, Labgate__Scalar *scalar, char *why,
                 size_t why_size);

/* Adds "35 %", "open", "0.412 m" (with_unit false: without it). Not sanitised. */
void point_format(const Labgate__Point *point, double number, const char *words, bool with_unit,
                  struct text *text);
void point_format_value(const Labgate__Point *point, const Labgate__Value *value, bool with_unit,
                        struct text *text);
const char *quality_name(Labgate__Quality quality);
enum style quality_style(Labgate__Quality quality);
const char *type_name(Labgate__Type type);
/* What the point can be set to: "0 to 100 %", "open | closed". Not sanitised. */
void point_describe_range(const Labgate__Point *point, struct text *text);

/* "point": the name, value (of the point's own type), unit, quality. */
void point_json(struct json *json, const char *key, const Labgate__Point *point, const Labgate__Value *value);
/* The value alone: a number, true or false, a choice's name. */
void point_json_number(struct json *json, const char *key, const Labgate__Point *point, double number,
                       const char *words);

/* For commands that take --rig RIG and [POINT...]: the rig that is meant, and the points (all when none is
 * named; the array is the caller's to free()). They complain. */
int values_choose_rig(struct cli *cli, const struct arguments *arguments, const char **rig);
int values_choose_points(struct cli *cli, const Labgate__RigDetail *rig, const struct arguments *arguments,
                         const Labgate__Point ***points, size_t *count);

#endif
