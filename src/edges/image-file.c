/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "edges/image-file.h"

#include "base/error.h"
#include "base/i18n.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What stands for "not a file" among the errnos: open() itself has no use for it. */
#define NOT_A_FILE ENOTBLK

/* as many as the kernel follows */
#define MAX_LINKS 40

/* Shared by the caller and the thread until the deadline, then the thread's alone. */
typedef struct {
    gint refs;
    GMutex mutex;
    GCond cond;
    bool done; /* guards what follows; the caller reads it only with the mutex held */
    VtImageTrouble trouble;
    int code; /* errno */
    gsize length;

    /* set before the thread starts */
    char *root;
    char *path;
    VtImageOpener open;
    gsize size;
    guint8 *bytes;
} Job;

static Job *
job_new(const VtImageReader *reader, const char *path, gsize size, VtImageOpener opener)
{
    Job *job = g_new0(Job, 1);
    job->refs = 1;
    g_mutex_init(&job->mutex);
    g_cond_init(&job->cond);
    job->root = g_strdup(reader != NULL && reader->root != NULL ? reader->root : "/");
    job->path = g_strdup(path);
    job->open = opener;
    job->size = size;
    job->bytes = g_malloc0(MAX(size, 1));
    return job;
}

static Job *
job_ref(Job *job)
{
    g_atomic_int_inc(&job->refs);
    return job;
}

static void
job_unref(Job *job)
{
    if (!g_atomic_int_dec_and_test(&job->refs))
        return;
    g_mutex_clear(&job->mutex);
    g_cond_clear(&job->cond);
    g_free(job->root);
    g_free(job->path);
    g_free(job->bytes);
    g_free(job);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_unref)

/*
 * An absolute link in a captured host means the captured host, not this one, so its links are
 * followed here and not by the kernel. A capture does not change under its reader.
 *
 * Returns: (transfer full): the place without links, or NULL where there are too many
 */
static char *
resolve_inside(const char *root, const char *path)
{
    g_autoptr(GString) rest = g_string_new(path);
    g_autoptr(GString) done = g_string_new(NULL);
    for (unsigned links = 0; rest->len > 0 && links <= MAX_LINKS;) {
        g_string_erase(rest, 0, (gssize)strspn(rest->str, "/"));
        gsize length = strcspn(rest->str, "/");
        g_autofree char *name = g_strndup(rest->str, length);
        g_string_erase(rest, 0, (gssize)length);
        if (strcmp(name, "..") == 0) {
            const char *slash = strrchr(done->str, '/');
            g_string_truncate(done, slash != NULL ? (gsize)(slash - done->str) : 0);
        }
        if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;

        g_autofree char *place = g_strconcat(root, done->str, "/", name, NULL);
        g_autofree char *target = g_file_read_link(place, NULL);
        if (target == NULL) {
            g_string_append_printf(done, "/%s", name);
            continue;
        }
        links++;
        if (target[0] == '/')
            g_string_truncate(done, 0);
        g_string_prepend(rest, "/");
        g_string_prepend(rest, target);
    }
    return rest->len == 0 ? g_strconcat(root, done->str, NULL) : NULL;
}

/* A handle that neither reads nor blocks on what it names, nor wakes a device. */
static int
open_handle(const char *root, const char *path)
{
    bool captured = strcmp(root, "/") != 0;
    g_autofree char *place = captured ? resolve_inside(root, path) : g_strdup(path);
    if (place == NULL)
        return -ELOOP;
    int fd = open(place, O_PATH | O_CLOEXEC | (captured ? O_NOFOLLOW : 0));
    return fd < 0 ? -errno : fd;
}

static bool
is_file(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISREG(status.st_mode) || S_ISBLK(status.st_mode));
}

