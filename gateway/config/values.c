#include "gateway/config/values.h"

#include "gateway/config/scalar.h"
#include "gateway/config/suggest.h"

#include <math.h>
#include <string.h>

static const char *word_of(const struct rig_point_spec *point, bool on)
{
    if (on)
        return point->on ? point->on : "on";
    return point->off ? point->off : "off";
}

const char *value_text(const struct rig_point_spec *point, double number, char text[VALUE_TEXT])
{
    const char *name = NULL;
    if (point->type == RIG_BOOLEAN)
        name = word_of(point, number != 0);
    for (const struct rig_choice *choice = point->choices; choice && choice->name; choice++)
        if (choice->number == number)
            name = choice->name;
    if (name)
        snprintf(text, VALUE_TEXT, "%s", name);
    else
        snprintf(text, VALUE_TEXT, "%.10g%s%s", number, *point->unit->name ? " " : "", point->unit->name);
    return text;
}

/* --- words --- */

static bool read_boolean(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                         double *number)
{
    for (int on = 0; on < 2; on++) {
        if (!strcmp(node->text, word_of(point, on))) {
            *number = on;
            return true;
        }
    }
    report(loader, node, "must be %s or %s, not \"%.40s\"", word_of(point, false), word_of(point, true),
           node->text);
    return false;
}

static bool read_choice(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                        double *number)
{
    struct suggestion near;
    suggest_begin(&near, node->text);
    char all[200] = "";
    for (const struct rig_choice *choice = point->choices; choice && choice->name; choice++) {
        if (!strcmp(node->text, choice->name)) {
            *number = choice->number;
            return true;
        }
        suggest_offer(&near, choice->name);
        size_t used = strlen(all);
        snprintf(all + used, sizeof(all) - used, "%s%s", used ? ", " : "", choice->name);
    }
    char hint[80];
    report(loader, node, "\"%.40s\" is none of %s%s", node->text, all,
           suggest_text(&near, hint, sizeof(hint)));
    return false;
}

/* --- quantities --- */

/* A unit that is not known: the nearest that is. */
static void report_unit(struct loader *loader, const struct node *node, const char *name,
                        const struct rig_point_spec *point)
{
    struct suggestion near;
    suggest_begin(&near, name);
    for (const struct rig_unit *unit = rig_unit_table(); unit->name; unit++)
        if (!strcmp(unit->dimension, point->unit->dimension))
            suggest_offer(&near, unit->name);
    char hint[80];
    report(loader, node, "\"%.40s\" is no known unit%s", name, suggest_text(&near, hint, sizeof(hint)));
}

/* One quantity in `text`, a part of the node's, converted to the point's unit. */
static bool read_quantity(struct loader *loader, const struct node *node, const char *text,
                          const struct rig_point_spec *point, bool difference, double *number)
{
    char why[SCALAR_WHY];
    const char *name;
    double written;
    if (!scalar_quantity(text, &written, &name, why)) {
        report(loader, node, "%s", why);
        return false;
    }
    const struct rig_unit *unit = rig_unit_find(name, strlen(name));
    bool missing = !*name && *point->unit->name;
    if (missing)
        report(loader, node, "\"%.40s\" has no unit; write %.40s %s", text, text, point->unit->name);
    else if (!unit)
        report_unit(loader, node, name, point);
    else if (!rig_unit_convert(unit, point->unit, difference, written, number))
        report(loader, node, "\"%.40s\" is a %s, and %s is a %s%s%s", text, unit->dimension, point->name,
               point->unit->dimension, *point->unit->name ? " in " : "", point->unit->name);
    else
        return true;
    return false;
}

static bool read_number(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                        double *number)
{
    return read_quantity(loader, node, node->text, point, false, number);
}

static bool read_integer(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                         double *number)
{
    double written;
    if (!read_quantity(loader, node, node->text, point, false, &written))
        return false;
    if (written != floor(written) || fabs(written) > 9007199254740992.0) {
        report(loader, node, "must be a whole number, not \"%.40s\"", node->text);
        return false;
    }
    *number = written;
    return true;
}

static bool read_nothing(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                         double *number)
{
    (void)number;
    report(loader, node, "%s is a text, which can only be shown", point->name);
    return false;
}

bool value_read(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                double *number)
{
    static bool (*const readers[])(struct loader *, const struct node *, const struct rig_point_spec *,
                                   double *) = {
        [RIG_BOOLEAN] = read_boolean, [RIG_INTEGER] = read_integer, [RIG_NUMBER] = read_number,
        [RIG_CHOICE] = read_choice,   [RIG_TEXT] = read_nothing,
    };
    return node_is(loader, node, NODE_SCALAR) && readers[point->type](loader, node, point, number);
}

bool value_read_legal(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                      double *number)
{
    double value;
    if (!value_read(loader, node, point, &value))
        return false;
    if (value < point->minimum || value > point->maximum) {
        char given[VALUE_TEXT], least[VALUE_TEXT], most[VALUE_TEXT];
        report(loader, node, "%s is outside the range of %s, %s .. %s", value_text(point, value, given),
               point->name, value_text(point, point->minimum, least),
               value_text(point, point->maximum, most));
        return false;
    }
    *number = value;
    return true;
}

