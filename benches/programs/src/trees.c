// A sorted tree (treap) built with malloc, searched and taken apart: pointers, allocation, unpredictable branches.
#include "bench.h"
typedef struct tree { struct tree *left, *right; uint32_t key, weight; } tree;
static tree *insert(tree *t, uint32_t key) {
    if (!t) {
        tree *x = malloc(sizeof *x);
        *x = (tree){0, 0, key, (uint32_t)rng()};
        return x;
    }
    if (key == t->key) return t;
    if (key < t->key) {
        t->left = insert(t->left, key);
        if (t->left->weight > t->weight) { tree *l = t->left; t->left = l->right; l->right = t; return l; }
    } else {
        t->right = insert(t->right, key);
        if (t->right->weight > t->weight) { tree *r = t->right; t->right = r->left; r->left = t; return r; }
    }
    return t;
}
static int has(const tree *t, uint32_t key) {
    while (t && t->key != key) t = key < t->key ? t->left : t->right;
    return t != 0;
}
static uint64_t fold(tree *t, uint64_t sum) {
    if (!t) return sum;
    sum = fold(t->left, sum) * 31 + t->key;
    sum = fold(t->right, sum);
    free(t);
    return sum;
}
int main(void) {
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 6; r++) {
        tree *t = 0;
        for (int i = 0; i < 16000; i++) t = insert(t, (uint32_t)(rng() >> 20) % 40000);
        for (uint32_t k = 0; k < 40000; k++) sum += (uint64_t)has(t, k * 7 % 40000);
        sum = fold(t, sum);
    }
    bench_end();
    put_u64("trees", sum);
    return 0;
}
