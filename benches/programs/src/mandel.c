// The Mandelbrot set: f64 in a tight loop with a data-dependent exit.
#include "bench.h"
#define W 320
#define H 240
int main(void) {
    bench_start();
    uint64_t sum = 0;
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) {
            double cr = -2.0 + 2.7 * x / W, ci = -1.2 + 2.4 * y / H, zr = 0, zi = 0;
            int k = 0;
            for (; k < 400; k++) {
                double r2 = zr * zr, i2 = zi * zi;
                if (r2 + i2 > 4.0) break;
                zi = 2.0 * zr * zi + ci;
                zr = r2 - i2 + cr;
            }
            sum = sum * 31 + (uint64_t)k;
        }
    bench_end();
    put_u64("mandel", sum);
    return 0;
}