bool value_read_range(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                      double *minimum, double *maximum)
{
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    if (point->type != RIG_NUMBER && point->type != RIG_INTEGER) {
        report_key(loader, node, "only numbers and integers have a range; remove it");
        return false;
    }
    const char *dots = strstr(node->text, "..");
    if (!dots) {
        report(loader, node, "must be a range like 0%s%s .. 10%s%s", *point->unit->name ? " " : "",
               point->unit->name, *point->unit->name ? " " : "", point->unit->name);
        return false;
    }
    size_t length = (size_t)(dots - node->text);
    while (length && node->text[length - 1] == ' ')
        length--;
    const char *low = arena_copy(&loader->scratch, node->text, length);
    const char *high = dots + 2 + strspn(dots + 2, " ");
    double least, most;
    if (!read_quantity(loader, node, low, point, false, &least) ||
        !read_quantity(loader, node, high, point, false, &most))
        return false;
    if (least >= most) {
        report(loader, node, "the range is empty; write the smaller value first");
        return false;
    }
    *minimum = least;
    *maximum = most;
    return true;
}

bool value_read_difference(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                           double *number)
{
    double value;
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    if (point->type != RIG_NUMBER && point->type != RIG_INTEGER) {
        report_key(loader, node, "only numbers and integers have one; remove it");
        return false;
    }
    if (!read_quantity(loader, node, node->text, point, true, &value))
        return false;
    if (value < 0) {
        report(loader, node, "must be 0 or more");
        return false;
    }
    *number = value;
    return true;
}

/* --- per time --- */

/* Splits "20 %/s" before its last slash; the period in seconds, 0 when there is none. */
static double split_period(struct loader *loader, const char *text, const char **amount)
{
    static const struct {
        const char *name;
        double seconds;
    } periods[] = {
        {"s",   1   },
        {"min", 60  },
        {"h",   3600}
    };
    const char *slash = strrchr(text, '/');
    for (size_t i = 0; slash && i < sizeof(periods) / sizeof(periods[0]); i++) {
        if (strcmp(slash + 1 + strspn(slash + 1, " "), periods[i].name) != 0)
            continue;
        size_t length = (size_t)(slash - text);
        while (length && text[length - 1] == ' ')
            length--;
        *amount = arena_copy(&loader->scratch, text, length);
        return periods[i].seconds;
    }
    return 0;
}

bool value_read_slew(struct loader *loader, const struct node *node, const struct rig_point_spec *point,
                     double *number)
{
    const char *amount;
    double value;
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    double period = split_period(loader, node->text, &amount);
    if (period == 0) {
        report(loader, node, "must be a change in time, like 5%s%s/s", *point->unit->name ? " " : "",
               point->unit->name);
        return false;
    }
    if (!read_quantity(loader, node, amount, point, true, &value))
        return false;
    if (value <= 0) {
        report(loader, node, "must be more than 0; leave it out for none");
        return false;
    }
    *number = value / period;
    return true;
}

bool value_read_rate(struct loader *loader, const struct node *node, double *number)
{
    const char *amount = NULL, *rest;
    double value;
    char why[SCALAR_WHY];
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    double period = split_period(loader, node->text, &amount);
    if (period == 0 || !scalar_quantity(amount, &value, &rest, why) || *rest || value <= 0) {
        report(loader, node, "must be how often, like 2 /s or 30 /min");
        return false;
    }
    *number = value / period;
    return true;
}

/* --- totals --- */

/* One quantity of any unit without an offset, more than 0. */
static bool read_amount(struct loader *loader, const struct node *node, const struct rig_unit **unit,
                        double *number)
{
    char why[SCALAR_WHY];
    const char *name;
    if (!node_is(loader, node, NODE_SCALAR))
        return false;
    if (!scalar_quantity(node->text, number, &name, why)) {
        report(loader, node, "%s", why);
        return false;
    }
    *unit = rig_unit_find(name, strlen(name));
    if (!*unit || (*unit)->offset != 0)
        report(loader, node, "\"%.40s\" is no unit of something that adds up", name);
    else if (!(*number > 0))
        report(loader, node, "must be more than 0; leave it out for none");
    else
        return true;
    return false;
}

bool value_read_flow(struct loader *loader, const struct node *node, const struct rig_unit **unit,
                     double *number)
{
    return read_amount(loader, node, unit, number);
}

bool value_read_total(struct loader *loader, const struct node *node, const struct rig_unit *per_second,
                      const char *of, double *number)
{
    const struct rig_unit *unit;
    double amount;
    if (!read_amount(loader, node, &unit, &amount))
        return false;
    struct rig_dimension adds_up_to = per_second->of;
    adds_up_to.exponent[RIG_TIME]++;
    if (memcmp(&adds_up_to, &unit->of, sizeof(adds_up_to)) != 0) {
        report(loader, node, "%s in %s does not add up to a %s", of,
               *per_second->name ? per_second->name : "1", unit->dimension);
        return false;
    }
    *number = amount * unit->factor / per_second->factor;
    return true;
}
