// Substring search three ways (naive, Horspool, Knuth-Morris-Pratt), and a backtracking wildcard match on every line.
#include "bench.h"
#define LEN 400000
static char text[LEN + 1];
static uint32_t naive(const char *t, uint32_t n, const char *w, uint32_t m) {
    uint32_t found = 0;
    for (uint32_t i = 0; i + m <= n; i++) {
        uint32_t k = 0;
        while (k < m && t[i + k] == w[k]) k++;
        found += k == m;
    }
    return found;
}
static uint32_t horspool(const char *t, uint32_t n, const char *w, uint32_t m) {
    uint32_t skip[256], found = 0;
    for (int i = 0; i < 256; i++) skip[i] = m;
    for (uint32_t i = 0; i + 1 < m; i++) skip[(uint8_t)w[i]] = m - 1 - i;
    for (uint32_t i = 0; i + m <= n; i += skip[(uint8_t)t[i + m - 1]]) {
        uint32_t k = m;
        while (k > 0 && t[i + k - 1] == w[k - 1]) k--;
        found += k == 0;
    }
    return found;
}
static uint32_t kmp(const char *t, uint32_t n, const char *w, uint32_t m) {
    uint32_t fail[32], k = 0, found = 0;
    fail[0] = 0;
    for (uint32_t i = 1; i < m; i++) {
        while (k && w[i] != w[k]) k = fail[k - 1];
        fail[i] = k += w[i] == w[k];
    }
    k = 0;
    for (uint32_t i = 0; i < n; i++) {
        while (k && t[i] != w[k]) k = fail[k - 1];
        k += t[i] == w[k];
        if (k == m) { found++; k = fail[k - 1]; }
    }
    return found;
}
static int wild(const char *t, const char *end, const char *w) {
    for (; *w; w++, t++) {
        if (*w == '*') {
            for (; t <= end; t++) if (wild(t, end, w + 1)) return 1;
            return 0;
        }
        if (t == end || (*w != '?' && *w != *t)) return 0;
    }
    return 1;
}
int main(void) {
    static const char *words[] = {"bytecode", "the the", "register loop", "function", "e", "operand was"};
    static const char *patterns[] = {"*stack*frame", "*of?the*call*", "*v?lue *9"};
    uint32_t n = (uint32_t)make_text(text, LEN);
    bench_start();
    uint64_t sum = 0;
    for (int i = 0; i < 6; i++) {
        uint32_t m = (uint32_t)strlen(words[i]), a = naive(text, n, words[i], m);
        if (a != horspool(text, n, words[i], m) || a != kmp(text, n, words[i], m)) return 1;
        sum = sum * 31 + a;
    }
    for (int i = 0; i < 3; i++)
        for (uint32_t s = 0, e; s < n; s = e + 1) {
            for (e = s; e < n && text[e] != '\n';) e++;
            sum += (uint64_t)wild(text + s, text + e, patterns[i]) << (8 * i);
        }
    bench_end();
    put_u64("search", sum);
    return 0;
}
