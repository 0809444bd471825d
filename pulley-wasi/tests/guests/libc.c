// What C programs do with files, by libc: `libc NAME...` in a writable directory `/data`. Prints what it sees, one fact a
// line, and exits with 42; or says what failed and exits with 1. Built by build.sh into libc.wasm.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CHECK(condition)                                                               \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      printf("line %d: %s: %s\n", __LINE__, #condition, strerror(errno));              \
      exit(1);                                                                         \
    }                                                                                  \
  } while (0)

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static void files(void) {
  CHECK(mkdir("/data/d", 0777) == 0);
  CHECK(mkdir("/data/d", 0777) == -1 && errno == EEXIST);
  FILE *file = fopen("/data/d/text", "w+");
  CHECK(file != NULL);
  CHECK(fprintf(file, "line %d\nline %d\n", 1, 2) == 14);
  CHECK(fseek(file, 7, SEEK_SET) == 0 && ftell(file) == 7);
  char line[100];
  CHECK(fgets(line, sizeof line, file) != NULL && strcmp(line, "line 2\n") == 0);
  CHECK(fseek(file, -1, SEEK_END) == 0 && fgetc(file) == '\n' && fgetc(file) == EOF);
  CHECK(fclose(file) == 0);
  file = fopen("/data/d/text", "a");
  CHECK(file != NULL && fputs("line 3\n", file) >= 0 && fclose(file) == 0);
  struct stat stat_;
  CHECK(stat("/data/d/text", &stat_) == 0 && S_ISREG(stat_.st_mode) && stat_.st_size == 21 && stat_.st_nlink == 1);
  printf("size %d\n", (int)stat_.st_size);
  int fd = open("/data/d/text", O_RDWR);
  CHECK(fd >= 0 && pwrite(fd, "LINE", 4, 7) == 4 && pread(fd, line, 6, 7) == 6 && memcmp(line, "LINE 2", 6) == 0);
  CHECK(ftruncate(fd, 13) == 0 && lseek(fd, 0, SEEK_END) == 13 && fsync(fd) == 0 && close(fd) == 0);
  CHECK(close(fd) == -1 && errno == EBADF);
  CHECK(open("/data/none", O_RDONLY) == -1 && errno == ENOENT);
  CHECK(open("/data/d/text", O_CREAT | O_EXCL | O_WRONLY, 0666) == -1 && errno == EEXIST);
  CHECK(open("/other", O_RDONLY) == -1);
}

static void links(void) {
  char target[100];
  CHECK(symlink("d/text", "/data/link") == 0);
  CHECK(readlink("/data/link", target, sizeof target) == 6 && memcmp(target, "d/text", 6) == 0);
  struct stat stat_;
  CHECK(lstat("/data/link", &stat_) == 0 && S_ISLNK(stat_.st_mode));
  CHECK(stat("/data/link", &stat_) == 0 && S_ISREG(stat_.st_mode));
  CHECK(open("/data/link", O_RDONLY | O_NOFOLLOW) == -1 && errno == ELOOP);
  CHECK(link("/data/d/text", "/data/hard") == 0 && stat("/data/hard", &stat_) == 0 && stat_.st_nlink == 2);
  CHECK(symlink("../..", "/data/out") == 0 && open("/data/out/etc/passwd", O_RDONLY) == -1);
  struct timespec times[2] = {{.tv_sec = 1000000000, .tv_nsec = 7}, {.tv_sec = 1234567890, .tv_nsec = 8}};
  CHECK(utimensat(AT_FDCWD, "/data/hard", times, 0) == 0 && stat("/data/d/text", &stat_) == 0);
  printf("modified %lld.%09ld\n", (long long)stat_.st_mtim.tv_sec, (long)stat_.st_mtim.tv_nsec);
}

static void directories(void) {
  for (int i = 0; i < 300; i++) {
    char name[40];
    snprintf(name, sizeof name, "/data/d/file-with-a-long-name-%03d", i);
    FILE *file = fopen(name, "w");
    CHECK(file != NULL && fclose(file) == 0);
  }
  struct dirent **entries;
  int count = scandir("/data/d", &entries, NULL, by_name);
  CHECK(count == 303 && strcmp(entries[0]->d_name, ".") == 0 && strcmp(entries[302]->d_name, "text") == 0);
  CHECK(entries[0]->d_type == DT_DIR && entries[302]->d_type == DT_REG);
  printf("entries %d\n", count);
  // Removing while listing.
  DIR *dir = opendir("/data/d");
  CHECK(dir != NULL);
  int removed = 0;
  for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
    char name[300];
    snprintf(name, sizeof name, "/data/d/%s", entry->d_name);
    if (entry->d_type == DT_REG && unlink(name) == 0) removed++;
  }
  CHECK(closedir(dir) == 0);
  printf("removed %d\n", removed);
  CHECK(rename("/data/d", "/data/e") == 0 && rmdir("/data/e") == 0 && rmdir("/data/e") == -1 && errno == ENOENT);
  CHECK(unlink("/data/link") == 0 && unlink("/data/out") == 0 && unlink("/data/hard") == 0);
}

static void time_and_input(void) {
  struct timespec before, after, pause = {.tv_nsec = 5000000};
  CHECK(clock_gettime(CLOCK_MONOTONIC, &before) == 0 && nanosleep(&pause, NULL) == 0);
  CHECK(clock_gettime(CLOCK_MONOTONIC, &after) == 0);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000LL + after.tv_nsec - before.tv_nsec >= 5000000);
  CHECK(time(NULL) > 1700000000);
  struct pollfd fds[] = {{.fd = 0, .events = POLLRDNORM}, {.fd = 1, .events = POLLWRNORM}};
  CHECK(poll(fds, 2, 1000) > 0 && fds[1].revents == POLLWRNORM);
  unsigned char random[16] = {0}, zero[16] = {0};
  CHECK(getentropy(random, sizeof random) == 0 && memcmp(random, zero, sizeof zero) != 0);
  char line[100];
  while (fgets(line, sizeof line, stdin) != NULL) printf("input %s", line);
  CHECK(!isatty(1));
}

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) printf("argument %s\n", argv[i]);
  const char *variable = getenv("VARIABLE");
  printf("variable %s\n", variable != NULL ? variable : "none");
  files();
  links();
  directories();
  time_and_input();
  fputs("to standard error\n", stderr);
  return 42;
}
