/* Matrix products for recurrent cells: few rows, a matrix that is used at every step.
 *
 * The matrix is packed once into panels of a few vectors of columns, the last of which may have half
 * a vector. A tile of rows meets one panel at a time and is added up in registers (Goto & van de
 * Geijn 2008); vectors are the compiler's own, so that this is the same text on every machine. */
#include <string.h>
#include "products.h"

/* Rows of a tile times vectors of a panel: as many sums as there are registers for. */
#if defined(__AVX512F__)
#define VECTOR_BYTES 64
#define TILE 8
#define VECTORS 3
#elif defined(__AVX__)
#define VECTOR_BYTES 32
#define TILE 4
#define VECTORS 3
#elif defined(__aarch64__)
#define VECTOR_BYTES 16
#define TILE 8
#define VECTORS 3
#else
#define VECTOR_BYTES 16
#define TILE 4
#define VECTORS 3
#endif
#define LANES ((long)(VECTOR_BYTES / sizeof(real)))
#define HALF (LANES / 2)
#define PANEL (VECTORS * LANES)
#define MOST_ROWS 192

typedef real Vector __attribute__((vector_size(VECTOR_BYTES)));
typedef real HalfVector __attribute__((vector_size(VECTOR_BYTES / 2)));
typedef bits Index __attribute__((vector_size(VECTOR_BYTES)));

INLINE Vector load(const real *p) { Vector v; memcpy(&v, p, sizeof v); return v; }
INLINE void store(real *p, Vector v) { memcpy(p, &v, sizeof v); }

/* Unrolled, so that sums stay in registers. */
#define EACH(i, end) _Pragma("GCC unroll 8") for (int i = 0; i < end; i++)

/* Rows of a tile times a panel of half a vector: a[r, k] stands at r * row + k * column. */
INLINE void half_tile(int rows, long K, const real *a, long row, long column, const real *b,
                      real *c, long ldc, int adds)
{
    HalfVector sum[TILE] = {0}, w;
    if (adds)
        EACH(r, rows) memcpy(&sum[r], c + r * ldc, sizeof w);
    for (long k = 0; k < K; k++) {
        memcpy(&w, b + k * HALF, sizeof w);
        EACH(r, rows) sum[r] += a[r * row + k * column] * w;
    }
    EACH(r, rows) memcpy(c + r * ldc, &sum[r], sizeof w);
}

/* The same for a panel of `wide` vectors; 0 is half a vector. */
INLINE void tile(int rows, int wide, long K, const real *a, long row, long column, const real *b,
                 real *c, long ldc, int adds)
{
    if (!wide) {
        half_tile(rows, K, a, row, column, b, c, ldc, adds);
        return;
    }
    Vector sum[TILE][VECTORS];
    EACH(r, rows) EACH(v, wide) sum[r][v] = adds ? load(c + r * ldc + v * LANES) : (Vector){0};
    for (long k = 0; k < K; k++) {
        Vector w[VECTORS];
        EACH(v, wide) w[v] = load(b + (k * wide + v) * LANES);
        EACH(r, rows) {
            Vector x = a[r * row + k * column] - (Vector){0};
            EACH(v, wide) sum[r][v] += x * w[v];
        }
    }
    EACH(r, rows) EACH(v, wide) store(c + r * ldc + v * LANES, sum[r][v]);
}

typedef void Tile(long K, const real *a, long row, long column, const real *b, real *c, long ldc,
                  int adds);

/* Rows or columns of the tile stand side by side. */
#define OF_SIZE(rows, wide) \
    static void tile_##rows##_##wide(long K, const real *a, long row, long column, const real *b, \
                                     real *c, long ldc, int adds) \
    { \
        if (row == 1) tile(rows, wide, K, a, 1, column, b, c, ldc, adds); \
        else tile(rows, wide, K, a, row, 1, b, c, ldc, adds); \
    }
#define OF_HEIGHT(rows) OF_SIZE(rows, 0) OF_SIZE(rows, 1) OF_SIZE(rows, 2) OF_SIZE(rows, 3)
OF_HEIGHT(1) OF_HEIGHT(2) OF_HEIGHT(3) OF_HEIGHT(4)
#if TILE == 8
OF_HEIGHT(5) OF_HEIGHT(6) OF_HEIGHT(7) OF_HEIGHT(8)
#endif

#define ENTRY(rows) {tile_##rows##_0, tile_##rows##_1, tile_##rows##_2, tile_##rows##_3}
static Tile *const TILES[TILE][VECTORS + 1] = {
    ENTRY(1), ENTRY(2), ENTRY(3), ENTRY(4),
#if TILE == 8
    ENTRY(5), ENTRY(6), ENTRY(7), ENTRY(8),
#endif
};

/* What a thread needs of room, and what packed columns are rounded up to, in numbers. */
const long product_room = ROOM, packed_columns = HALF;

static long least(long a, long b) { return a < b ? a : b; }

/* How wide the panel is that begins at column n: whole vectors, or half of one. */
static long width(long N, long n)
{
    long rest = N - n, whole = rest / LANES * LANES;
    if (rest >= PANEL)
        return PANEL;
    if (rest - whole > HALF)
        return whole + LANES;
    return whole ? whole : HALF;
}

/* Lines of one vector each, turned about: number k of line i becomes number i of line k. */
static void turn(Vector lines[LANES])
{
#ifdef __clang__
    Vector old[LANES];
    memcpy(old, lines, sizeof old);
    for (long i = 0; i < LANES; i++)
        for (long k = 0; k < LANES; k++)
            lines[i][k] = old[k][i];
#else
    for (long s = 1; s < LANES; s *= 2) {
        Index low, high;
        for (long i = 0; i < LANES; i++) {
            low[i] = i & s ? LANES + i - s : i;
            high[i] = i & s ? LANES + i : i + s;
        }
        for (long i = 0; i < LANES; i++)
            if (!(i & s)) {
                Vector a = lines[i], b = lines[i + s];
                lines[i] = __builtin_shuffle(a, b, low);
                lines[i + s] = __builtin_shuffle(a, b, high);
            }
    }
#endif
}

