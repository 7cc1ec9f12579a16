/* What generated code is given to run on, and the products that it calls (products.c). */
#ifndef PRODUCTS_H
#define PRODUCTS_H
#include "functions.h"

typedef struct {
    /* Steps, sequences, threads; sequences that still run at each step. */
    long T, B, threads;
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
    long scratch_size;
    /* From the library of products. */
    void (*pack)(real *to, long K, long N, long k0, long n0, long kk, long nn, const real *from,
                 long k_stride, long n_stride, real scale, long me, long of);
    void (*product)(long M, long N, long K, const real *a, long row, long column,
                    const real *packed, real *c, long ldc, int adds, real *room);
} Job;

/* What `product` needs of room, in numbers. */
#define ROOM 98304

#endif
