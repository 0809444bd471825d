// A lexer for a language like C: one big switch over characters, keywords by perfect hash, nested states.
#include "bench.h"
#define LEN 500000
static char text[LEN + 64];
enum { IDENT, KEYWORD, NUMBER, STRING, COMMENT, OPERATOR, SPACE, NEWLINE, OTHER, KINDS };
static const char *keywords[] = {"if", "else", "while", "for", "return", "int", "char", "struct", "switch", "case", "break", "static"};
static uint32_t count[KINDS];
static size_t n;
static void put(const char *s) { while (*s && n < LEN) text[n++] = *s++; }
static void make(void) {
    static const char *bits[] = {"int ", "x1 = ", "while (", "return ", "/* a note * here */", "\"str\\\"ing\"", "0x1fe", "3.14e-2", "<<= ", "a->b ", "// to the end\n", "struct ", "foo_bar", "+", "++", " == ", "{\n\t", "}\n", "'\\n'", "42u;\n"};
    while (n < LEN) put(bits[(rng() >> 33) % 20]);
    text[LEN] = 0;
}
static int keyword(const char *s, uint32_t len) {
    for (int i = 0; i < 12; i++)
        if (keywords[i][0] == s[0] && strlen(keywords[i]) == len && !memcmp(keywords[i], s, len)) return 1;
    return 0;
}
static const char *token(const char *p, int *kind) {
    const char *start = p;
    switch (*p++) {
    case ' ': case '\t': case '\r': while (*p == ' ' || *p == '\t') p++; *kind = SPACE; return p;
    case '\n': *kind = NEWLINE; return p;
    case 'a': case 'b': case 'c': case 'd': case 'e': case 'f': case 'g': case 'h': case 'i': case 'j': case 'k': case 'l': case 'm':
    case 'n': case 'o': case 'p': case 'q': case 'r': case 's': case 't': case 'u': case 'v': case 'w': case 'x': case 'y': case 'z': case '_':
        while ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '_') p++;
        *kind = keyword(start, (uint32_t)(p - start)) ? KEYWORD : IDENT;
        return p;
    case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        for (;; p++) switch (*p) {
            case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
            case 'a': case 'b': case 'c': case 'd': case 'f': case 'x': case 'u': case '.': continue;
            case 'e': if (p[1] == '-') p++; continue;
            default: *kind = NUMBER; return p;
        }
    case '"': case '\'':
        while (*p && *p != *start) p += *p == '\\' ? 2 : 1;
        *kind = STRING;
        return p + 1;
    case '/':
        if (*p == '/') { while (*p && *p != '\n') p++; *kind = COMMENT; return p; }
        if (*p == '*') { do p++; while (*p && !(p[0] == '*' && p[1] == '/')); *kind = COMMENT; return *p ? p + 2 : p; }
        *kind = OPERATOR; return p;
    case '<': case '>': if (*p == *start) p++; if (*p == '=') p++; *kind = OPERATOR; return p;
    case '+': case '-': if (*p == *start || *p == '=' || *p == '>') p++; *kind = OPERATOR; return p;
    case '=': case '!': case '*': if (*p == '=') p++; *kind = OPERATOR; return p;
    case '(': case ')': case '{': case '}': case '[': case ']': case ';': case ',': case '.': *kind = OPERATOR; return p;
    default: *kind = OTHER; return p;
    }
}
int main(void) {
    make();
    bench_start();
    uint64_t sum = 0;
    for (int r = 0; r < 12; r++)
        for (const char *p = text, *end = text + LEN, *q; p < end; p = q) {
            int kind;
            q = token(p, &kind);
            count[kind]++;
            sum = sum * 31 + (uint64_t)kind + (uint64_t)(q - p);
        }
    for (int k = 0; k < KINDS; k++) sum = sum * 31 + count[k];
    bench_end();
    put_u64("lexer", sum);
    return 0;
}
