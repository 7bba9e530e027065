/* timetable.h - what lab.yaml says about the timetable: the calendar, and who may book what. */
#ifndef GATEWAY_CONFIG_TIMETABLE_H
#define GATEWAY_CONFIG_TIMETABLE_H

#include "gateway/config/rigs.h"

/* calendar.c: periods, terms, holidays, make-up workdays, opening hours. `node` may be NULL. */
void calendar_read(struct loader *loader, const struct node *node, struct config_timetable *timetable);

/* groups.c: policies, schools and groups, in this order. Each node may be NULL. */
struct groups_nodes {
    const struct node *policies, *schools, *groups;
};
void groups_read(struct loader *loader, const struct groups_nodes *nodes, struct config_timetable *timetable);

/* resources.c: what rigs share, the capabilities by bit, and each rig's `booking`. */
void resources_read(struct loader *loader, const struct node *list, struct config_timetable *timetable);
void resources_finish(struct loader *loader, const struct rig_build *rigs, const struct node *titles,
                      struct config_lab *lab);

extern const struct section section_timetable, section_term, section_holiday, section_makeup, section_opening,
    section_policy, section_school, section_group, section_booking, section_capability;

#endif
