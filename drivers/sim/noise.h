/* noise.h - repeatable random numbers. The generator is SplitMix64 (Steele, Lea and Flood, 2014); the
 * numbered form gives the n-th value of a stream without the others, so that a record read in pieces is the
 * same record. */
#ifndef DRIVERS_SIM_NOISE_H
#define DRIVERS_SIM_NOISE_H

#include <stdint.h>

struct noise {
    uint64_t state; /* any value is a seed */
};

uint64_t noise_next(struct noise *noise);
uint32_t noise_below(struct noise *noise, uint32_t limit); /* 0 to limit - 1; limit > 0 */
double noise_fraction(struct noise *noise);                /* [0, 1) */

uint64_t noise_hash(uint64_t value);
double noise_gaussian(uint64_t seed, uint64_t index); /* mean 0, deviation 1, within +-3.5 */

#endif
