/* bookings.h - what the commands about bookings share. All of them complain. */
#ifndef GATEWAY_CLI_BOOKINGS_H
#define GATEWAY_CLI_BOOKINGS_H

#include "gateway/cli/cli.h"

/* The gateway's clock decides what "now" and "+10m" are: the one here may be wrong. */
int bookings_now(struct cli *cli, int64_t *now);
/* ms since 1970. `what` the text is, for the complaint: "--from", "TIME". */
int bookings_instant(struct cli *cli, const char *what, const char *text, int64_t now, int64_t *ms);
enum bookings_numbered { BOOKINGS_BOOKING, BOOKINGS_TICKET, BOOKINGS_FEED };
int bookings_number(struct cli *cli, enum bookings_numbered what, const char *text, uint64_t *number);
/* Complains of a no, and tells what was free instead. */
int bookings_refused(struct cli *cli, const Labgate__Answer *answer, const char *attempt);
/* Asks, and tells of the bookings in the answer. */
int bookings_ask(struct cli *cli, Labgate__Request *request, const char *attempt);
void bookings_tell(struct cli *cli, const Labgate__Booking *booking);
void bookings_json(struct json *json, const char *key, const Labgate__Booking *booking);
void bookings_json_alternatives(struct json *json, Labgate__Alternative *const *list, size_t count);
void bookings_json_conflicts(struct json *json, Labgate__CourseConflict *const *list, size_t count);

/* Of --from, --for and --until: that they say for how long, as far as the line shows; and `starts` and `ends`
 * by the gateway's clock. */
int bookings_check_interval(struct cli *cli, const struct arguments *arguments);
int bookings_read_interval(struct cli *cli, const struct arguments *arguments, Labgate__Book *book);
#define BOOKINGS_KEY 33
/* A repeat of the request across a drop is known by this and books nothing twice. */
int bookings_key(struct cli *cli, char key[BOOKINGS_KEY]);

/* --also ZONE, for bookings_when(); before there is a connection. */
int bookings_read_also(struct cli *cli, const struct arguments *arguments);
/* Complains of a zone that this machine does not have. */
int bookings_check_zone(struct cli *cli, const char *option, const char *name);
void bookings_finish_also(struct cli *cli);
#define BOOKINGS_WHEN 128
/* "2026-11-23 14:00 +08:00", and with --also "... | 12:00 Asia/Urumqi". */
const char *bookings_when(const struct cli *cli, int64_t ms, char text[BOOKINGS_WHEN]);

#endif
