// zlib: deflate at two levels and inflate again.
#include "bench.h"
#include "zlib.h"
#define LEN 700000
static char text[LEN], packed[LEN + 4096], back[LEN];
int main(void) {
    make_text(text, LEN);
    bench_start();
    uint64_t sum = 0;
    for (int level = 1; level <= 6; level += 5) {
        uLongf n = sizeof packed, m = sizeof back;
        if (compress2((Bytef *)packed, &n, (Bytef *)text, LEN, level)) abort();
        if (uncompress((Bytef *)back, &m, (Bytef *)packed, n)) abort();
        if (m != LEN || memcmp(text, back, LEN)) abort();
        sum = sum * 31 + n;
    }
    bench_end();
    put_u64("zlib", sum);
    return 0;
}
