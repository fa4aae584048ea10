/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A request file: the worker takes it, or puts it among the rejected; it never comes twice. */
#include "fuzz.h"

#include <string.h>

#include "base/error.h"
#include "edges/spool.h"

#define UUID "7c0ea8a6-1b1d-4b5b-8c44-3c0d5a4c9d01"

static VtSpool *spool;
static char *requests, *claimed, *rejected, *file;

static void
set_up(void)
{
    g_autofree char *dir = fuzz_scratch_path("spool");
    bool taken = false;

    spool = vt_spool_open(dir, NULL);
    MUST(spool && vt_spool_lock(spool, false, &taken, NULL) && taken);
    requests = g_build_filename(dir, "requests", NULL);
    claimed = g_build_filename(dir, "claimed", NULL);
    rejected = g_build_filename(dir, "rejected", NULL);
    file = g_build_filename(requests, UUID ".request", NULL);
}

/* Returns: (transfer full) (nullable): the request, if it is one */
static VtSpoolRequest *
claim(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) warnings = NULL;
    g_autoptr(GPtrArray) uuids = vt_spool_list(spool, &warnings, NULL);
    VtSpoolRequest *request;

    MUST(uuids && uuids->len == 1 && strcmp(uuids->pdata[0], UUID) == 0);
    MUST(warnings && warnings->len == 0);
    request = vt_spool_claim(spool, UUID, &error);
    if (!request) {
        fuzz_check_error(error);
        MUST(error->code == VT_ERROR_INPUT);
    }
    return request;
}

static void
finish(const VtSpoolRequest *request)
{
    MUST(strcmp(request->uuid, UUID) == 0);
    MUST(request->name[0] != '\0' && g_utf8_validate(request->name, -1, NULL));
    MUST(strcmp(request->operation, VT_SPOOL_OPERATION_PREPARE) == 0);
    MUST(vt_spool_finish(spool, request, NULL));
}

/* Whatever a request may say, the hook can say it too. */
static void
check_round_trip(const char *name)
{
    g_autoptr(VtSpoolRequest) again = NULL;

    MUST(vt_spool_write(spool, UUID, name, VT_SPOOL_OPERATION_PREPARE, NULL));
    again = claim();
    MUST(again && strcmp(again->name, name) == 0);
    finish(again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(VtSpoolRequest) request = NULL;

    if (!spool)
        set_up();
    fuzz_write(file, data, size);
    request = claim();
    if (request) {
        finish(request);
        check_round_trip(request->name);
    }
    MUST(fuzz_count_files(requests) == 0 && fuzz_count_files(claimed) == 0);
    MUST(fuzz_count_files(rejected) == (request ? 0 : 1));
    fuzz_remove_files(rejected);
    return 0;
}
