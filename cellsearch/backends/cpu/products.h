/* What generated code is given to run on, and the products that it calls (products.c). */
#ifndef PRODUCTS_H
#define PRODUCTS_H
#include "functions.h"

typedef struct {
    /* Steps, sequences, threads, whether lengths differ; sequences that still run at each step. */
    long T, B, threads, ragged;
    const long *counts;
    /* Where each value stands, the distance of its rows, and the widths, in the plan's order. */
    real **p;
    const long *ld, *n;
    /* Packed matrices, and room for each thread's own use. */
    real **packed;
    const long *packed_heads;
    /* Gradients of matrices, and of all else, the latter with a row for each thread. */
    real **gradients, **sums;
    real *scratch;
    long scratch_size, sums_size;
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

/* The first row from r on that is none of a sequence that has ended, and how many follow it. */
static inline long span(const Job *j, long r, long end, long *count)
{
    while (j->ragged && r < end && r % j->B >= j->counts[r / j->B])
        r += j->B - r % j->B;
    long last = j->ragged && r < end ? r - r % j->B + j->counts[r / j->B] : end;
    *count = (last < end ? last : end) - r;
    if (*count > SPAN) *count = SPAN;
    return r;
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
