// A ray tracer: small structs of f64 by value and by pointer, recursion for reflections, square roots.
#include "bench.h"
#include <math.h>
typedef struct { double x, y, z; } vec;
typedef struct { vec center; double radius, shine; vec color; } sphere;
static vec add(vec a, vec b) { return (vec){a.x + b.x, a.y + b.y, a.z + b.z}; }
static vec sub(vec a, vec b) { return (vec){a.x - b.x, a.y - b.y, a.z - b.z}; }
static vec mul(vec a, double k) { return (vec){a.x * k, a.y * k, a.z * k}; }
static double dot(vec a, vec b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
static vec unit(vec a) { return mul(a, 1 / sqrt(dot(a, a))); }
#define COUNT 12
static sphere scene[COUNT];
static const sphere *nearest(const vec *from, const vec *dir, double *t) {
    const sphere *best = 0;
    for (int i = 0; i < COUNT; i++) {
        const sphere *s = &scene[i];
        vec to = sub(s->center, *from);
        double b = dot(to, *dir), d = b * b - dot(to, to) + s->radius * s->radius;
        if (d < 0) continue;
        double r = sqrt(d), near = b - r > 1e-6 ? b - r : b + r;
        if (near > 1e-6 && near < *t) { *t = near; best = s; }
    }
    return best;
}
__attribute__((noinline)) static vec trace(vec from, vec dir, int depth) {
    double t = 1e9;
    const sphere *s = nearest(&from, &dir, &t);
    if (!s) return (vec){0.2 + 0.3 * dir.y, 0.3 + 0.3 * dir.y, 0.5};
    vec at = add(from, mul(dir, t)), normal = unit(sub(at, s->center)), light = unit((vec){-1, 2, -1.5});
    double shadow = 1e9, lit = dot(normal, light);
    if (lit < 0 || nearest(&at, &light, &shadow)) lit = 0;
    vec color = mul(s->color, 0.15 + 0.85 * lit);
    if (depth > 0 && s->shine > 0) {
        vec mirrored = trace(at, sub(dir, mul(normal, 2 * dot(dir, normal))), depth - 1);
        color = add(mul(color, 1 - s->shine), mul(mirrored, s->shine));
    }
    return color;
}
int main(void) {
    for (int i = 0; i < COUNT; i++) {
        double a = i * 0.7;
        scene[i] = (sphere){{2.2 * (i % 4) - 3.3, 1.8 * (i / 4) - 1.6, 6 + (i * 5) % 7 * 0.5}, 0.6 + 0.1 * (i % 3), i % 3 ? 0.3 : 0, {0.3 + 0.05 * i, 0.9 - 0.05 * i, a / 9}};
    }
    bench_start();
    uint64_t sum = 0;
    for (int y = 0; y < 440; y++)
        for (int x = 0; x < 600; x++) {
            vec c = trace((vec){0, 0, -4}, unit((vec){(x - 300) / 300.0, (220 - y) / 300.0, 1.5}), 4);
            sum = sum * 31 + (uint64_t)(c.x * 255) + ((uint64_t)(c.y * 255) << 8) + ((uint64_t)(c.z * 255) << 16);
        }
    bench_end();
    put_u64("rays", sum);
    return 0;
}
