/* mail.h - notices as letters: which of them are sent, to whom, and in what words. */
#ifndef GATEWAY_CONTROL_MAIL_H
#define GATEWAY_CONTROL_MAIL_H

#include "gateway/control/state.h"

/* Before the first thread and before privileges are given up. False: `why` says why. Nothing without `mail`.
 */
bool mail_start(struct control *control, char *why, size_t why_size);
/* A notice is stored: its person gets a letter if they have an address and want any. */
void mail_notice(struct control *control, const struct ledger_notice *notice);
/* How letters ended: staff are told when the first one could not be sent, or when the mailer has ended. */
void mail_take_reports(struct control *control);

#endif
