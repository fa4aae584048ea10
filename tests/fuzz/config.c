/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* vmtune.conf: strict, so what is not accepted is refused with the line that is at fault. */
#include "fuzz.h"

#include <string.h>

#include "base/error.h"
#include "edges/config.h"

static void
check_refusal(const char *path, const GError *error)
{
    gsize length = strlen(path);

    fuzz_check_error(error);
    MUST(error->code == VT_ERROR_INPUT);
    MUST(strncmp(error->message, path, length) == 0 && error->message[length] == ':');
    MUST(g_ascii_isdigit(error->message[length + 1]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char *path;
    g_autoptr(GError) error = NULL;
    g_autoptr(VtConfig) config = NULL;

    if (!path)
        path = fuzz_scratch_path("vmtune.conf");
    fuzz_write(path, data, size);
    config = vt_config_load(path, &error);
    if (!config) {
        check_refusal(path, error);
        return 0;
    }
    MUST(config->policy <= VT_POLICY_ENFORCE);
    MUST(config->pin_policy <= VT_PIN_PLACEMENT_AUTO);
    MUST(config->skip_rules && config->reserved_cpus);
    vt_config_skips_rule(config, "hyperv/stimer");
    return 0;
}
