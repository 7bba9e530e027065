/* lab.h - the laboratory as a whole: lab.yaml's own keys, the listeners, and the rigs wherever they are
 * written. */
#ifndef GATEWAY_CONFIG_LAB_H
#define GATEWAY_CONFIG_LAB_H

#include "gateway/config/section.h"

void lab_read(struct loader *loader, struct config_lab *lab, const char *const *defines, size_t define_count);

/* listeners.c */
void listeners_read(struct loader *loader, const struct node *list, struct config_lab *lab);
/* A path as written, seen from the configuration's directory. */
const char *path_from_directory(struct loader *loader, const char *path);

/* mail.c; `node` may be NULL. */
void mail_read(struct loader *loader, const struct node *node, struct config_lab *lab);

extern const struct section section_mail, section_lab, section_listener;

#endif
