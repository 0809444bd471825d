// The queens problem twice: bit sets in registers, and a board in memory; recursion with little work a call.
#include "bench.h"
static uint64_t bits(uint32_t all, uint32_t columns, uint32_t left, uint32_t right) {
    if (columns == all) return 1;
    uint64_t n = 0;
    for (uint32_t free = all & ~(columns | left | right); free; free &= free - 1) {
        uint32_t b = free & -free;
        n += bits(all, columns | b, (left | b) << 1, (right | b) >> 1);
    }
    return n;
}
static int8_t row[16];
static int fits(int k, int c) {
    for (int i = 0; i < k; i++)
        if (row[i] == c || row[i] - c == i - k || row[i] - c == k - i) return 0;
    return 1;
}
static uint64_t board(int n, int k) {
    if (k == n) return 1;
    uint64_t found = 0;
    for (int c = 0; c < n; c++)
        if (fits(k, c)) { row[k] = (int8_t)c; found += board(n, k + 1); }
    return found;
}
int main(void) {
    bench_start();
    uint64_t a = bits((1u << 13) - 1, 0, 0, 0), b = board(10, 0);
    bench_end();
    put_u64("queens", a * 100000 + b);
    return a == 73712 && b == 724 ? 0 : 1;
}
