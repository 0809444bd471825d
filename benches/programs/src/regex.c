// Oniguruma: a backtracking matcher of regular expressions, in UTF-8; every match of some patterns in a text.
#include "bench.h"
#include "oniguruma.h"
#define LEN 200000
static char text[LEN];
int main(void) {
    static const char *patterns[] = {"\\b(\\w+) \\1\\b", "[aeiou]{2,}[^aeiou\\s]+", "(?:stack|frame|loop)\\s+(?=t)", "\\d+(?:\\s|$)", "(?i)BRANCH.*?value"};
    size_t n = make_text(text, LEN);
    OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
    onig_initialize(encodings, 1);
    bench_start();
    uint64_t sum = 0;
    for (int i = 0; i < 5; i++) {
        regex_t *regex;
        OnigErrorInfo info;
        const UChar *p = (const UChar *)patterns[i], *t = (const UChar *)text, *end = t + n;
        if (onig_new(&regex, p, p + strlen(patterns[i]), ONIG_OPTION_DEFAULT, ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, &info)) abort();
        OnigRegion *region = onig_region_new();
        for (const UChar *from = t; from < end;) {
            if (onig_search(regex, t, end, from, end, region, ONIG_OPTION_NONE) < 0) break;
            sum = sum * 31 + (uint64_t)region->beg[0] + (uint64_t)(region->end[0] - region->beg[0]);
            from = t + (region->end[0] > region->beg[0] ? region->end[0] : region->end[0] + 1);
        }
        onig_region_free(region, 1);
        onig_free(regex);
    }
    bench_end();
    put_u64("regex", sum);
    return 0;
}
