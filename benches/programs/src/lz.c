// LZ77 with hash chains, there and back: matching, copying with overlap, variable-length numbers.
#include "bench.h"
#define LEN 300000
static uint8_t text[LEN], packed[LEN * 2], back[LEN + 300];
static int32_t head[1 << 14], prev[LEN];
static uint8_t *number(uint8_t *o, uint32_t v) { while (v > 127) { *o++ = (uint8_t)(v | 128); v >>= 7; } *o++ = (uint8_t)v; return o; }
static size_t pack(const uint8_t *p, int n, uint8_t *o) {
    uint8_t *start = o;
    memset(head, 255, sizeof head);
    int pending = 0, i = 0;
    while (i < n) {
        int best = 3, from = 0;
        if (i + 4 <= n) {
            uint32_t w;
            memcpy(&w, p + i, 4);
            uint32_t h = (w * 2654435761u) >> 18;
            for (int c = head[h], depth = 8; c >= 0 && depth > 0; c = prev[c], depth--) {
                int k = 0;
                while (i + k < n && k < 258 && p[c + k] == p[i + k]) k++;
                if (k > best) { best = k; from = i - c; }
            }
            prev[i] = head[h];
            head[h] = i;
        }
        if (!from) { pending++; i++; continue; }
        o = number(o, (uint32_t)pending);
        memcpy(o, p + i - pending, (size_t)pending);
        o = number(o + pending, (uint32_t)best);
        o = number(o, (uint32_t)from);
        pending = 0;
        i += best;
    }
    o = number(o, (uint32_t)pending);
    memcpy(o, p + n - pending, (size_t)pending);
    return (size_t)(o + pending - start);
}
static const uint8_t *take(const uint8_t *p, uint32_t *v) {
    uint32_t shift = 0;
    *v = 0;
    do { *v |= (uint32_t)(*p & 127) << shift; shift += 7; } while (*p++ & 128);
    return p;
}
static size_t unpack(const uint8_t *p, const uint8_t *end, uint8_t *o) {
    uint8_t *start = o;
    for (;;) {
        uint32_t k, from;
        p = take(p, &k);
        memcpy(o, p, k);
        o += k;
        if ((p += k) >= end) return (size_t)(o - start);
        p = take(p, &k);
        p = take(p, &from);
        for (; k; k--, o++) *o = o[-(int)from];
    }
}
int main(void) {
    make_text((char *)text, LEN);
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 2; r++) {
        size_t n = pack(text, LEN, packed), m = unpack(packed, packed + n, back);
        if (m != LEN || memcmp(text, back, LEN)) return 1;
        sum = sum * 31 + n + packed[n / 2];
        text[r] ^= 1;
    }
    for (int r = 0; r < 8; r++) { size_t n = pack(text, 20000, packed); for (int k = 0; k < 6; k++) sum += unpack(packed, packed + n, back); }
    bench_end();
    put_u64("lz", sum);
    return 0;
}
