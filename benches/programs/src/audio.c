// f32 kernels: a chain of biquad filters, a finite response, an envelope with a soft clip, a radix-2 transform.
#include "bench.h"
#define N 4096
static float in[N], out[N], re[N], im[N], wr[N / 2], wi[N / 2];
typedef struct { float b0, b1, b2, a1, a2, z1, z2; } biquad;
static void filter(biquad *f, const float *x, float *y) {
    float z1 = f->z1, z2 = f->z2;
    for (int i = 0; i < N; i++) {
        float v = x[i], o = f->b0 * v + z1;
        z1 = f->b1 * v - f->a1 * o + z2;
        z2 = f->b2 * v - f->a2 * o;
        y[i] = o;
    }
    f->z1 = z1; f->z2 = z2;
}
static void fir(const float *x, float *y, const float *h, int taps) {
    for (int i = 0; i + taps <= N; i++) {
        float sum = 0;
        for (int k = 0; k < taps; k++) sum += x[i + k] * h[k];
        y[i] = sum;
    }
}
static void clip(float *x) {
    float level = 0;
    for (int i = 0; i < N; i++) {
        float v = x[i], m = v < 0 ? -v : v;
        level = m > level ? m : level * 0.999f;
        v = v / (1.0f + level);
        x[i] = v > 0.9f ? 0.9f : v < -0.9f ? -0.9f : v;
    }
}
static void transform(void) {
    for (int i = 0, j = 0; i < N; i++) {
        re[j] = out[i]; im[j] = 0;
        int m = N / 2;
        while (m && (j & m)) { j ^= m; m >>= 1; }
        j |= m;
    }
    for (int half = 1; half < N; half *= 2)
        for (int i = 0; i < N; i += 2 * half)
            for (int k = 0; k < half; k++) {
                float c = wr[k * (N / 2 / half)], s = wi[k * (N / 2 / half)];
                float xr = re[i + k + half] * c - im[i + k + half] * s, xi = re[i + k + half] * s + im[i + k + half] * c;
                re[i + k + half] = re[i + k] - xr; im[i + k + half] = im[i + k] - xi;
                re[i + k] += xr; im[i + k] += xi;
            }
}
int main(void) {
    // Roots of unity by repeated rotation: no library, the same on every host.
    double c = 1, s = 0, dc = 0.99999882345170188, ds = -0.0015339801862847655;
    for (int i = 0; i < N / 2; i++) { wr[i] = (float)c; wi[i] = (float)s; double t = c * dc - s * ds; s = c * ds + s * dc; c = t; }
    biquad chain[3] = {{0.2f, 0.4f, 0.2f, -0.5f, 0.3f, 0, 0}, {0.9f, -1.6f, 0.9f, -1.5f, 0.8f, 0, 0}, {0.1f, 0.0f, -0.1f, -1.7f, 0.8f, 0, 0}};
    float h[24];
    for (int i = 0; i < 24; i++) h[i] = (float)((i * 7) % 11 - 5) / 40;
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 70; r++) {
        for (int i = 0; i < N; i++) in[i] = (float)(int32_t)(rng() >> 32) * 4.6566e-10f;
        for (int k = 0; k < 3; k++) filter(&chain[k], k ? out : in, out);
        fir(out, in, h, 24);
        clip(in);
        for (int i = 0; i < N; i++) out[i] = out[i] * 0.5f + in[i];
        transform();
        for (int i = 0; i < N; i += 61) { uint32_t bits; memcpy(&bits, &re[i], 4); sum = sum * 31 + bits; }
    }
    bench_end();
    put_u64("audio", sum);
    return 0;
}
