/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../remove-tree.h"
#include "base/error.h"
#include "edges/image-file.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define NOBODY 65534
#define TEST(name, function)                                                                       \
    {                                                                                              \
        name, function, set_up, tear_down, NULL                                                    \
    }

/* A directory to fill; *state is its path. */
static int
set_up(void **state)
{
    *state = g_dir_make_tmp("vmtune-image-XXXXXX", NULL);
    return *state != NULL && chmod(*state, 0755) == 0 ? 0 : -1;
}

static int
tear_down(void **state)
{
    remove_tree(*state);
    g_free(*state);
    return 0;
}

static char *
make_file(const char *dir, const char *name, const char *content, gsize length)
{
    char *path = g_build_filename(dir, name, NULL);
    assert_true(g_file_set_contents(path, content, (gssize)length, NULL));
    return path;
}

static void
assert_reads(const VtImageReader *reader, const char *path, const char *content, gsize length)
{
    guint8 buffer[16];
    gsize got = 99;
    VtImageTrouble trouble = VT_IMAGE_TROUBLE_IO;
    g_autoptr(GError) error = NULL;
    bool good = vt_image_read_header(reader, path, buffer, sizeof buffer, &got, &trouble, &error);
    if (error != NULL)
        g_printerr("%s\n", error->message);
    assert_true(good);
    assert_null(error);
    assert_int_equal(trouble, VT_IMAGE_TROUBLE_NONE);
    assert_int_equal(got, length);
    assert_memory_equal(buffer, content, length);
}

static void
assert_trouble(const VtImageReader *reader, const char *path, VtImageTrouble expected)
{
    guint8 buffer[16] = "untouched";
    gsize got = 99;
    VtImageTrouble trouble = VT_IMAGE_TROUBLE_NONE;
    g_autoptr(GError) error = NULL;
    assert_false(vt_image_read_header(reader, path, buffer, sizeof buffer, &got, &trouble, &error));
    assert_int_equal(trouble, expected);
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_SYSTEM));
    assert_non_null(strstr(error->message, path));
    assert_memory_equal(buffer, "untouched", sizeof "untouched");
    assert_int_equal(got, 99);
}

static void
test_reads_the_first_bytes(void **state)
{
    g_autofree char *path = make_file(*state, "disk", "0123456789abcdefMORE", 20);
    assert_reads(NULL, path, "0123456789abcdef", 16);
}

static void
test_reads_what_a_short_file_has(void **state)
{
    g_autofree char *path = make_file(*state, "short", "QFI", 3);
    g_autofree char *empty = make_file(*state, "empty", "", 0);
    assert_reads(NULL, path, "QFI", 3);
    assert_reads(NULL, empty, "", 0);
}

static void
test_follows_a_link_to_a_file(void **state)
{
    g_autofree char *path = make_file(*state, "disk", "content", 7);
    g_autofree char *link = g_build_filename(*state, "link", NULL);
    assert_int_equal(symlink(path, link), 0);
    assert_reads(NULL, link, "content", 7);
}