/* Columns that stand as rows: as many at once as a vector has numbers. */
static void pack_turned(real *to, long wide, long kk, const real *from, long n_stride, real scale)
{
    Vector lines[LANES];
    long k = 0;
    for (; k + LANES <= kk; k += LANES) {
        for (long i = 0; i < LANES; i++)
            lines[i] = scale * load(from + i * n_stride + k);
        turn(lines);
        for (long i = 0; i < LANES; i++)
            store(to + (k + i) * wide, lines[i]);
    }
    for (; k < kk; k++)
        for (long i = 0; i < LANES; i++)
            to[k * wide + i] = scale * from[i * n_stride + k];
}

/* A block of a matrix [K, N] into panels, times `scale`: thread `me` of `of` packs its share. */
void pack(real *to, long K, long N, long k0, long n0, long kk, long nn, const real *from,
          long k_stride, long n_stride, real scale, long me, long of)
{
    long panels = (N + PANEL - 1) / PANEL, end_column = least(N, panels * (me + 1) / of * PANEL);
    for (long first = panels * me / of * PANEL, wide; first < end_column; first += wide) {
        wide = width(N, first);
        real *panel = to + first * K;
        long begin = n0 > first ? n0 - first : 0, end = least(n0 + nn - first, wide);
        if (n_stride == 1 && scale == 1) {
            const real *source = from + first + begin - n0;
            for (long k = 0; k < kk; k++) {
                real *row = panel + (k0 + k) * wide + begin;
                const real *same = source + k * k_stride;
                if (end - begin == PANEL)
                    for (int v = 0; v < VECTORS; v++)
                        store(row + v * LANES, load(same + v * LANES));
                else
                    for (long lane = 0; lane < end - begin; lane++)
                        row[lane] = same[lane];
            }
        } else {
            long lane = begin;
            const real *source = from + (first + lane - n0) * n_stride;
            for (; k_stride == 1 && lane + LANES <= end; lane += LANES, source += LANES * n_stride)
                pack_turned(panel + k0 * wide + lane, wide, kk, source, n_stride, scale);
            for (; lane < end; lane++, source += n_stride)
                for (long k = 0; k < kk; k++)
                    panel[(k0 + k) * wide + lane] = scale * source[k * k_stride];
        }
        /* What lies beyond the last column is multiplied, too. */
        for (long lane = N - first; lane < wide; lane++)
            for (long k = 0; k < kk; k++)
                panel[(k0 + k) * wide + lane] = 0;
    }
}

/* Rows in tiles of even height, each column by column. */
static void pack_rows(real *to, long tiles, long M, long K, const real *a, long row, long column)
{
    for (long i = 0; i < tiles; i++) {
        long first = M * i / tiles, end = M * (i + 1) / tiles;
        for (long k = 0; k < K; k++)
            for (long r = first; r < end; r++)
                *to++ = a[r * row + k * column];
    }
}

/* The last columns of a panel that is wider than the result. */
static void ragged(Tile *run, long rows, long wide, long columns, long K, const real *a, long row,
                   long column, const real *b, real *c, long ldc, int adds)
{
    real whole[TILE * VECTORS * VECTOR_BYTES / sizeof(real)];
    for (long r = 0; adds && r < rows; r++)
        for (long n = 0; n < wide; n++)
            whole[r * wide + n] = n < columns ? c[r * ldc + n] : 0;
    run(K, a, row, column, b, whole, wide, adds);
    for (long r = 0; r < rows; r++)
        memcpy(c + r * ldc, whole + r * wide, columns * sizeof(real));
}

/* c [M, N] (+)= a [M, K] @ packed [K, N], where a[r, k] stands at r * row + k * column. */
void product(long M, long N, long K, const real *a, long row, long column, const real *packed,
             real *c, long ldc, int adds, real *room)
{
    /* Read where it stands, but for what would all fall into the same lines of a cache. */
    long distance = column == 1 ? row : column;
    int direct = (row == 1 || column == 1) && distance * sizeof(real) % 4096 != 0;
    for (long m0 = 0; m0 < M; m0 += MOST_ROWS) {
        long rows = least(M - m0, MOST_ROWS), tiles = (rows + TILE - 1) / TILE;
        long depth = ROOM / rows;
        for (long k0 = 0; k0 < K; k0 += depth) {
            long kk = least(K - k0, depth);
            const real *from = a + m0 * row + k0 * column;
            if (!direct)
                pack_rows(room, tiles, rows, kk, from, row, column);
            for (long n = 0, wide; n < N; n += wide) {
                wide = width(N, n);
                long columns = least(N - n, wide);
                const real *b = packed + n * K + k0 * wide;
                for (long i = 0; i < tiles; i++) {
                    long first = rows * i / tiles, high = rows * (i + 1) / tiles - first;
                    Tile *run = TILES[high - 1][wide / LANES];
                    const real *tile = direct ? from + first * row : room + first * kk;
                    long down = direct ? row : 1, across = direct ? column : high;
                    real *to = c + (m0 + first) * ldc + n;
                    int more = adds || k0 > 0;
                    if (columns == wide)
                        run(kk, tile, down, across, b, to, ldc, more);
                    else
                        ragged(run, high, wide, columns, kk, tile, down, across, b, to, ldc, more);
                }
            }
        }
    }
}
