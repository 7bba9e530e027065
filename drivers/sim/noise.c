#include "drivers/sim/noise.h"

#define GOLDEN_GAMMA UINT64_C(0x9E3779B97F4A7C15)

uint64_t noise_hash(uint64_t value)
{
    value = (value ^ value >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    value = (value ^ value >> 27) * UINT64_C(0x94D049BB133111EB);
    return value ^ value >> 31;
}

uint64_t noise_next(struct noise *noise)
{
    noise->state += GOLDEN_GAMMA;
    return noise_hash(noise->state);
}

uint32_t noise_below(struct noise *noise, uint32_t limit)
{
    return (uint32_t)((noise_next(noise) >> 32) * limit >> 32);
}

double noise_fraction(struct noise *noise)
{
    return (double)(noise_next(noise) >> 11) * 0x1p-53;
}

/* The sum of four 16-bit uniform numbers, scaled to deviation 1 (Irwin-Hall): near enough to a normal
 * distribution for an amplifier's noise, and cheap enough for records of millions of samples. */
double noise_gaussian(uint64_t seed, uint64_t index)
{
    uint64_t bits = noise_hash(seed + (index + 1) * GOLDEN_GAMMA);
    double sum = (double)((bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48));
    return (sum - 2 * 65535.0) * (1.7320508075688772 / 65536.0);
}
