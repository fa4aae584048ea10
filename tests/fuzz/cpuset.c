/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists of CPUs, as sysfs, libvirt and the administrator write them, and the kernel's masks. */
#include "fuzz.h"

#include "base/cpuset.h"

/* What was read is the same when it is written and read again. */
static void
check_round_trip(const VtCpuSet *set)
{
    g_autofree char *text = vt_cpuset_format(set);
    g_autoptr(VtCpuSet) again = vt_cpuset_parse(text, NULL);
    g_autofree char *text_again = again ? vt_cpuset_format(again) : NULL;
    unsigned count = 0;
    int last = -1;

    MUST(again != NULL && vt_cpuset_equal(set, again));
    MUST(g_strcmp0(text, text_again) == 0);
    for (int cpu = vt_cpuset_next(set, 0); cpu >= 0; cpu = vt_cpuset_next(set, (unsigned)cpu + 1)) {
        MUST(cpu > last && cpu < VT_CPUSET_MAX && vt_cpuset_has(set, (unsigned)cpu));
        last = cpu;
        count++;
    }
    MUST(count == vt_cpuset_count(set));
}

static void
check_parser(VtCpuSet *(*parse)(const char *text, GError **error), const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(VtCpuSet) set = parse(text, &error);

    if (set)
        check_round_trip(set);
    else
        fuzz_check_error(error);
}

/* The laws of sets, on two of them. */
static void
check_algebra(const char *one, const char *other)
{
    g_autoptr(VtCpuSet) a = vt_cpuset_parse(one, NULL);
    g_autoptr(VtCpuSet) b = vt_cpuset_parse(other, NULL);
    g_autoptr(VtCpuSet) both = NULL, either = NULL, rest = NULL;

    if (!a || !b)
        return;
    both = vt_cpuset_copy(a);
    either = vt_cpuset_copy(a);
    rest = vt_cpuset_copy(a);
    vt_cpuset_intersect(both, b);
    vt_cpuset_union(either, b);
    vt_cpuset_subtract(rest, b);
    MUST(vt_cpuset_count(either) + vt_cpuset_count(both) ==
         vt_cpuset_count(a) + vt_cpuset_count(b));
    MUST(vt_cpuset_count(rest) + vt_cpuset_count(both) == vt_cpuset_count(a));
    MUST(vt_cpuset_overlaps(a, b) == (vt_cpuset_count(both) > 0));
    MUST(vt_cpuset_is_subset(both, b) && vt_cpuset_is_subset(a, either));
    MUST(!vt_cpuset_overlaps(rest, b));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *first = fuzz_take_line(&data, &size);
    g_autofree char *rest = fuzz_text(data, size);

    check_parser(vt_cpuset_parse, first);
    check_parser(vt_cpuset_parse_mask, first);
    check_parser(vt_cpuset_parse, rest);
    check_algebra(first, rest);
    return 0;
}
