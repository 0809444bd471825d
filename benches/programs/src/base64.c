// Base64 there and back, and copying with an escape: byte loads, table look-ups, byte stores.
#include "bench.h"
#define LEN 300000
static uint8_t data[LEN], back[LEN + 4];
static char text[LEN / 3 * 4 + 8], escaped[LEN * 2];
static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static uint8_t value[256];
static size_t encode(const uint8_t *p, size_t n, char *o) {
    char *start = o;
    for (; n >= 3; n -= 3, p += 3) {
        uint32_t w = (uint32_t)p[0] << 16 | p[1] << 8 | p[2];
        *o++ = digit[w >> 18]; *o++ = digit[(w >> 12) & 63]; *o++ = digit[(w >> 6) & 63]; *o++ = digit[w & 63];
    }
    return (size_t)(o - start);
}
static size_t decode(const char *p, size_t n, uint8_t *o) {
    uint8_t *start = o;
    for (; n >= 4; n -= 4, p += 4) {
        uint8_t a = value[(uint8_t)p[0]], b = value[(uint8_t)p[1]], c = value[(uint8_t)p[2]], d = value[(uint8_t)p[3]];
        if ((a | b | c | d) & 64) return 0;
        *o++ = (uint8_t)(a << 2 | b >> 4); *o++ = (uint8_t)(b << 4 | c >> 2); *o++ = (uint8_t)(c << 6 | d);
    }
    return (size_t)(o - start);
}
static size_t escape(const uint8_t *p, size_t n, char *o) {
    char *start = o;
    while (n--) {
        uint8_t b = *p++;
        if (b == '\\' || b == '"' || b < 32) { *o++ = '\\'; *o++ = (char)(b < 32 ? b + 64 : b); }
        else *o++ = (char)b;
    }
    return (size_t)(o - start);
}
int main(void) {
    memset(value, 64, sizeof value);
    for (int i = 0; i < 64; i++) value[(uint8_t)digit[i]] = (uint8_t)i;
    for (int i = 0; i < LEN; i++) data[i] = (uint8_t)(rng() >> 32);
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 24; r++) {
        size_t n = encode(data, LEN, text), m = decode(text, n, back), e = escape(data, LEN, escaped);
        if (m != LEN || memcmp(data, back, LEN)) return 1;
        sum = sum * 31 + e + (uint8_t)text[n / 2] + (uint8_t)escaped[e / 2];
        data[r * 997] ^= (uint8_t)r;
    }
    bench_end();
    put_u64("base64", sum);
    return 0;
}
