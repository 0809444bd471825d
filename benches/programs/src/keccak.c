// Keccak-f[1600] and xorshift: 64-bit logic, rotates, multiplications.
#include "bench.h"
static uint64_t s[25];
static inline uint64_t rotl(uint64_t x, int k) { return k ? x << k | x >> (64 - k) : x; }
static void keccak(void) {
    static const uint8_t turn[24] = {1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44};
    static const uint8_t lane[24] = {10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1};
    uint8_t lfsr = 1;
    for (int round = 0; round < 24; round++) {
        uint64_t c[5], t = s[1];
        for (int x = 0; x < 5; x++) c[x] = s[x] ^ s[x + 5] ^ s[x + 10] ^ s[x + 15] ^ s[x + 20];
        for (int x = 0; x < 5; x++) {
            uint64_t d = c[(x + 4) % 5] ^ rotl(c[(x + 1) % 5], 1);
            for (int y = 0; y < 25; y += 5) s[y + x] ^= d;
        }
        t = s[1];
        for (int i = 0; i < 24; i++) { uint64_t u = s[lane[i]]; s[lane[i]] = rotl(t, turn[i]); t = u; }
        for (int y = 0; y < 25; y += 5) {
            for (int x = 0; x < 5; x++) c[x] = s[y + x];
            for (int x = 0; x < 5; x++) s[y + x] = c[x] ^ (~c[(x + 1) % 5] & c[(x + 2) % 5]);
        }
        for (int j = 0; j < 7; j++) {
            if (lfsr & 1) s[0] ^= 1ull << ((1 << j) - 1);
            lfsr = (uint8_t)(lfsr << 1 ^ (lfsr >> 7) * 0x71);
        }
    }
}
int main(void) {
    bench_start();
    for (int i = 0; i < 15000; i++) { s[i % 17] ^= (uint64_t)i; keccak(); }
    uint64_t a = s[0], b = s[24], sum = 0;
    for (int i = 0; i < 2000000; i++) {
        uint64_t t = a;
        a = b;
        t ^= t << 23;
        b = t ^ a ^ (t >> 17) ^ (a >> 26);
        sum += (a + b) * 0x9e3779b97f4a7c15ull >> 11;
    }
    bench_end();
    put_u64("keccak", sum);
    return 0;
}
