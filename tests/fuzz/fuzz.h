/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the fuzz targets share. A target is one file with this function, linked with libFuzzer
 * (-Dfuzz=true, see ./dev fuzz) or with replay.c, which feeds it the seeds in the ordinary tests.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What holds whatever the input; where it does not, the run ends as it does with a crash. */
#define MUST(condition) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition))
void fuzz_broken(const char *file, int line, const char *condition) G_GNUC_NORETURN;

/** What every error of vmtune's keeps to: its own domain, and a sentence that can be printed. */
void fuzz_check_error(const GError *error);

/** Returns: (transfer none): a folder for this process, removed with all in it when it ends. */
const char *fuzz_scratch(void);

/** Returns: (transfer full): a path in it */
char *fuzz_scratch_path(const char *name);

/** The file has these bytes, and nobody but this user can write it. */
void fuzz_write(const char *path, const void *bytes, gsize length);

/** Removes the files in @folder, but no folders. */
void fuzz_remove_files(const char *folder);

/** Returns: how many entries @folder has, 0 if it does not exist. */
guint fuzz_count_files(const char *folder);

/** Returns: (transfer full): an input that is a text, up to its first zero; never NULL */
char *fuzz_text(const uint8_t *data, size_t size);

/**
 * fuzz_take_line:
 * @data: (inout): moved behind the first line
 *
 * An input that says in its first line what is to be done with the rest.
 *
 * Returns: (transfer full): the first line
 */
char *fuzz_take_line(const uint8_t **data, size_t *size);
