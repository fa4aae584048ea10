/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * replay FOLDER: a target without libFuzzer. Feeds it every file of the folder, as ordinary tests:
 * what fuzzing once found stays found.
 */
#include "fuzz.h"

#include <stdio.h>

#include "../listing.h"

int
main(int argc, char **argv)
{
    g_autoptr(GPtrArray) names = list_folder(argc > 1 ? argv[1] : "");

    /* a corpus that got lost must not pass for one that found nothing */
    printf("1..%u\n", MAX(names->len, 1));
    if (names->len == 0)
        printf("not ok 1 - there are no seeds\n");
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = g_build_filename(argv[1], names->pdata[i], NULL);
        g_autofree char *bytes = NULL;
        g_autofree uint8_t *exact = NULL;
        gsize length;

        if (!g_file_get_contents(path, &bytes, &length, NULL))
            return 1;
        exact = g_memdup2(bytes, length); /* without the zero behind it, so that reading on shows */
        LLVMFuzzerTestOneInput(exact, length);
        printf("ok %u - %s\n", i + 1, (const char *)names->pdata[i]);
    }
    return 0;
}
