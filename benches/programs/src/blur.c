// Images of bytes: box blur, edges, histogram, scaling; two-dimensional addresses, clamping, integer division.
#include "bench.h"
#define W 400
#define H 300
static uint8_t a[H][W], b[H][W], c[H / 2][W / 2];
static uint32_t histogram[256];
static void blur(void) {
    for (int y = 1; y < H - 1; y++)
        for (int x = 1; x < W - 1; x++) {
            uint32_t sum = 0;
            for (int dy = -1; dy <= 1; dy++)
                for (int dx = -1; dx <= 1; dx++) sum += a[y + dy][x + dx];
            b[y][x] = (uint8_t)(sum / 9);
        }
}
static void edges(void) {
    for (int y = 1; y < H - 1; y++)
        for (int x = 1; x < W - 1; x++) {
            int gx = b[y - 1][x + 1] + 2 * b[y][x + 1] + b[y + 1][x + 1] - b[y - 1][x - 1] - 2 * b[y][x - 1] - b[y + 1][x - 1];
            int gy = b[y + 1][x - 1] + 2 * b[y + 1][x] + b[y + 1][x + 1] - b[y - 1][x - 1] - 2 * b[y - 1][x] - b[y - 1][x + 1];
            int g = (gx < 0 ? -gx : gx) + (gy < 0 ? -gy : gy);
            a[y][x] = (uint8_t)(g > 255 ? 255 : g);
        }
}
static void half(void) {
    for (int y = 0; y < H / 2; y++)
        for (int x = 0; x < W / 2; x++) {
            c[y][x] = (uint8_t)((a[2 * y][2 * x] + a[2 * y][2 * x + 1] + a[2 * y + 1][2 * x] + a[2 * y + 1][2 * x + 1] + 2) >> 2);
            histogram[c[y][x]]++;
        }
}
int main(void) {
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++) a[y][x] = (uint8_t)(((x * x + y * y) >> 6) + (rng() & 15));
    bench_start();
    for (int r = 0; r < 30; r++) {
        blur();
        edges();
        half();
        for (int y = 0; y < H / 2; y++) for (int x = 0; x < W / 2; x++) a[y][x] ^= c[y][x];
    }
    bench_end();
    uint64_t sum = 0;
    for (int i = 0; i < 256; i++) sum = sum * 31 + histogram[i];
    put_u64("blur", sum);
    return 0;
}
