// Quicksort of integers with insertion sort below 16, then of records through a comparison function (heapsort of indices).
#include "bench.h"
#define N 200000
static int32_t a[N];
static uint32_t order[N];
static void quicksort(int32_t *v, int lo, int hi) {
    while (hi - lo > 16) {
        int mid = lo + (hi - lo) / 2;
        int32_t x = v[lo], y = v[mid], z = v[hi], p = x < y ? (y < z ? y : x < z ? z : x) : (x < z ? x : y < z ? z : y);
        int i = lo, j = hi;
        while (i <= j) {
            while (v[i] < p) i++;
            while (v[j] > p) j--;
            if (i <= j) { int32_t t = v[i]; v[i++] = v[j]; v[j--] = t; }
        }
        if (j - lo < hi - i) { quicksort(v, lo, j); lo = i; } else { quicksort(v, i, hi); hi = j; }
    }
    for (int i = lo + 1; i <= hi; i++) {
        int32_t x = v[i];
        int j = i;
        for (; j > lo && v[j - 1] > x; j--) v[j] = v[j - 1];
        v[j] = x;
    }
}
static void sift(uint32_t *h, uint32_t i, uint32_t n) {
    uint32_t x = h[i];
    for (uint32_t c; (c = 2 * i + 1) < n; i = c) {
        if (c + 1 < n && a[h[c]] < a[h[c + 1]]) c++;
        if (a[x] >= a[h[c]]) break;
        h[i] = h[c];
    }
    h[i] = x;
}
int main(void) {
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 3; r++) {
        for (int i = 0; i < N; i++) { a[i] = (int32_t)(rng() >> 30); order[i] = (uint32_t)i; }
        if (r == 0) {
            for (uint32_t i = N / 2; i-- > 0;) sift(order, i, N);
            for (uint32_t n = N; n-- > 1;) { uint32_t t = order[0]; order[0] = order[n]; order[n] = t; sift(order, 0, n); }
            for (int i = 0; i < N; i += 97) sum = sum * 31 + order[i];
        }
        quicksort(a, 0, N - 1);
        for (int i = 1; i < N; i++) if (a[i - 1] > a[i]) return 1;
        for (int i = 0; i < N; i += 97) sum = sum * 31 + (uint32_t)a[i];
    }
    bench_end();
    put_u64("quicksort", sum);
    return 0;
}
