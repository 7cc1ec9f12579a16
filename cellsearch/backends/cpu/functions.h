/* What kernels call unit by unit, written so that a compiler makes vectors of them: no branch, no
 * table. Polynomials and splits as in the Cephes library (Moshier 1989). Errors, in units of the
 * last place, over the whole range: tests/backends/test_functions.py. */
#include <math.h>
#include <stdint.h>

#ifdef DOUBLE
typedef double real;
typedef int64_t bits;
#define MANTISSA 52
#define BIAS 1023
#define ROUNDER 6755399441055744.0
#define LARGEST 709.9
#define SMALLEST -745.2
#define CUT 708.0
#define LN2_HIGH 6.93145751953125e-1
#define LN2_LOW 1.42860682030941723212e-6
#define r_abs fabs
#define r_sign copysign
#else
typedef float real;
typedef int32_t bits;
#define MANTISSA 23
#define BIAS 127
#define ROUNDER 12582912.0f
#define LARGEST 89.0f
#define SMALLEST -104.0f
#define CUT 87.0f
#define LN2_HIGH 0.693359375f
#define LN2_LOW -2.12194440e-4f
#define r_abs fabsf
#define r_sign copysignf
#endif

#define R(x) ((real)(x))
#define INLINE static inline __attribute__((always_inline))

typedef union { real r; bits b; } Word;

/* Bars for single bits, since the others are branches. NaN on either side is the result. */
INLINE real r_min(real a, real b) { return (b < a) | (b != b) ? b : a; }
INLINE real r_max(real a, real b) { return (b > a) | (b != b) ? b : a; }
INLINE real r_select(real a, real b, real x, real y) { return a > b ? x : y; }

/* 2^n for whole n, by its bits. */
INLINE real power_of_two(bits n) { Word w; w.b = (n + BIAS) << MANTISSA; return w.r; }

/* x = n ln 2 + f with n whole and |f| at most half of ln 2. */
INLINE bits whole_part(real x, real *f)
{
    Word k, zero;
    zero.r = R(ROUNDER);
    k.r = x * R(1.44269504088896341) + zero.r;
    real n = k.r - zero.r;
    *f = x - n * R(LN2_HIGH) - n * R(LN2_LOW);
    return k.b - zero.b;
}

/* exp(f) - 1 for |f| at most half of ln 2. */
INLINE real near_expm1(real f)
{
    real z = f * f;
#ifdef DOUBLE
    real p = f * ((1.26177193074810590878e-4 * z + 3.02994407707441961300e-2) * z
                  + 9.99999999999999999910e-1);
    real q = ((3.00198505138664455042e-6 * z + 2.52448340349684104192e-3) * z
              + 2.27265548208155028766e-1) * z + 2.0;
    return 2.0 * (p / (q - p));
#else
    real e = ((((1.9875691500e-4f * f + 1.3981999507e-3f) * f + 8.3334519073e-3f) * f
               + 4.1665795894e-2f) * f + 1.6666665459e-1f) * f + 5.0000001201e-1f;
    return e * z + f;
#endif
}

/* A comparison with NaN is false, so that NaN goes through. */
INLINE real clamp(real a, real low, real high)
{
    real x = a > high ? high : a;
    return x < low ? low : x;
}

INLINE real r_exp(real a)
{
    real f;
    bits n = whole_part(clamp(a, R(SMALLEST), R(LARGEST)), &f);
    /* In two steps, so that neither the largest nor the least numbers are cut off. */
    bits half = n >> 1;
    return (near_expm1(f) + R(1)) * power_of_two(half) * power_of_two(n - half);
}

/* exp(a) - 1, where a large one may be cut off. */
INLINE real cut_expm1(real a)
{
    real f;
    real scale = power_of_two(whole_part(clamp(a, R(-CUT), R(CUT)), &f));
    return scale * near_expm1(f) + (scale - R(1));
}

INLINE real r_sigmoid(real a)
{
    real f;
    real scale = power_of_two(whole_part(clamp(-a, R(-CUT), R(CUT)), &f));
    return R(1) / (R(1) + (scale + scale * near_expm1(f)));
}

/* With e = exp(2 |a|) - 1, e / (e + 2), or 1 - 2 / (e + 2) where that is above a half: what is
 * missing to 1 is then as exact as 1 itself, which a gradient 1 - tanh^2 needs. */
INLINE real r_tanh(real a)
{
    real f, size = r_abs(a);
    /* Beyond 20 it is 1 to the last place. */
    real scale = power_of_two(whole_part(R(2) * (size > R(20) ? R(20) : size), &f));
    real e = scale * near_expm1(f) + (scale - R(1));
    real part = (e > R(2) ? R(2) : e) / (e + R(2));
    return r_sign(e > R(2) ? R(1) - part : part, a);
}

INLINE real r_expm1(real a)
{
    return a < R(CUT) ? cut_expm1(a) : r_exp(a);
}

#ifdef DOUBLE
INLINE real r_sqrt(real a) { return sqrt(a); }
INLINE real r_log(real a) { return log(a); }
INLINE real r_log1p(real a) { return log1p(a); }
INLINE real r_sin(real a) { return sin(a); }
INLINE real r_cos(real a) { return cos(a); }
INLINE real r_erf(real a) { return erf(a); }
#else
INLINE real r_sqrt(real a) { return sqrtf(a); }
INLINE real r_log(real a)
{
    /* a = m * 2^n with m in [sqrt(1/2), sqrt(2)); numbers below the normal ones are scaled up. */
    real scaled = a < 1.17549435e-38f ? a * 16777216.0f : a;
    real less = a < 1.17549435e-38f ? 24.0f : 0.0f;
    Word w; w.r = scaled;
    bits n = ((w.b >> MANTISSA) & 255) - 126;
    w.b = (w.b & 0x007fffff) | 0x3f000000;
    real m = w.r;
    real low = m < 0.707106781186547524f ? 1.0f : 0.0f;
    real x = m + low * m - 1.0f;
    real e = (real)n - low - less;
    real z = x * x;
    real y = ((((((((7.0376836292e-2f * x - 1.1514610310e-1f) * x + 1.1676998740e-1f) * x
                   - 1.2420140846e-1f) * x + 1.4249322787e-1f) * x - 1.6668057665e-1f) * x
                + 2.0000714765e-1f) * x - 2.4999993993e-1f) * x + 3.3333331174e-1f) * x * z;
    y = y + e * R(LN2_LOW) - 0.5f * z;
    real out = x + y + e * R(LN2_HIGH);
    out = a > 3.4028234e38f ? a : out;
    out = a == 0 ? -INFINITY : out;
    return a >= 0 ? out : NAN;
}
INLINE real r_log1p(real a)
{
    real u = 1.0f + a;
    /* What was lost in u; no more than the largest number, so that it is none of infinity. */
    real v = clamp(u, R(0), 3.4028234e38f);
    return r_log(u) + (a - (v - 1.0f)) / v;
}
INLINE real r_sin(real a) { return sinf(a); }
INLINE real r_cos(real a) { return cosf(a); }
INLINE real r_erf(real a) { return erff(a); }
#endif
