/* commands.h - the only list of labctl's commands; help, completion, the prompt and a test of the man page
 * walk it. */
#ifndef GATEWAY_CLI_COMMANDS_H
#define GATEWAY_CLI_COMMANDS_H

#include "gateway/cli/arguments.h"

#include <stdio.h>

#define ON_THE_MACHINE                                                                                       \
    "Asked through the gateway's own socket, by root or the gateway's user, on its machine."

extern const struct command *const commands[]; /* ends with NULL */

extern const struct command command_login, command_logout, command_passwd, command_whoami;
extern const struct command command_rigs, command_show, command_health;
extern const struct command command_book, command_bookings, command_cancel, command_extend, command_shorten,
    command_transfer, command_move, command_approve, command_notices, command_timetable, command_mail;
extern const struct command command_feed_make, command_feed_list, command_feed_revoke, command_report;
extern const struct command command_queue_join, command_queue_list, command_queue_wait, command_queue_leave,
    command_queue_take;
extern const struct command command_course_import, command_maintenance;
extern const struct command command_group_add, command_group_remove, command_group_list;
extern const struct command command_join, command_leave, command_take, command_release, command_stop,
    command_reset;
extern const struct command command_session, command_keep;
extern const struct command command_hand, command_feed, command_practise;
extern const struct command command_set, command_get, command_watch, command_capture;
extern const struct command command_log, command_export, command_replay;
extern const struct command command_clear, command_lockout, command_clock, command_clock_vouch,
    command_alerts, command_bypass, command_prooftest;
extern const struct command command_account_add, command_account_import, command_account_disable,
    command_account_list, command_audit_verify, command_backup, command_plan, command_reload;
extern const struct command command_completion, command_help;

void help_all(FILE *file);
bool help_family(FILE *file, const char *first); /* false: no command begins with that word */
void help_command(FILE *file, const struct command *command);

/* Runs what a command line says, words without the program's name. The exit code. */
int commands_run(struct cli *cli, int count, char *const *words);

#endif