static int
open_system(const char *root, const char *path)
{
    int handle = open_handle(root, path);
    if (handle < 0)
        return handle;
    if (!is_file(handle)) {
        close(handle);
        return -NOT_A_FILE;
    }
    /* Through the handle, so that what was looked at is what is opened. */
    char again[sizeof "/proc/self/fd/" + 3 * sizeof(int)];
    g_snprintf(again, sizeof again, "/proc/self/fd/%d", handle);
    int fd = open(again, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    int result = fd < 0 ? -errno : fd;
    close(handle);
    return result;
}

static VtImageTrouble
trouble_of(int code)
{
    switch (code) {
    case ENOENT:
    case ENOTDIR:
        return VT_IMAGE_TROUBLE_MISSING;
    case EACCES:
    case EPERM:
        return VT_IMAGE_TROUBLE_UNREADABLE;
    case NOT_A_FILE:
        return VT_IMAGE_TROUBLE_NOT_A_FILE;
    default:
        return VT_IMAGE_TROUBLE_IO;
    }
}

/* A file without a size is empty, or makes up its bytes as they are read, and reading can use them
 * up: /proc/kmsg and the tracer's pipes are such regular files. */
static bool
has_bytes(int fd)
{
    struct stat status;
    return fstat(fd, &status) == 0 && (S_ISBLK(status.st_mode) || status.st_size > 0);
}

/* Returns: 0 or errno */
static int
read_all(int fd, guint8 *bytes, gsize size, gsize *ret_length)
{
    gsize length = 0;
    if (!has_bytes(fd))
        size = 0;
    while (length < size) {
        ssize_t got = pread(fd, bytes + length, size - length, (off_t)length);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return errno;
        if (got == 0)
            break;
        length += (gsize)got;
    }
    *ret_length = length;
    return 0;
}

static void
run_job(gpointer data, gpointer unused G_GNUC_UNUSED)
{
    g_autoptr(Job) job = data;
    gsize length = 0;
    int code = 0;
    int fd = job->open(job->root, job->path);
    if (fd < 0)
        code = -fd;
    /* An opener from elsewhere gets the same treatment. */
    else if (!is_file(fd))
        code = NOT_A_FILE;
    else
        code = read_all(fd, job->bytes, job->size, &length);
    if (fd >= 0)
        close(fd);

    g_mutex_lock(&job->mutex);
    job->done = true;
    job->code = code;
    job->trouble = code == 0 ? VT_IMAGE_TROUBLE_NONE : trouble_of(code);
    job->length = length;
    g_mutex_unlock(&job->mutex);
    g_cond_signal(&job->cond);
}

/* A pool, so that the next image finds the thread of the last one idle: making a thread for each
 * took as long as all else that is done for a domain with eight disks. One that hangs is left
 * behind and another takes its place. Lives as long as the process. */
static GThreadPool *
readers(void)
{
    static GThreadPool *pool;

    if (g_once_init_enter(&pool))
        g_once_init_leave(&pool, g_thread_pool_new(run_job, NULL, -1, FALSE, NULL));
    return pool;
}

/* A thread inherits the mask: whoever holds signals back for a while must not have them taken by
 * one of these. */
static void
push(Job *job)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    g_thread_pool_push(readers(), job_ref(job), NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* Returns: whether the thread was done in time; then its results are the caller's to read. */
static bool
wait_for(Job *job, guint timeout_ms)
{
    gint64 deadline = g_get_monotonic_time() + (gint64)timeout_ms * G_TIME_SPAN_MILLISECOND;
    g_mutex_lock(&job->mutex);
    bool in_time = true;
    while (!job->done && in_time)
        in_time = g_cond_wait_until(&job->cond, &job->mutex, deadline);
    bool done = job->done;
    g_mutex_unlock(&job->mutex);
    return done;
}

static void
report(VtImageTrouble trouble, const char *path, int code, guint timeout_ms, GError **error)
{
    switch (trouble) {
    case VT_IMAGE_TROUBLE_NONE:
        break;
    case VT_IMAGE_TROUBLE_MISSING:
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("there is no image '%s'"), path);
        break;
    case VT_IMAGE_TROUBLE_UNREADABLE:
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("there is no permission to read the image '%s'"), path);
        break;
    case VT_IMAGE_TROUBLE_NOT_A_FILE:
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("the image '%s' is neither a regular file nor a block device"), path);
        break;
    case VT_IMAGE_TROUBLE_TIMED_OUT:
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM,
                    _("reading the image '%s' took longer than %u milliseconds"), path, timeout_ms);
        break;
    case VT_IMAGE_TROUBLE_IO:
        g_set_error(error, VT_ERROR, VT_ERROR_SYSTEM, _("cannot read the image '%s': %s"), path,
                    g_strerror(code));
        break;
    }
}

/* Whether the kernel knows without asking any disk or server that nothing is there (openat2(2),
 * since Linux 5.12): then nobody has to wait for anything, and no thread. */
static bool
is_known_missing(const char *path)
{
    const struct open_how how = {.flags = O_PATH | O_CLOEXEC, .resolve = RESOLVE_CACHED};
    long fd = syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

    if (fd >= 0)
        close((int)fd);
    return fd < 0 && errno == ENOENT;
}

bool
vt_image_read_header(const VtImageReader *reader, const char *path, guint8 *buffer, gsize size,
                     gsize *ret_length, VtImageTrouble *ret_trouble, GError **error)
{
    VtImageOpener opener = reader != NULL && reader->open != NULL ? reader->open : open_system;
    guint timeout_ms =
        reader != NULL && reader->timeout_ms != 0 ? reader->timeout_ms : VT_IMAGE_TIMEOUT_MS;
    if (path[0] != '/') {
        if (ret_trouble != NULL)
            *ret_trouble = VT_IMAGE_TROUBLE_MISSING;
        g_set_error(error, VT_ERROR, VT_ERROR_INPUT, _("the image path '%s' is not absolute"),
                    path);
        return false;
    }

    if (opener == open_system &&
        (reader == NULL || reader->root == NULL || strcmp(reader->root, "/") == 0) &&
        is_known_missing(path)) {
        if (ret_trouble != NULL)
            *ret_trouble = VT_IMAGE_TROUBLE_MISSING;
        report(VT_IMAGE_TROUBLE_MISSING, path, 0, 0, error);
        return false;
    }

    g_autoptr(Job) job = job_new(reader, path, size, opener);
    VtImageTrouble trouble = VT_IMAGE_TROUBLE_TIMED_OUT;
    /* where no thread can be started the job waits for one, as it would for a hung mount */
    push(job);
    if (wait_for(job, timeout_ms))
        trouble = job->trouble;

    if (ret_trouble != NULL)
        *ret_trouble = trouble;
    if (trouble != VT_IMAGE_TROUBLE_NONE) {
        /* After a timeout the thread may be writing its code at this moment. */
        report(trouble, path, trouble == VT_IMAGE_TROUBLE_TIMED_OUT ? 0 : job->code, timeout_ms,
               error);
        return false;
    }
    memcpy(buffer, job->bytes, job->length);
    *ret_length = job->length;
    return true;
}
