/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* In: the model's cores and the guests' pins. Out: who is on each CPU, and what to say of it. */
#include <string.h>

#include "base/i18n.h"
#include "report/map-parts.h"

/* A label no longer than this; cells grow with the widest. */
#define LABEL_MAX 7

/* ---- keys ---- */

static gint
compare_guests(gconstpointer a, gconstpointer b)
{
    const VtMapGuest *one = *(VtMapGuest *const *)a, *other = *(VtMapGuest *const *)b;

    return one->state != other->state ? (int)one->state - (int)other->state
                                      : strcmp(one->name, other->name);
}

/* Whether a mask says anything: one with all CPUs that guests may use does not. */
static bool
is_narrow(const VtMap *map, const VtCpuSet *mask)
{
    return mask && !vt_cpuset_is_subset(map->host->allowed, mask);
}

static bool
has_pins(const VtMap *map, const VtMapGuest *guest)
{
    for (guint i = 0; i < guest->vcpus->len; i++) {
        const VtMapVcpu *vcpu = guest->vcpus->pdata[i];
        if (is_narrow(map, vcpu->mask))
            return true;
    }
    return is_narrow(map, guest->emulator) || is_narrow(map, guest->iothreads);
}

/* "A" to "Z", or as many letters as it takes for all keys to be of one length. */
static void
format_key(VtMapGuest *guest, unsigned number, unsigned letters)
{
    char first = guest->state == VT_MAP_CONFIGURED ? 'a' : 'A';

    for (unsigned at = letters; at > 0; at--) {
        guest->key[at - 1] = (char)(first + number % 26);
        number /= 26;
    }
    guest->key[letters] = '\0';
}

static void
give_keys(VtMap *map)
{
    unsigned count = 0, letters = 1, number = 0;

    for (guint i = 0; i < map->guests->len; i++)
        count += has_pins(map, map->guests->pdata[i]);
    for (unsigned room = 26; room < count && letters < 6; room *= 26)
        letters++;
    for (guint i = 0; i < map->guests->len; i++) {
        VtMapGuest *guest = map->guests->pdata[i];
        if (!has_pins(map, guest))
            continue;
        guest->colour = number;
        format_key(guest, number++, letters);
    }
}

/* ---- seats ---- */

static void
take_seat(VtMapCpu *cpu, const VtMapGuest *guest, VtMapUse use)
{
    if (use < cpu->use) {
        cpu->use = use;
        cpu->guest = guest;
        cpu->several = false;
    } else if (use == cpu->use && cpu->guest != guest) {
        cpu->several = true;
    }
}

static void
seat_mask(GPtrArray *by_number, const VtMapGuest *guest, const VtCpuSet *mask, VtMapUse use,
          int vcpu)
{
    const VtMapHolder holder = {guest, (unsigned)vcpu, vt_cpuset_count(mask) == 1};

    for (int number = vt_cpuset_next(mask, 0); number >= 0 && (guint)number < by_number->len;
         number = vt_cpuset_next(mask, (unsigned)number + 1)) {
        VtMapCpu *cpu = by_number->pdata[number];

        if (!cpu)
            continue;
        take_seat(cpu, guest, use);
        if (use != VT_MAP_VCPU)
            continue;
        if (!cpu->holders)
            cpu->holders = g_array_new(FALSE, FALSE, sizeof(VtMapHolder));
        g_array_append_val(cpu->holders, holder);
    }
}

static void
seat_guest(const VtMap *map, GPtrArray *by_number, const VtMapGuest *guest)
{
    for (guint i = 0; i < guest->vcpus->len; i++) {
        const VtMapVcpu *vcpu = guest->vcpus->pdata[i];
        bool own = vcpu->mask && (vt_cpuset_count(vcpu->mask) == 1 ||
                                  vt_topology_is_dedicated(map->host, vcpu->mask));

        if (own)
            seat_mask(by_number, guest, vcpu->mask, VT_MAP_VCPU, (int)vcpu->number);
        else if (is_narrow(map, vcpu->mask))
            seat_mask(by_number, guest, vcpu->mask, VT_MAP_FLOATING, 0);
    }
    if (is_narrow(map, guest->emulator))
        seat_mask(by_number, guest, guest->emulator, VT_MAP_EMULATOR, 0);
    if (is_narrow(map, guest->iothreads))
        seat_mask(by_number, guest, guest->iothreads, VT_MAP_EMULATOR, 0);
}

/* ---- labels ---- */

