// Parse JSON into a tree in an arena, walk the tree, write it back.
#include "bench.h"
#define CAP 600000
enum { NUL, BOOL, NUM, STR, ARR, OBJ };
typedef struct node { uint8_t kind; uint32_t len; const char *s; double num; struct node *key, *first, *next; } node;
static char text[CAP], back[CAP + 4096];
static node arena[200000];
static uint32_t used;
static size_t n;
static void put(const char *s) { while (*s) text[n++] = *s++; }
static void put_num(uint32_t v) { char b[12]; int k = 0; do b[k++] = (char)('0' + v % 10); while (v /= 10); while (k) text[n++] = b[--k]; }
static void make(int depth) {
    uint64_t r = rng();
    switch (depth == 0 ? 4 + (r & 1) : depth > 5 ? r % 4 : r % 7) {
    case 0: put(r & 256 ? "true" : r & 512 ? "false" : "null"); break;
    case 1: put_num((uint32_t)(r >> 40)); if (r & 256) { put("."); put_num((uint32_t)(r >> 52)); } break;
    case 2: case 3: put("\"caf\\u00e9 "); put_num((uint32_t)(r >> 44)); put(r & 256 ? "\\n and more\"" : " plain\""); break;
    case 4: case 6: put("["); for (int i = 0, m = 2 + (r >> 20) % 5; i < m; i++) { if (i) put(", "); make(depth + 1); } put("]"); break;
    default: put("{"); for (int i = 0, m = 1 + (r >> 20) % 5; i < m; i++) { if (i) put(",\n  "); put("\"key"); put_num((uint32_t)(r >> 48) + i); put("\": "); make(depth + 1); } put("}");
    }
}
static const char *p;
static void space(void) { while (*p == ' ' || *p == '\n' || *p == '\t' || *p == '\r') p++; }
static node *fresh(uint8_t kind) { node *x = &arena[used++]; memset(x, 0, sizeof *x); x->kind = kind; return x; }
static node *string(void) {
    node *x = fresh(STR);
    x->s = ++p;
    while (*p != '"') p += *p == '\\' ? 2 : 1;
    x->len = (uint32_t)(p++ - x->s);
    return x;
}
static node *value(void) {
    space();
    switch (*p) {
    case '"': return string();
    case 't': p += 4; { node *x = fresh(BOOL); x->num = 1; return x; }
    case 'f': p += 5; return fresh(BOOL);
    case 'n': p += 4; return fresh(NUL);
    case '[': case '{': {
        char end = *p == '[' ? ']' : '}';
        node *x = fresh(*p == '[' ? ARR : OBJ), **tail = &x->first;
        p++;
        for (;;) {
            node *key = 0;
            space();
            if (*p == end) break;
            if (*p == ',') { p++; space(); }
            if (end == '}') { key = string(); space(); p++; }
            node *y = value();
            y->key = key;
            *tail = y;
            tail = &y->next;
            x->len++;
        }
        p++;
        return x;
    }
    default: {
        node *x = fresh(NUM);
        double v = 0, scale = 1;
        while (*p >= '0' && *p <= '9') v = v * 10 + (*p++ - '0');
        if (*p == '.') for (p++; *p >= '0' && *p <= '9'; p++) v += (*p - '0') * (scale *= 0.1);
        x->num = v;
        return x;
    }
    }
}
static uint64_t hash = 14695981039346656037ull;
static char *o;
static void write_out(const node *x) {
    if (x->key) { *o++ = '"'; memcpy(o, x->key->s, x->key->len); o += x->key->len; *o++ = '"'; *o++ = ':'; }
    switch (x->kind) {
    case STR: *o++ = '"'; memcpy(o, x->s, x->len); o += x->len; *o++ = '"'; break;
    case NUM: { uint32_t v = (uint32_t)x->num; do *o++ = (char)('0' + v % 10); while (v /= 10); hash = (hash ^ (uint64_t)(x->num * 4096)) * 1099511628211ull; break; }
    case ARR: case OBJ:
        *o++ = x->kind == ARR ? '[' : '{';
        for (const node *y = x->first; y; y = y->next) { write_out(y); *o++ = ','; }
        o[-1] = x->kind == ARR ? ']' : '}';
        break;
    default: *o++ = x->num ? 't' : 'f';
    }
}
int main(void) {
    put("[");
    for (int i = 0; n < CAP - 60000; i++) { if (i) put(","); make(0); }
    put("]");
    text[n] = 0;
    bench_start();
    for (int r = 0; r < 14; r++) {
        used = 0;
        p = text;
        o = back;
        write_out(value());
        for (const char *q = back; q < o; q += 64) hash = (hash ^ (uint8_t)*q) * 1099511628211ull;
    }
    bench_end();
    put_u64("json", hash ^ used);
    return 0;
}
