/* helpers.h - signals of the processes that help control. What stops the gateway is for control, which needs
 * them until it has said good-bye, and then ends them itself. */
#ifndef GATEWAY_CONTROL_HELPERS_H
#define GATEWAY_CONTROL_HELPERS_H

/* In the helper: it ignores them. */
void helpers_ignore_signals(void);
/* Before it executes a program that is not ours and that ends by signals as programs do. */
void helpers_restore_signals(void);

#endif
