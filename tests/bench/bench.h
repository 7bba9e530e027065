/* bench.h - rows of `make bench`: name, figure, bound and verdict, separated by tabs. What is short stays
 * visible; it is no failure of the program that measured it. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stdio.h>
#include <stdlib.h>

static inline void bench_at_least(const char *name, double figure, double bound, const char *unit)
{
    printf("%s\t%.3g %s\t>= %.3g %s\t%s\n", name, figure, unit, bound, unit,
           figure >= bound ? "ok" : "short");
    fflush(stdout);
}

static inline void bench_at_most(const char *name, double figure, double bound, const char *unit)
{
    printf("%s\t%.3g %s\t<= %.3g %s\t%s\n", name, figure, unit, bound, unit,
           figure <= bound ? "ok" : "short");
    fflush(stdout);
}

static int bench_compare(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static inline double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), bench_compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

#endif
