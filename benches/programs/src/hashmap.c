// A map from 64-bit keys to 32-bit values with open addressing that grows: insert, look up, remove.
#include "bench.h"
typedef struct { uint64_t key; uint32_t value, state; } entry;
typedef struct { entry *e; uint32_t mask, live, filled; } map;
enum { EMPTY, FULL, GONE };
static uint32_t place(uint64_t k) { k ^= k >> 33; k *= 0xff51afd7ed558ccdull; k ^= k >> 33; return (uint32_t)k; }
static entry *find(map *m, uint64_t key) {
    for (uint32_t i = place(key);; i++) {
        entry *e = &m->e[i & m->mask];
        if (e->state == EMPTY) return 0;
        if (e->state == FULL && e->key == key) return e;
    }
}
static void insert(map *m, uint64_t key, uint32_t value);
static void grow(map *m) {
    map old = *m;
    m->mask = m->live * 4 > m->mask ? m->mask * 2 + 1 : m->mask;
    m->e = calloc(m->mask + 1, sizeof(entry));
    m->live = m->filled = 0;
    for (uint32_t i = 0; i <= old.mask; i++) if (old.e[i].state == FULL) insert(m, old.e[i].key, old.e[i].value);
    free(old.e);
}
static void insert(map *m, uint64_t key, uint32_t value) {
    if (m->filled * 4 >= (m->mask + 1) * 3) grow(m);
    for (uint32_t i = place(key);; i++) {
        entry *e = &m->e[i & m->mask];
        if (e->state == FULL && e->key != key) continue;
        if (e->state == GONE) continue;
        if (e->state == EMPTY) { m->live++; m->filled++; }
        e->key = key; e->value = value; e->state = FULL;
        return;
    }
}
int main(void) {
    bench_start();
    uint64_t sum = 0;
    map m = {calloc(16, sizeof(entry)), 15, 0, 0};
    for (uint32_t i = 0; i < 700000; i++) {
        uint64_t r = rng(), key = (r >> 20) % 20000;
        entry *e = find(&m, key);
        if (e) sum += e->value;
        if ((r & 7) < 5) insert(&m, key, i);
        else if (e) { e->state = GONE; m.live--; }
    }
    sum = sum * 31 + m.live;
    for (uint64_t k = 0; k < 20000; k++) { entry *e = find(&m, k); if (e) sum = sum * 31 + e->value; }
    bench_end();
    put_u64("hashmap", sum);
    return 0;
}
