/* A disk that fails when told to: the n-th call below a folder kills, fails, or everything is written down.
 *
 * cc -shared -fPIC -O1 -o fault.so fault.c -ldl; then LD_PRELOAD it, and call baywire_arm() through ctypes.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { KILL = 1, HALF = 2, FAIL = 3, RECORD = 4 };
enum { READ = 1, WRITE = 2, SYNC = 4, NAME = 8 };

static int action, kinds, error_number, log_fd = -1;
static long left, *counted;
static char below[PATH_MAX];

/* Let the *nth* call of *what* kinds below *folder* meet *how*; calls are counted in *count*. */
void baywire_arm(int how, int what, long nth, int with_errno, const char *folder, int log, long *count) {
    action = how, kinds = what, left = nth, error_number = with_errno, log_fd = log, counted = count;
    snprintf(below, sizeof below, "%s", folder);
}

static void note(const char *text) {
    if (log_fd >= 0 && syscall(SYS_write, log_fd, text, strlen(text)) < 0) abort();
}

static int inside(const char *path) {
    size_t length = strlen(path);
    if (strncmp(path, below, strlen(below))) return 0;
    return length < 4 || strcmp(path + length - 4, "-shm"); /* shared memory of SQLite: made anew by whoever opens */
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return inside(path);
}

/* Whether this call is the one: KILL kills, FAIL says what to return, HALF lets half of a write through first. */
static int meets(int kind, const char *path) {
    if (!action || action == RECORD || !(kinds & kind) || !inside(path)) return 0;
    if (counted) ++*counted;
    if (--left) return 0;
    note(path), note("\n");
    if (action == KILL || (action == HALF && kind != WRITE)) {
        kill(getpid(), SIGKILL);
        pause();
    }
    if (action == FAIL) errno = error_number;
    return action;
}

#define REAL(type, name, ...)                                  \
    static type (*real)(__VA_ARGS__);                          \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name);

static ssize_t put(int fd, const void *data, size_t size, off64_t at, int here) {
    return here ? syscall(SYS_write, fd, data, size) : syscall(SYS_pwrite64, fd, data, size, at);
}

static ssize_t writes(int fd, const void *data, size_t size, off64_t at, int here) {
    char path[PATH_MAX], head[PATH_MAX + 64];
    if (!action || fd == log_fd || !path_of(fd, path)) return put(fd, data, size, at, here);
    if (action == RECORD) {
        if (here) at = lseek(fd, 0, SEEK_CUR);
        ssize_t done = put(fd, data, size, at, here);
        if (done > 0) {
            snprintf(head, sizeof head, "W %s\t%lld\t%zd\n", path, (long long)at, done);
            note(head);
            if (syscall(SYS_write, log_fd, data, done) != done) abort();
        }
        return done;
    }
    switch (meets(WRITE, path)) {
    case FAIL: return -1;
    case HALF:
        put(fd, data, size / 2, at, here);
        kill(getpid(), SIGKILL);
        pause();
    }
    return put(fd, data, size, at, here);
}

ssize_t write(int fd, const void *data, size_t size) { return writes(fd, data, size, 0, 1); }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) { return writes(fd, data, size, at, 0); }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) { return writes(fd, data, size, at, 0); }

static int read_fails(int fd) {
    char path[PATH_MAX];
    return action && (kinds & READ) && path_of(fd, path) && meets(READ, path) == FAIL;
}

ssize_t read(int fd, void *data, size_t size) { return read_fails(fd) ? -1 : syscall(SYS_read, fd, data, size); }
ssize_t pread(int fd, void *data, size_t size, off_t at) { return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, data, size, at); }
ssize_t pread64(int fd, void *data, size_t size, off64_t at) { return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, data, size, at); }

static int records(const char *form, const char *path, const char *other, long long number) {
    char line[2 * PATH_MAX + 64];
    if (action != RECORD || !inside(path)) return 0;
    snprintf(line, sizeof line, form, path, other, number);
    note(line);
    return 1;
}

static int syncs(int fd, long call) {
    char path[PATH_MAX];
    if (action && path_of(fd, path)) {
        if (meets(SYNC, path) == FAIL) return -1;
        records("S %s\n", path, "", 0);
        if (action == RECORD) return 0; /* what is durable is decided when the record is played */
    }
    return syscall(call, fd);
}

int fsync(int fd) { return syncs(fd, SYS_fsync); }
int fdatasync(int fd) { return syncs(fd, SYS_fdatasync); }

int rename(const char *from, const char *to) {
    REAL(int, "rename", const char *, const char *)
    if (meets(NAME, to) == FAIL) return -1;
    int done = real(from, to);
    if (!done) records("R %s\t%s\n", from, to, 0);
    return done;
}

int unlink(const char *path) {
    REAL(int, "unlink", const char *)
    if (meets(NAME, path) == FAIL) return -1;
    int done = real(path);
    if (!done) records("U %s\n", path, "", 0);
    return done;
}

int mkdir(const char *path, mode_t mode) {
    REAL(int, "mkdir", const char *, mode_t)
    if (meets(NAME, path) == FAIL) return -1;
    int done = real(path, mode);
    if (!done) records("M %s\n", path, "", 0);
    return done;
}

static int cuts(int fd, off64_t size) {
    char path[PATH_MAX];
    if (action && path_of(fd, path)) {
        if (meets(NAME, path) == FAIL) return -1;
        records("T %s\t%s%lld\n", path, "", size);
    }
    return syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return cuts(fd, size); }
int ftruncate64(int fd, off64_t size) { return cuts(fd, size); }

static int opens(const char *path, int flags, mode_t mode) {
    int fresh = action && (flags & O_CREAT) && inside(path) && access(path, F_OK);
    if ((fresh || (action && (flags & O_TRUNC))) && meets(NAME, path) == FAIL) return -1;
    int fd = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (fd >= 0 && fresh) records("C %s\n", path, "", 0);
    if (fd >= 0 && !fresh && (flags & O_TRUNC)) records("T %s\t%s%lld\n", path, "", 0);
    return fd;
}

#define OPEN(name)                            \
    int name(const char *path, int flags, ...) { \
        va_list more;                         \
        va_start(more, flags);                \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                         \
        return opens(path, flags, mode);      \
    }
OPEN(open)
OPEN(open64)