static void
test_says_that_an_image_is_missing(void **state)
{
    g_autofree char *missing = g_build_filename(*state, "missing", NULL);
    g_autofree char *file = make_file(*state, "file", "x", 1);
    g_autofree char *below_file = g_build_filename(file, "disk", NULL);
    g_autofree char *dangling = g_build_filename(*state, "dangling", NULL);
    assert_int_equal(symlink(missing, dangling), 0);
    assert_trouble(NULL, missing, VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(NULL, below_file, VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(NULL, dangling, VT_IMAGE_TROUBLE_MISSING);
}

static void
test_says_that_an_image_is_unreadable(void **state)
{
    g_autofree char *path = make_file(*state, "secret", "x", 1);
    g_autofree char *closed = g_build_filename(*state, "closed", NULL);
    g_autofree char *inside = g_build_filename(closed, "disk", NULL);
    g_autofree char *public = make_file(*state, "public", "public", 6);
    assert_int_equal(chmod(public, 0644), 0);
    assert_int_equal(chmod(path, 0), 0);
    assert_int_equal(mkdir(closed, 0), 0);
    bool is_root = geteuid() == 0;
    if (is_root)
        assert_int_equal(seteuid(NOBODY), 0);
    assert_trouble(NULL, path, VT_IMAGE_TROUBLE_UNREADABLE);
    assert_trouble(NULL, inside, VT_IMAGE_TROUBLE_UNREADABLE);
    assert_reads(NULL, public, "public", 6);
    if (is_root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(closed, 0700), 0);
}

static void
test_refuses_what_is_no_file_without_waiting(void **state)
{
    g_autofree char *fifo = g_build_filename(*state, "fifo", NULL);
    g_autofree char *link = g_build_filename(*state, "link", NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink(fifo, link), 0);
    const VtImageReader reader = {.timeout_ms = 60000};
    gint64 before = g_get_monotonic_time();
    assert_trouble(&reader, fifo, VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_trouble(&reader, link, VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_trouble(&reader, *state, VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_trouble(&reader, "/", VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_trouble(&reader, "/dev/zero", VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_true(g_get_monotonic_time() - before < 30 * G_TIME_SPAN_SECOND);
}

/* To open a FIFO and close it again would already make its writer fail: the kernel tells of it. */
static void
test_never_opens_a_fifo(void **state)
{
    g_autofree char *fifo = g_build_filename(*state, "fifo", NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    assert_true(inotify_add_watch(watch, fifo, IN_OPEN) >= 0);
    char event[256];

    assert_trouble(NULL, fifo, VT_IMAGE_TROUBLE_NOT_A_FILE);
    assert_int_equal(read(watch, event, sizeof event), -1);

    close(open(fifo, O_RDONLY | O_NONBLOCK | O_CLOEXEC)); /* that it would be seen */
    assert_true(read(watch, event, sizeof event) > 0);
    close(watch);
}

/* Reading some of them takes away what is read, so none is. */
static void
test_reads_nothing_of_a_file_without_a_size(void **state)
{
    g_autofree char *path = g_build_filename(*state, "link", NULL);
    assert_reads(NULL, "/proc/version", "", 0);
    assert_int_equal(symlink("/proc/version", path), 0);
    assert_reads(NULL, path, "", 0);
}

static void
test_refuses_a_socket(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    g_snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", (char *)*state);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_trouble(NULL, address.sun_path, VT_IMAGE_TROUBLE_NOT_A_FILE);
    close(fd);
}

static void
test_refuses_a_path_that_is_not_absolute(void **state)
{
    (void)state;
    guint8 buffer[1];
    gsize length;
    g_autoptr(GError) error = NULL;
    assert_false(vt_image_read_header(NULL, "disk", buffer, 1, &length, NULL, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
    g_clear_error(&error);
    assert_false(vt_image_read_header(NULL, "", buffer, 1, &length, NULL, &error));
    assert_true(g_error_matches(error, VT_ERROR, VT_ERROR_INPUT));
}

static void
test_reports_other_failures_as_they_are(void **state)
{
    g_autofree char *loop = g_build_filename(*state, "loop", NULL);
    assert_int_equal(symlink(loop, loop), 0);
    assert_trouble(NULL, loop, VT_IMAGE_TROUBLE_IO);
}

static void
test_a_captured_host_is_not_left(void **state)
{
    g_autofree char *root = g_build_filename(*state, "root", NULL);
    g_autofree char *images = g_build_filename(root, "images", NULL);
    assert_int_equal(g_mkdir_with_parents(images, 0755), 0);
    g_autofree char *inside = make_file(images, "disk", "inside", 6);
    g_autofree char *outside = make_file(*state, "outside", "outside", 7);
    g_autofree char *absolute = g_build_filename(images, "absolute", NULL);
    g_autofree char *escaping = g_build_filename(images, "escaping", NULL);
    g_autofree char *living = g_build_filename(images, "living", NULL);
    assert_int_equal(symlink("/images/disk", absolute), 0);
    assert_int_equal(symlink("../../outside", escaping), 0);
    assert_int_equal(symlink(outside, living), 0);
    g_autofree char *endless = g_build_filename(images, "endless", NULL);
    g_autofree char *growing = g_build_filename(images, "growing", NULL);
    g_autofree char *folder = g_build_filename(images, "folder", NULL);
    assert_int_equal(symlink("endless", endless), 0);
    assert_int_equal(symlink("growing/growing", growing), 0);
    assert_int_equal(symlink("../images", folder), 0);

    const VtImageReader reader = {.root = root};
    assert_reads(&reader, "/images/disk", "inside", 6);
    assert_reads(&reader, "/images/absolute", "inside", 6);
    assert_reads(&reader, "/../../images/disk", "inside", 6);
    assert_trouble(&reader, "/images/escaping", VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(&reader, "/images/living", VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(&reader, "/../outside", VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(&reader, outside, VT_IMAGE_TROUBLE_MISSING);
    assert_trouble(&reader, "/images/endless", VT_IMAGE_TROUBLE_IO);
    assert_trouble(&reader, "/images/growing/x", VT_IMAGE_TROUBLE_IO);
    assert_reads(&reader, "/images/folder/./disk", "inside", 6);
    assert_trouble(&reader, "/images/disk/below", VT_IMAGE_TROUBLE_MISSING);

    const VtImageReader nowhere = {.root = inside};
    assert_trouble(&nowhere, "/images/disk", VT_IMAGE_TROUBLE_MISSING);
}

/* Hangs in the kernel as on a dead mount: a FIFO, until someone opens its other end. */
static int
open_hanging(const char *root, const char *path)
{
    (void)root;
    g_autofree char *fifo = g_strconcat(path, ".fifo", NULL);
    int fd = open(fifo, O_RDONLY | O_CLOEXEC);
    close(fd);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    g_unlink(fifo); /* tells the test that the thread got through */
    return file;
}

static void
test_a_mount_that_hangs_costs_no_more_than_the_deadline(void **state)
{
    g_autofree char *path = make_file(*state, "disk", "late", 4);
    g_autofree char *fifo = g_strconcat(path, ".fifo", NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);

    guint8 *buffer = g_malloc(8); /* freed at once, as a caller may: a late write would be seen */
    gsize length = 99;
    VtImageTrouble trouble = VT_IMAGE_TROUBLE_NONE;
    g_autoptr(GError) error = NULL;
    const VtImageReader reader = {.timeout_ms = 100, .open = open_hanging};
    gint64 before = g_get_monotonic_time();
    assert_false(vt_image_read_header(&reader, path, buffer, 8, &length, &trouble, &error));
    gint64 took = g_get_monotonic_time() - before;
    g_free(buffer);
    assert_int_equal(trouble, VT_IMAGE_TROUBLE_TIMED_OUT);
    assert_non_null(strstr(error->message, "100 milliseconds"));
    assert_int_equal(length, 99);
    assert_true(took >= 100 * G_TIME_SPAN_MILLISECOND);
    assert_true(took < 20 * G_TIME_SPAN_SECOND);

    /* The system answers after all; the thread reads the file and goes. */
    close(open(fifo, O_WRONLY | O_CLOEXEC));
    for (unsigned i = 0; i < 2000 && g_file_test(fifo, G_FILE_TEST_EXISTS); i++)
        g_usleep(5000);
    assert_false(g_file_test(fifo, G_FILE_TEST_EXISTS));
    g_usleep(50000);
}

static int
open_late(const char *root, const char *path)
{
    (void)root;
    g_usleep(50000);
    return open(path, O_RDONLY | O_CLOEXEC);
}

static void
test_an_answer_before_the_deadline_counts(void **state)
{
    g_autofree char *path = make_file(*state, "disk", "slow", 4);
    const VtImageReader reader = {.timeout_ms = 60000, .open = open_late};
    assert_reads(&reader, path, "slow", 4);
}

static void
test_leaves_no_descriptor_open(void **state)
{
    g_autofree char *path = make_file(*state, "disk", "content", 7);
    int before = dup(0);
    close(before);
    for (unsigned i = 0; i < 50; i++) {
        assert_reads(NULL, path, "content", 7);
        assert_trouble(NULL, *state, VT_IMAGE_TROUBLE_NOT_A_FILE);
        const VtImageReader reader = {.root = *state};
        assert_reads(&reader, "/disk", "content", 7);
    }
    int after = dup(0);
    close(after);
    assert_int_equal(before, after);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST("reads the first bytes", test_reads_the_first_bytes),
        TEST("reads what a short file has", test_reads_what_a_short_file_has),
        TEST("follows a link to a file", test_follows_a_link_to_a_file),
        TEST("says that an image is missing", test_says_that_an_image_is_missing),
        TEST("says that an image is unreadable", test_says_that_an_image_is_unreadable),
        TEST("refuses what is no file without waiting",
             test_refuses_what_is_no_file_without_waiting),
        TEST("never opens a FIFO", test_never_opens_a_fifo),
        TEST("reads nothing of a file without a size, such as those of /proc",
             test_reads_nothing_of_a_file_without_a_size),
        TEST("refuses a socket", test_refuses_a_socket),
        TEST("refuses a path that is not absolute", test_refuses_a_path_that_is_not_absolute),
        TEST("reports other failures as they are", test_reports_other_failures_as_they_are),
        TEST("a captured host is not left", test_a_captured_host_is_not_left),
        TEST("a mount that hangs costs no more than the deadline",
             test_a_mount_that_hangs_costs_no_more_than_the_deadline),
        TEST("an answer before the deadline counts", test_an_answer_before_the_deadline_counts),
        TEST("leaves no descriptor open", test_leaves_no_descriptor_open),
    };
    return cmocka_run_group_tests_name("image-file", tests, NULL, NULL);
}