static char *
vcpu_label(const VtMapCpu *cpu)
{
    const VtMapHolder *first = &g_array_index(cpu->holders, VtMapHolder, 0);
    const char *sign = first->guest->state == VT_MAP_PLANNED ? ">" : "";
    g_autofree char *label = g_strdup_printf("%s%s%u", sign, first->guest->key, first->vcpu);
    unsigned last = first->vcpu;
    bool row = true;

    for (guint i = 1; i < cpu->holders->len; i++) {
        const VtMapHolder *holder = &g_array_index(cpu->holders, VtMapHolder, i);
        row = row && holder->guest == first->guest && holder->vcpu == ++last;
    }
    if (last > first->vcpu && row) {
        g_autofree char *range = g_strdup_printf("%s-%u", label, last);
        if (strlen(range) <= LABEL_MAX)
            return g_steal_pointer(&range);
    }
    return cpu->holders->len > 1 ? g_strconcat(label, "+", NULL) : g_steal_pointer(&label);
}

static void
set_label(VtMapCpu *cpu)
{
    g_autofree char *label = NULL;

    if (cpu->use == VT_MAP_UNUSED)
        return;
    if (cpu->use == VT_MAP_VCPU)
        label = vcpu_label(cpu);
    else
        label =
            g_strdup_printf("%c%s", vt_map_use_sign(cpu->use), cpu->several ? "" : cpu->guest->key);
    g_strlcpy(cpu->label, label, sizeof(cpu->label));
}

/* ---- remarks ---- */

/* vCPUs that have nothing but this CPU, and it is not theirs alone. */
static void
find_crowd(const VtMapCpu *cpu, GString *crowds)
{
    g_autoptr(GString) names = g_string_new(NULL);
    unsigned alone = 0;

    for (guint i = 0; cpu->holders && i < cpu->holders->len; i++) {
        const VtMapHolder *holder = &g_array_index(cpu->holders, VtMapHolder, i);
        alone += holder->alone;
        g_string_append_printf(names, "%s%s%u", i > 0 ? ", " : "", holder->guest->key,
                               holder->vcpu);
    }
    if (alone > 0 && cpu->holders->len > 1)
        g_string_append_printf(crowds, "%s%u (%s)", crowds->len > 0 ? "; " : "", cpu->number,
                               names->str);
}

static void
find_absent(const VtMap *map, const VtMapGuest *guest, GString *absent)
{
    g_autoptr(VtCpuSet) missing = vt_cpuset_new();
    g_autofree char *list = NULL;

    for (guint i = 0; i < guest->vcpus->len; i++) {
        const VtMapVcpu *vcpu = guest->vcpus->pdata[i];
        if (is_narrow(map, vcpu->mask))
            vt_cpuset_union(missing, vcpu->mask);
    }
    vt_cpuset_subtract(missing, map->host->online);
    if (vt_cpuset_count(missing) == 0)
        return;
    list = vt_map_format_cpus(missing);
    g_string_append_printf(absent, "%s%s (%s)", absent->len > 0 ? "; " : "", list, guest->key);
}

static void
remark_oddities(VtMap *map, GPtrArray *by_number)
{
    g_autoptr(GString) crowds = g_string_new(NULL);
    g_autoptr(GString) absent = g_string_new(NULL);

    for (guint i = 0; i < by_number->len; i++) {
        if (by_number->pdata[i])
            find_crowd(by_number->pdata[i], crowds);
    }
    for (guint i = 0; i < map->guests->len; i++)
        find_absent(map, map->guests->pdata[i], absent);
    if (crowds->len > 0) {
        g_autofree char *text = g_strdup_printf(_("More than one vCPU on a CPU: %s."), crowds->str);
        vt_map_add_remark(map, text);
    }
    if (absent->len > 0) {
        g_autofree char *text =
            g_strdup_printf(_("Pinned to CPUs that are not online: %s."), absent->str);
        vt_map_add_remark(map, text);
    }
}

void
vt_map_seat_guests(VtMap *map)
{
    g_autoptr(GPtrArray) by_number = g_ptr_array_new();

    g_ptr_array_set_size(by_number, VT_CPUSET_MAX);
    for (guint i = 0; i < map->cores->len; i++) {
        const VtMapCore *core = map->cores->pdata[i];
        for (guint j = 0; j < core->cpus->len; j++) {
            VtMapCpu *cpu = core->cpus->pdata[j];
            by_number->pdata[cpu->number] = cpu;
        }
    }
    g_ptr_array_sort(map->guests, compare_guests);
    give_keys(map);
    for (guint i = 0; i < map->guests->len; i++)
        seat_guest(map, by_number, map->guests->pdata[i]);
    for (guint i = 0; i < by_number->len; i++) {
        if (by_number->pdata[i])
            set_label(by_number->pdata[i]);
    }
    remark_oddities(map, by_number);
}
