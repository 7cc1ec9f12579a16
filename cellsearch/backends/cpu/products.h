/* What generated code is given to run on, and the products that it calls (products.c). */
#ifndef PRODUCTS_H
#define PRODUCTS_H
#include "functions.h"

typedef struct {
    /* Steps, sequences, threads, whether lengths differ; sequences that still run at each step. */
    long T, B, threads, ragged;
    /* Of the plane in which units are; then T and B count each pixel as a sequence. */
    long height, width;
    const long *counts;
    /* Where each value stands, the distance of its rows, and the widths, in the plan's order. */
    real **p;
    const long *ld, *n;
    /* Packed matrices, and room for each thread's own use. */
    real **packed;
    const long *packed_parts;
    /* Gradients of matrices, and of all else, the latter with a row for each thread. */
    real **gradients, **sums;
    real *scratch;
    long scratch_size, wide_size, sums_size;
    /* From the library of products. */
    void (*pack)(real *to, long K, long N, long k0, long n0, long kk, long nn, const real *from,
                 long k_stride, long n_stride, real scale, long me, long of);
    void (*product)(long M, long N, long K, const real *a, long row, long column,
                    const real *packed, real *c, long ldc, int adds, real *room);
} Job;

/* What `product` needs of room, in numbers. */
#define ROOM 98304

/* Rows that are worked on at once where all are known. */
#define SPAN 192

/* Where a thread's share of `rows` begins: at a whole plane. */
static inline long begin_of(const Job *j, long rows, long me, long of)
{
    long area = j->height * j->width;
    return rows / area * me / of * area;
}

/* The first row from r on that is none of a sequence that has ended, and how many follow it. */
static inline long span(const Job *j, long r, long end, long *count)
{
    while (j->ragged && r < end && r % j->B >= j->counts[r / j->B])
        r += j->B - r % j->B;
    long last = j->ragged && r < end ? r - r % j->B + j->counts[r / j->B] : end;
    long area = j->height * j->width, most = area < SPAN ? SPAN / area * area : area;
    *count = (last < end ? last : end) - r;
    if (*count > most) *count = most;
    return r;
}

/* For each pixel of a plane what its neighbours hold, those of some taps side by side; 0 beyond. */
static inline void neighbours(const Job *j, real *to, long units, const real *from, long ld,
                              long side, long tap, long last, long back)
{
    long before = (side - 1) / 2;
    for (long y = 0; y < j->height; y++)
        for (long x = 0; x < j->width; x++)
            for (long g = tap; g < last; g++, to += units) {
                long dy = g / side - before, dx = g % side - before;
                long v = back ? y - dy : y + dy, u = back ? x - dx : x + dx;
                int inside = v >= 0 && v < j->height && u >= 0 && u < j->width;
                const real *pixel = from + (v * j->width + u) * ld;
                for (long k = 0; k < units; k++)
                    to[k] = inside ? pixel[k] : 0;
            }
}

/* The first unit of a share, at the beginning of a vector. */
static inline long share(long units, long part, long parts)
{
    return part == parts ? units : units * part / parts / 16 * 16;
}

/* What a sequence was given at its end is no part of a sum over its rows. */
static inline void clear_ended(const Job *j, real *p, long ld, long width, long me, long of)
{
    for (long t = 1; t < j->T; t++)
        for (long b = j->counts[t]; b < j->counts[t - 1]; b++)
            for (long k = 0; b % of == me && k < width; k++)
                p[(t * j->B + b) * ld + k] = 0;
}

#endif
