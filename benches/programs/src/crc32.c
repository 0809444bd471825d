// CRC-32 byte by byte from a table, and four bytes at a time from four tables.
#include "bench.h"
#define LEN 1000000
static uint8_t data[LEN];
static uint32_t t[4][256];
static uint32_t bytewise(const uint8_t *p, size_t n, uint32_t c) {
    while (n--) c = t[0][(c ^ *p++) & 255] ^ (c >> 8);
    return c;
}
static uint32_t sliced(const uint8_t *p, size_t n, uint32_t c) {
    for (; n >= 4; n -= 4, p += 4) {
        uint32_t w;
        memcpy(&w, p, 4);
        c ^= w;
        c = t[3][c & 255] ^ t[2][(c >> 8) & 255] ^ t[1][(c >> 16) & 255] ^ t[0][c >> 24];
    }
    return bytewise(p, n, c);
}
int main(void) {
    for (int i = 0; i < LEN; i++) data[i] = (uint8_t)(rng() >> 24);
    bench_start();
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t c = i;
        for (int k = 0; k < 8; k++) c = (c >> 1) ^ (0xedb88320u & -(c & 1));
        t[0][i] = c;
    }
    for (int k = 1; k < 4; k++)
        for (int i = 0; i < 256; i++) t[k][i] = (t[k - 1][i] >> 8) ^ t[0][t[k - 1][i] & 255];
    uint64_t sum = 0;
    for (uint32_t r = 0; r < 8; r++) {
        uint32_t a = ~bytewise(data + r, LEN - r, ~r), b = ~sliced(data + r, LEN - r, ~r);
        if (a != b) return 1;
        sum = sum * 31 + a;
    }
    bench_end();
    put_u64("crc32", sum);
    return 0;
}
